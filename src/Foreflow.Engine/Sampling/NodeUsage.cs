using Foreflow.Core.Model;

namespace Foreflow.Engine.Sampling;

/// <summary>What a whole node uses, and how much of it is not ours. What the host does not tell is null.</summary>
public sealed record NodeUsage
{
    /// <summary>When it was read; rates are over the time since the reading before.</summary>
    public required Instant At { get; init; }

    /// <summary>Processor cores there are for us: of the machine, or of the control group this program runs in.</summary>
    public required double Cores { get; init; }

    /// <summary>Bytes of memory there are for us: of the machine, or of the control group this program runs in.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Cores busy, by anybody; null at the first reading.</summary>
    public double? BusyCores { get; init; }

    /// <summary>Bytes of memory in use by anybody that could not be had at once.</summary>
    public long? UsedMemoryBytes { get; init; }

    /// <summary>Cores busy with what Foreflow has not started; null at the first reading.</summary>
    public double? OthersBusyCores { get; init; }

    /// <summary>Bytes of memory in use by what Foreflow has not started.</summary>
    public long? OthersMemoryBytes { get; init; }

    /// <summary>Bytes a second to and from the disks, by anybody; null at the first reading.</summary>
    public double? DiskBytesPerSecond { get; init; }

    /// <summary>Bytes a second over the network in and out, loopback not counted, by anybody; null at the first reading.</summary>
    public double? NetworkBytesPerSecond { get; init; }

    /// <summary>Share of the last 10 s in which something waited for a processor, in percent.</summary>
    public double? CpuPressure { get; init; }

    /// <summary>Share of the last 10 s in which something waited for memory, in percent.</summary>
    public double? MemoryPressure { get; init; }

    /// <summary>Share of the last 10 s in which something waited for a disk, in percent.</summary>
    public double? IoPressure { get; init; }
}

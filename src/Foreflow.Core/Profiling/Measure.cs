using Foreflow.Core.Model;

namespace Foreflow.Core.Profiling;

/// <summary>
/// What a profile keeps statistics of. Each is treated alike: moments, decaying histogram, dependence on input size.
/// Names end in their unit.
/// </summary>
public enum Measure
{
    /// <summary>From the first instruction to the end of a successful attempt, in seconds.</summary>
    ExecutionSeconds,

    /// <summary>From the decision to start until a process or replica is ready to work, in seconds.</summary>
    StartUpSeconds,

    /// <summary>From ready to started, in seconds.</summary>
    QueueSeconds,

    /// <summary>Processor time of the whole process tree, in core-seconds.</summary>
    CpuSeconds,

    /// <summary>Mean CPU use over the attempt, in cores.</summary>
    CpuCores,

    /// <summary>Highest CPU use between two samples, in cores.</summary>
    CpuPeakCores,

    /// <summary>Mean resident memory, in bytes.</summary>
    MemoryMeanBytes,

    /// <summary>Highest resident memory, in bytes.</summary>
    MemoryPeakBytes,

    /// <summary>Bytes received over the network.</summary>
    NetworkReceivedBytes,

    /// <summary>Bytes sent over the network.</summary>
    NetworkSentBytes,

    /// <summary>Mean network traffic over the attempt, both directions, in bytes a second.</summary>
    NetworkBytesPerSecond,

    /// <summary>Highest network traffic between two samples, both directions, in bytes a second.</summary>
    NetworkPeakBytesPerSecond,

    /// <summary>Bytes read from disk.</summary>
    DiskReadBytes,

    /// <summary>Bytes written to disk.</summary>
    DiskWriteBytes,

    /// <summary>Mean disk traffic over the attempt, reads and writes, in bytes a second.</summary>
    DiskBytesPerSecond,

    /// <summary>Highest disk traffic between two samples, reads and writes, in bytes a second.</summary>
    DiskPeakBytesPerSecond,

    /// <summary>Size of the task's input, in bytes.</summary>
    InputBytes,

    /// <summary>Number of tasks the stage made in one run: 1, or what <c>foreach</c> ranged over.</summary>
    FanOut,
}

/// <summary>Which measures stand for a kind of resource.</summary>
public static class Measures
{
    /// <summary>How many measures there are.</summary>
    public const int Count = (int)Measure.FanOut + 1;

    /// <summary>The measure of sustained use of a resource while an attempt runs.</summary>
    public static Measure Sustained(ResourceKind kind) => kind switch
    {
        ResourceKind.Cpu => Measure.CpuCores,
        ResourceKind.Memory => Measure.MemoryMeanBytes,
        ResourceKind.Network => Measure.NetworkBytesPerSecond,
        ResourceKind.Disk => Measure.DiskBytesPerSecond,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>The measure of the highest use of a resource while an attempt runs.</summary>
    public static Measure Peak(ResourceKind kind) => kind switch
    {
        ResourceKind.Cpu => Measure.CpuPeakCores,
        ResourceKind.Memory => Measure.MemoryPeakBytes,
        ResourceKind.Network => Measure.NetworkPeakBytesPerSecond,
        ResourceKind.Disk => Measure.DiskPeakBytesPerSecond,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}

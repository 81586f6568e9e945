using System.Text.Json.Serialization;
using Foreflow.Core.Model;

namespace Foreflow.Core.Profiling;

/// <summary>What one attempt consumed from start to end. A figure the host cannot measure is null, never zero.</summary>
public sealed record AttemptUsage
{
    /// <summary>Time from start to end of the attempt.</summary>
    public TimeSpan WallTime { get; init; }

    /// <summary>Processor time of the whole process tree, in core-seconds.</summary>
    public double? CpuSeconds { get; init; }

    /// <summary>Highest CPU use between two samples, in cores; null for attempts shorter than a sampling period.</summary>
    public double? CpuPeakCores { get; init; }

    /// <summary>Highest resident memory of the whole tree, in bytes.</summary>
    public long? MemoryPeakBytes { get; init; }

    /// <summary>Mean resident memory over the samples, in bytes.</summary>
    public double? MemoryMeanBytes { get; init; }

    /// <summary>Bytes read from disk.</summary>
    public long? DiskReadBytes { get; init; }

    /// <summary>Bytes written to disk.</summary>
    public long? DiskWriteBytes { get; init; }

    /// <summary>Bytes received over the network.</summary>
    public long? NetworkReceivedBytes { get; init; }

    /// <summary>Bytes sent over the network.</summary>
    public long? NetworkSentBytes { get; init; }

    /// <summary>Highest network traffic between two samples, both directions, in bytes a second; null for attempts shorter than a sampling period.</summary>
    public double? NetworkPeakBytesPerSecond { get; init; }

    /// <summary>Highest disk traffic between two samples, reads and writes, in bytes a second; null for attempts shorter than a sampling period.</summary>
    public double? DiskPeakBytesPerSecond { get; init; }

    /// <summary>Highest use of every resource, each rounded up to its whole unit; 0 where unknown. Not stored: it is made of the figures above.</summary>
    [JsonIgnore]
    public Resources Peak => new(
        CpuPeakCores is { } cores ? (long)Math.Ceiling(cores * 1000) : 0,
        MemoryPeakBytes ?? 0,
        NetworkPeakBytesPerSecond is { } network ? (long)Math.Ceiling(network) : 0,
        DiskPeakBytesPerSecond is { } disk ? (long)Math.Ceiling(disk) : 0);

    /// <summary>Size of the task's input, in bytes: what the profile relates the other figures to. Null where unknown.</summary>
    public long? InputBytes { get; init; }
}

/// <summary>One reading of a running attempt's counters. Totals count from the attempt's start; what the host cannot measure is null.</summary>
/// <param name="At">When it was read.</param>
/// <param name="CpuSeconds">Processor time so far, in core-seconds.</param>
/// <param name="MemoryBytes">Resident memory now, in bytes.</param>
/// <param name="MemoryPeakBytes">Highest resident memory so far, in bytes.</param>
/// <param name="DiskReadBytes">Bytes read from disk so far.</param>
/// <param name="DiskWriteBytes">Bytes written to disk so far.</param>
/// <param name="NetworkReceivedBytes">Bytes received so far.</param>
/// <param name="NetworkSentBytes">Bytes sent so far.</param>
public readonly record struct UsageSample(
    Instant At,
    double? CpuSeconds,
    long? MemoryBytes,
    long? MemoryPeakBytes,
    long? DiskReadBytes,
    long? DiskWriteBytes,
    long? NetworkReceivedBytes,
    long? NetworkSentBytes);

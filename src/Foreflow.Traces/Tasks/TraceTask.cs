using Foreflow.Core.Model;

namespace Foreflow.Traces.Tasks;

/// <summary>One attempt of one task as another system recorded it. What it did not record, or recorded as "not sampled", is null.</summary>
public sealed record TraceTask
{
    /// <summary>Data row in the file, from 1; the header is not counted.</summary>
    public required int Row { get; init; }

    /// <summary>What kind of task it is: a Nextflow process, a category.</summary>
    public required string Process { get; init; }

    /// <summary>Name of the task itself; the process where it has none.</summary>
    public required string Name { get; init; }

    /// <summary>What the task works on (a sample, a file), as its author tagged it.</summary>
    public string? Tag { get; init; }

    /// <summary>Machine it ran on.</summary>
    public string? Machine { get; init; }

    /// <summary>Why it ended.</summary>
    public AttemptCause Cause { get; init; }

    /// <summary>1 for the first attempt.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>When it was handed to the executor.</summary>
    public Instant? Submitted { get; init; }

    /// <summary>When it started.</summary>
    public Instant? Started { get; init; }

    /// <summary>When it ended.</summary>
    public Instant? Completed { get; init; }

    /// <summary>How long its command ran, in seconds.</summary>
    public double? RunSeconds { get; init; }

    /// <summary>Cores it asked for.</summary>
    public double? CoresRequested { get; init; }

    /// <summary>Memory it asked for, in bytes.</summary>
    public long? MemoryRequestedBytes { get; init; }

    /// <summary>Highest resident memory, in bytes.</summary>
    public long? MemoryPeakBytes { get; init; }

    /// <summary>Mean resident memory, in bytes.</summary>
    public double? MemoryMeanBytes { get; init; }

    /// <summary>Mean CPU use, in cores.</summary>
    public double? CpuCores { get; init; }

    /// <summary>Highest CPU use, in cores.</summary>
    public double? CpuPeakCores { get; init; }

    /// <summary>Bytes read from disk.</summary>
    public long? DiskReadBytes { get; init; }

    /// <summary>Bytes written to disk.</summary>
    public long? DiskWriteBytes { get; init; }

    /// <summary>Bytes it read by any call, cached ones too.</summary>
    public long? CharactersRead { get; init; }

    /// <summary>Bytes it wrote by any call, cached ones too.</summary>
    public long? CharactersWritten { get; init; }

    /// <summary>Size of its input, known before it started, in bytes.</summary>
    public long? InputBytes { get; init; }
}

/// <summary>A row that was not imported.</summary>
/// <param name="Row">Data row in the file, from 1.</param>
/// <param name="Reason">Why, in words for people.</param>
public readonly record struct LeftOutRow(int Row, string Reason);

/// <summary>A file of tasks.</summary>
/// <param name="Path">Where it was read from.</param>
/// <param name="Layout">What it is: <c>Nextflow trace</c>, …</param>
/// <param name="Tasks">Its tasks, in file order.</param>
/// <param name="LeftOut">Rows that are no task that ran, in file order.</param>
public sealed record TaskTrace(string Path, string Layout, IReadOnlyList<TraceTask> Tasks, IReadOnlyList<LeftOutRow> LeftOut);

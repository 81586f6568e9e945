using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;

namespace Foreflow.Engine.Execution;

/// <summary>How a worker ended.</summary>
public sealed record WorkerEnd
{
    /// <summary>The replica it was.</summary>
    public required ReplicaId Replica { get; init; }

    /// <summary>
    /// Why: what it was stopped for when it was stopped; <see cref="AttemptCause.Succeeded"/> after a drain;
    /// <see cref="AttemptCause.WorkerLost"/> when a task had to be ended and only the worker's end could make sure of it;
    /// <see cref="AttemptCause.Timeout"/> when it never became ready; else what happened to it, an exit with code 0 that
    /// nobody asked for being <see cref="AttemptCause.ExitCode"/> too.
    /// </summary>
    public required AttemptCause Cause { get; init; }

    /// <summary>The cause in words for a person.</summary>
    public string Detail { get; init; } = "";

    /// <summary>Its exit code; null when a signal ended it or it never started.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended it; null when it exited.</summary>
    public int? Signal { get; init; }

    /// <summary>What it consumed over its whole life; null when it never started.</summary>
    public AttemptUsage? Usage { get; init; }

    /// <summary>How long it took to become ready; null when it never did.</summary>
    public TimeSpan? StartUp { get; init; }

    /// <summary>How many tasks it had answered.</summary>
    public long TasksAnswered { get; init; }

    /// <summary>The last lines of its standard error.</summary>
    public string ErrorTail { get; init; } = "";

    /// <summary>Limits ordered but enforced by nothing on this host, each with the reason.</summary>
    public ImmutableArray<string> UnenforcedLimits { get; init; } = [];

    /// <summary>When it was started.</summary>
    public Instant StartedAt { get; init; }

    /// <summary>When it had ended.</summary>
    public Instant EndedAt { get; init; }
}

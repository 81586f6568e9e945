using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;

namespace Foreflow.Engine.Execution;

/// <summary>How an attempt ended.</summary>
public sealed record AttemptOutcome
{
    /// <summary>The attempt.</summary>
    public required AttemptId Attempt { get; init; }

    /// <summary>Why it ended.</summary>
    public required AttemptCause Cause { get; init; }

    /// <summary>The cause in words for a person: <c>exit code 3</c>, <c>killed by signal 11 (SIGSEGV)</c>. Empty when it succeeded.</summary>
    public string Detail { get; init; } = "";

    /// <summary>The process's exit code; null when a signal ended it, it never started, or a worker had the task.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended it; null when it exited.</summary>
    public int? Signal { get; init; }

    /// <summary>The task's output as JSON; null when it wrote none or failed.</summary>
    public string? OutputJson { get; init; }

    /// <summary>What it consumed; null when it never started.</summary>
    public AttemptUsage? Usage { get; init; }

    /// <summary>From the order to start it until its process was there; null where it never ran or a worker had the task.</summary>
    public TimeSpan? StartUp { get; init; }

    /// <summary>The last lines of its standard error.</summary>
    public string ErrorTail { get; init; } = "";

    /// <summary>Limits ordered but enforced by nothing on this host, each with the reason.</summary>
    public ImmutableArray<string> UnenforcedLimits { get; init; } = [];

    /// <summary>When it was started.</summary>
    public Instant StartedAt { get; init; }

    /// <summary>When it had ended.</summary>
    public Instant EndedAt { get; init; }

    /// <summary>How long of that it was frozen.</summary>
    public TimeSpan Frozen { get; init; }
}

using System.Collections.Immutable;
using Foreflow.Core.Model;

namespace Foreflow.Core.Workflows;

/// <summary>
/// What becomes of a failed attempt: how often it is tried again, how soon, and after which causes.
/// The n-th retry waits backoff x factor^(n-1), at most <see cref="MaxBackoff"/>, less a random share:
/// <code>
/// backoff 2s, factor 2, jitter 0.5:   1st 1-2 s    2nd 2-4 s    3rd 4-8 s    4th 8-16 s
/// </code>
/// Jitter takes away and never adds, so that the longest wait is the one written down.
/// </summary>
public sealed record RetryPolicy
{
    /// <summary>The causes a policy may name. The others are not failures of the task, or nobody's wish to repeat.</summary>
    public static readonly ImmutableArray<AttemptCause> RetryableCauses =
    [
        AttemptCause.ExitCode, AttemptCause.Signal, AttemptCause.OutOfMemory, AttemptCause.Timeout, AttemptCause.WorkerLost,
        AttemptCause.NodeLost, AttemptCause.BadOutput, AttemptCause.HealthCheckFailed, AttemptCause.StartFailed,
    ];

    /// <summary>The causes retried when none is named: all but a command that is not there, which a second try does not mend.</summary>
    public static readonly ImmutableArray<AttemptCause> DefaultCauses = RetryableCauses.Remove(AttemptCause.StartFailed);

    // After the causes: a policy's default refers to them.
    /// <summary>Never again.</summary>
    public static readonly RetryPolicy None = new();

    /// <summary>How many retries there are at most: a task has up to one more attempt than this. At least 0.</summary>
    public int Max { get; init; }

    /// <summary>The wait before the first retry.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What each further wait is multiplied by; at least 1.</summary>
    public double Factor { get; init; } = 2;

    /// <summary>The longest wait.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The share of a wait that is random, from 0 (none) to 1 (all).</summary>
    public double Jitter { get; init; } = 0.5;

    /// <summary>The causes that are retried, in the order of <see cref="AttemptCause"/>.</summary>
    public ImmutableArray<AttemptCause> On { get; init; } = DefaultCauses;

    /// <summary>Causes with a rule of their own, in the order of <see cref="AttemptCause"/>.</summary>
    public ImmutableArray<CauseRetries> Causes { get; init; } = [];

    /// <summary>The rule a cause has of its own; null where it has none.</summary>
    public CauseRetries? RuleOf(AttemptCause cause)
    {
        foreach (var rule in Causes)
            if (rule.Cause == cause) return rule;
        return null;
    }

    /// <summary>True when an attempt that ended for this cause is to be tried again.</summary>
    /// <param name="cause">Why the attempt ended.</param>
    /// <param name="retriesSoFar">Retries of this task before; 0 after the first attempt.</param>
    public bool Allows(AttemptCause cause, int retriesSoFar) => retriesSoFar < Max && On.Contains(cause);

    /// <summary>The wait before a retry.</summary>
    /// <param name="retry">1 for the first.</param>
    /// <param name="unit">A random number from 0 (inclusive) to 1 (exclusive).</param>
    /// <param name="backoff">The wait before the first, where a cause has one of its own.</param>
    public TimeSpan Delay(int retry, double unit, TimeSpan? backoff = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(retry, 1);
        var seconds = Math.Min((backoff ?? Backoff).TotalSeconds * Math.Pow(Factor, retry - 1), MaxBackoff.TotalSeconds);
        return TimeSpan.FromSeconds(seconds * (1 - Jitter * unit));
    }

    /// <summary>The same numbers and causes.</summary>
    public bool Equals(RetryPolicy? other) =>
        other is not null && Max == other.Max && Backoff == other.Backoff && Factor.Equals(other.Factor)
        && MaxBackoff == other.MaxBackoff && Jitter.Equals(other.Jitter) && On.SequenceEqual(other.On) && Causes.SequenceEqual(other.Causes);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Max, Backoff, Factor, MaxBackoff, Jitter, On.Length, Causes.Length);
}

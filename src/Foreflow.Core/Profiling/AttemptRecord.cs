using Foreflow.Core.Model;

namespace Foreflow.Core.Profiling;

/// <summary>How one attempt went: what a profile learns from.</summary>
/// <param name="At">When it ended.</param>
/// <param name="Cause">Why it ended.</param>
/// <param name="Usage">What it consumed; null where nothing was measured.</param>
/// <param name="StartUp">From the decision to start until it was ready to work; null where unknown or where a warm replica took it.</param>
/// <param name="Queue">From ready to started; null where unknown.</param>
/// <param name="Granted">What it was allowed; zero where it had no limit.</param>
/// <param name="Number">1 for the first attempt of a task.</param>
/// <param name="WallTime">How long it ran, where that is all that was measured; else null, and the usage says it.</param>
public readonly record struct AttemptRecord(
    Instant At,
    AttemptCause Cause,
    AttemptUsage? Usage = null,
    TimeSpan? StartUp = null,
    TimeSpan? Queue = null,
    Resources Granted = default,
    int Number = 1,
    TimeSpan? WallTime = null);

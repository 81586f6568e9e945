using Foreflow.Core.Model;

namespace Foreflow.Core.Workflows;

/// <summary>What becomes of attempts that end for one cause, where a file says it: counted apart from all others, and in place of what else holds for the cause.</summary>
/// <param name="Cause">The cause, one of <see cref="RetryPolicy.RetryableCauses"/>.</param>
/// <param name="Max">How many retries at most after this cause, 0 to 1000; 0 for none.</param>
/// <param name="Backoff">The wait before the first of them; that of the policy where null, whose factor, longest wait and jitter hold as well.</param>
/// <param name="MemoryFactor">After want of memory: how many times as much the next attempt is granted, 1 to 64; null for the usual growth.</param>
public sealed record CauseRetries(AttemptCause Cause, int Max, TimeSpan? Backoff = null, double? MemoryFactor = null);

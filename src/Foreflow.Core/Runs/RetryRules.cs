using Foreflow.Core.Model;
using Foreflow.Core.Workflows;

namespace Foreflow.Core.Runs;

/// <summary>
/// Whether and when a failed attempt is followed by another. What the task is not to blame for, and want of memory, is
/// tried again beyond the retries the stage names, up to a limit that keeps a task which kills its hosts from doing so
/// for ever:
/// <code>
/// Busy               tried again after 0.1, 0.2, 0.4 … 5 s, without limit: it never ran
/// Preempted          at once, without limit: it will be let run
/// Superseded         its task is done; should it ever be the last of its task, at once
/// NodeLost           at once, 5 times
/// WorkerLost         at once, until it is poison
/// HealthCheckFailed  at once, until it is poison
/// Poison             never: it has ended four workers
/// OutOfMemory        at once and bigger, 4 times; not where the file fixes the memory
/// all others         as the stage's retries say
/// </code>
/// Where the file has a rule for a cause, that alone holds for it; poison stays poison.
/// </summary>
internal static class RetryRules
{
    /// <summary>
    /// A task is poison once so many workers have ended while they had it. The first may have ended for another task that it
    /// served as well; from then on the task is served alone, so the others surely ended for this one.
    /// </summary>
    public const int PoisonAfter = 4;

    /// <summary>True where a worker ended while it had the task. An out-of-memory kill counts where a worker serves the stage: a retry gives a worker no more memory.</summary>
    public static bool EndsWorker(RunState run, int stage, AttemptCause cause) =>
        cause is AttemptCause.WorkerLost or AttemptCause.HealthCheckFailed or AttemptCause.Poison
        || (cause == AttemptCause.OutOfMemory && run.Definition.Stages[stage].Body is WorkerBody);

    /// <summary>When the next attempt may start; null when there is none. Counts what it grants.</summary>
    public static Instant? Next(RunState run, int stage, int index, ref TaskRun task, AttemptCause cause, Instant at)
    {
        if (cause == AttemptCause.Poison) return null;
        if (cause is AttemptCause.Busy or AttemptCause.Preempted or AttemptCause.Superseded)
        {
            task.PushBacks++;
            return cause == AttemptCause.Busy ? at + BusyDelay(task.PushBacks) : at;
        }

        var retries = run.Definition.Stages[stage].Retries;
        // Jitter by the name of the attempt: the same on replay, different from its siblings'.
        var unit = Draw.Uniform(Draw.Mix(run.Id.Value), (ulong)(uint)stage << 32 | (uint)index, (ulong)task.Attempts);
        if (retries.RuleOf(cause) is { } rule)
        {
            if (task.RetriesAfter(cause) >= rule.Max) return null;
            return at + retries.Delay(task.CountRetryAfter(cause), unit, rule.Backoff);
        }

        var free = cause switch
        {
            AttemptCause.NodeLost => 5,
            // What is fixed does not grow: the same again is for the file to ask for.
            AttemptCause.OutOfMemory => run.Definition.Stages[stage] is { ResourcesFixed: true, Resources: { MemoryBytes: > 0 } } ? 0 : 4,
            AttemptCause.WorkerLost or AttemptCause.HealthCheckFailed => PoisonAfter - 1,
            _ => 0,
        };
        if (task.Redispatches < free)
        {
            task.Redispatches++;
            return at;
        }

        if (!retries.Allows(cause, task.RetriesUsed)) return null;
        task.RetriesUsed++;
        return at + retries.Delay(task.RetriesUsed, unit);
    }

    private static TimeSpan BusyDelay(int times) => TimeSpan.FromSeconds(Math.Min(5, 0.1 * Math.Pow(2, Math.Min(times, 10) - 1)));
}

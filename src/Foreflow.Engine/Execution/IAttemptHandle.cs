using Foreflow.Core.Model;

namespace Foreflow.Engine.Execution;

/// <summary>An attempt under way, whether a process of its own carries it out or a worker.</summary>
public interface IAttemptHandle
{
    /// <summary>The attempt.</summary>
    AttemptId Attempt { get; }

    /// <summary>
    /// Completes when the attempt has surely ended: from then on the task may be tried again without two tries running
    /// together. Never faults: what went wrong is a cause.
    /// </summary>
    Task<AttemptOutcome> Completion { get; }

    /// <summary>Ends it: asks, waits for the grace, kills. The first cause given stands; after the end it does nothing.</summary>
    /// <param name="cause">Why: <see cref="AttemptCause.Cancelled"/>, <see cref="AttemptCause.Preempted"/>, …</param>
    /// <param name="grace">How long it has; the order's when null, zero to kill at once.</param>
    void End(AttemptCause cause, TimeSpan? grace = null);

    /// <summary>Stops all its processes where they are, or lets them go on; false where the host cannot, it is over, or a worker that serves others too carries it out.</summary>
    bool SetFrozen(bool frozen) => false;
}

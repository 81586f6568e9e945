using Foreflow.Core.Model;

namespace Foreflow.Engine.Execution;

/// <summary>A long-lived worker: one replica of a stage that takes task after task.</summary>
public interface IWorkerHandle
{
    /// <summary>The replica it is.</summary>
    ReplicaId Replica { get; }

    /// <summary>Completes when it can take tasks, with how long that took; with null when it ends first.</summary>
    Task<TimeSpan?> Ready { get; }

    /// <summary>Completes when it, and everything it started, is gone; its tasks have their outcomes by then. Never faults.</summary>
    Task<WorkerEnd> Ended { get; }

    /// <summary>
    /// Gives it a task. Returns at once. When it is not ready, has all the tasks it may have, or is on its way out, the
    /// outcome is <see cref="AttemptCause.Busy"/>: nothing is queued here.
    /// </summary>
    IAttemptHandle Execute(WorkerTask task);

    /// <summary>Gives it no more tasks, and ends it when those it has are answered.</summary>
    void Drain();

    /// <summary>Ends it with the tasks it has. The first cause given stands.</summary>
    /// <param name="cause">What its tasks and it itself end of.</param>
    /// <param name="grace">How long it has; the order's when null, zero to kill at once.</param>
    void Stop(AttemptCause cause, TimeSpan? grace = null);
}

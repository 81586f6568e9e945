using Foreflow.Core.Model;

namespace Foreflow.Core.Snapshot;

/// <summary>
/// Whether replicas of a stage live: how often in a row one failed though nobody had asked it to end. Changed only by the
/// snapshot's fold. A replica failed when it ended before it was ready, or soon after and the stage had no other that served.
/// </summary>
public sealed class StageHealth
{
    /// <summary>A replica that has been ready for this long lives.</summary>
    public static readonly TimeSpan Proven = TimeSpan.FromSeconds(10);

    /// <summary>A replica that has been ready for this long serves: with it the stage works, whatever happens to others.</summary>
    public static readonly TimeSpan Serving = TimeSpan.FromSeconds(1);

    /// <summary>Failures since a replica last lived.</summary>
    public int Failures { get; private set; }

    /// <summary>When the first of them was; only meaningful where there are any.</summary>
    public Instant FailingSince { get; private set; }

    /// <summary>When the newest of them was; only meaningful where there are any.</summary>
    public Instant FailedAt { get; private set; }

    /// <summary>Why the newest replica failed.</summary>
    public AttemptCause Cause { get; private set; }

    /// <summary>What was said of it, for people; null where nothing was.</summary>
    public string? Error { get; private set; }

    /// <summary>True when the replica was ordered after the newest failure: how it fares tells whether the stage works again.</summary>
    public bool IsTrial(ReplicaState replica) => replica.StartedAt >= FailedAt;

    /// <summary>A replica is gone.</summary>
    internal void Ended(StageState stage, ReplicaState replica, AttemptCause cause, string? error, Instant now)
    {
        if (replica.Phase == ReplicaPhase.Draining || cause is AttemptCause.Succeeded or AttemptCause.Preempted or AttemptCause.Cancelled or AttemptCause.NodeLost) return;
        var wasReady = replica.ReadyAt != Instant.Never;
        if (wasReady && now - replica.ReadyAt >= Proven)
        {
            Answered(replica);
            return;
        }

        if (wasReady && (BlamesTask(stage, replica) || HasOtherThatServes(stage, replica, now))) return;
        if (Failures == 0) FailingSince = now;
        Failures++;
        (FailedAt, Cause, Error) = (now, cause, error);
    }

    /// <summary>A replica has answered a task, or lived long.</summary>
    internal void Answered(ReplicaState replica)
    {
        if (Failures > 0 && IsTrial(replica)) (Failures, Error) = (0, null);
    }

    /// <summary>A task that had ended a worker before was alone with this one: it is the task that fails, not the stage.</summary>
    private static bool BlamesTask(StageState stage, ReplicaState replica) =>
        replica.EndedBySuspect || stage.InFlight.Any(t => t.Replica == replica.Number && t.IsSuspect);

    private static bool HasOtherThatServes(StageState stage, ReplicaState replica, Instant now)
    {
        foreach (var other in stage.Replicas)
            if (other != replica && other.Phase == ReplicaPhase.Ready && now - other.ReadyAt >= Serving) return true;
        return false;
    }
}

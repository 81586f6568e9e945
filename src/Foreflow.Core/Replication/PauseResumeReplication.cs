using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Replication;

/// <summary>
/// The plainest rule for shared resources: a stage that has work is authorised to run when what it needs is free, and is
/// paused until it is otherwise; what it does not need any more it gives back at once. Nothing is prepared before there is
/// work, nothing is kept after it, and no stage is looked at before its turn: what planning ahead has to beat.
/// A stage is authorised task by task, as far as the free room goes.
/// </summary>
public sealed class PauseResumeReplication : IReplicationPolicy
{
    /// <inheritdoc/>
    public string Name => "pause-resume";

    /// <inheritdoc/>
    public bool UsesForecast => false;

    /// <inheritdoc/>
    public ReplicaTarget Target(ClusterSnapshot snapshot, StageState stage, DemandCurve? demand, ReplicationMemory? memory)
    {
        var slots = stage.Spec.SlotsPerReplica;
        var needed = (stage.InFlight.Count + stage.Queued + slots - 1) / slots;
        var allowed = Math.Clamp(needed, stage.Spec.MinReplicas, stage.Spec.MaxReplicas);
        var missing = allowed - stage.ActiveReplicas;
        var authorised = missing <= 0 ? missing : Math.Min(missing, Room(snapshot, stage, missing));
        return new ReplicaTarget(stage.ActiveReplicas + authorised, new ReplicaReason
        {
            Rule = Name,
            NeededReplicas = needed,
            Queued = stage.Queued,
            InFlight = stage.InFlight.Count,
            LimitedBy = authorised < missing ? $"paused: room for {authorised} of {missing} more replicas" : ReplicaLimits.Describe(needed, allowed, stage.Spec),
        });
    }

    /// <summary>Replicas of the stage for which nodes have room now; counted up to <paramref name="most"/>.</summary>
    private static int Room(ClusterSnapshot snapshot, StageState stage, int most)
    {
        var room = 0;
        foreach (var node in snapshot.Nodes)
        {
            if (node.Alive) room += Math.Min(most, stage.Spec.Request.CopiesWithin(node.Free));
            if (room >= most) return most;
        }

        return room;
    }
}

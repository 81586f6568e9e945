using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Replication;

/// <summary>
/// Follows what is there: a replica for every task that waits or runs, at once; an idle replica stops after the idle
/// time-out. What most engines do, done without delay: the fair rival of planning ahead, and what planning ahead falls
/// back to.
/// </summary>
public sealed class WaitingReplication : IReplicationPolicy
{
    /// <summary>The policy has no settings of its own.</summary>
    public static readonly WaitingReplication Instance = new();

    /// <inheritdoc/>
    public string Name => "waiting";

    /// <inheritdoc/>
    public bool UsesForecast => false;

    /// <inheritdoc/>
    public ReplicaTarget Target(ClusterSnapshot snapshot, StageState stage, DemandCurve? demand, ReplicationMemory? memory)
    {
        var busy = stage.InFlight.Count + stage.Queued;
        var needed = (busy + stage.Spec.SlotsPerReplica - 1) / stage.Spec.SlotsPerReplica;
        var kept = KeptFromIdling(stage, snapshot.Now, snapshot.Settings.IdleTimeout);
        var wanted = Math.Max(needed, Math.Min(stage.ActiveReplicas, kept));
        var target = Math.Clamp(wanted, stage.Spec.MinReplicas, stage.Spec.MaxReplicas);
        return new ReplicaTarget(target, new ReplicaReason
        {
            Rule = Name,
            Queued = stage.Queued,
            InFlight = stage.InFlight.Count,
            LimitedBy = ReplicaLimits.Describe(wanted, target, stage.Spec),
        });
    }

    /// <summary>Replicas that have not been idle for as long as the time-out: those that may not stop yet.</summary>
    internal static int KeptFromIdling(StageState stage, Instant now, TimeSpan timeout)
    {
        var kept = 0;
        foreach (var replica in stage.Replicas)
        {
            if (replica.Phase == ReplicaPhase.Draining) continue;
            if (replica.Phase == ReplicaPhase.Starting || replica.InFlight > 0 || now - replica.IdleSince < timeout) kept++;
        }

        return kept;
    }
}

/// <summary>Words for what held a number of replicas back.</summary>
internal static class ReplicaLimits
{
    public static string? Describe(int wanted, int target, StageSpec spec) =>
        wanted > target ? $"replicas.max {spec.MaxReplicas}"
        : wanted < target ? $"replicas.min {spec.MinReplicas}"
        : null;
}

using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Replication;

/// <summary>
/// The plain rule of replicating ahead (<see cref="ThresholdRule"/>) on the mean demand predicted for the time the stage is
/// due: the lead time from now. It is applied until the demand fits; replicas go when they have been idle for the time-out.
/// Kept as a policy of its own to compare with.
/// </summary>
public sealed class ThresholdAheadReplication(ThresholdRuleOptions? options = null) : IReplicationPolicy
{
    /// <summary>Demand below this share of a slot is sampling noise, not a need.</summary>
    private const double LeastSlots = 0.02;

    private readonly ThresholdRuleOptions _options = options ?? new ThresholdRuleOptions();

    /// <inheritdoc/>
    public string Name => "threshold-ahead";

    /// <inheritdoc/>
    public bool UsesForecast => true;

    /// <inheritdoc/>
    public ReplicaTarget Target(ClusterSnapshot snapshot, StageState stage, DemandCurve? demand, ReplicationMemory? memory)
    {
        var lead = TimeSpan.FromSeconds(stage.StartUpSeconds) + snapshot.Settings.CyclePeriod;
        var (due, slots) = (0, 0.0);
        for (var b = 0; demand is not null && b < demand.Buckets && demand.Step * b <= lead; b++)
            if (demand.Mean(b) > slots) (due, slots) = (b, demand.Mean(b));

        var predicted = slots < LeastSlots ? 0 : slots / stage.Spec.SlotsPerReplica;
        var decision = ThresholdRule.Decide(predicted, 0, stage.Spec.MaxReplicas, _options);
        while (decision.Excess > decision.Multiple && decision.Level < stage.Spec.MaxReplicas)
            decision = ThresholdRule.Decide(predicted, decision.Level, stage.Spec.MaxReplicas, _options);

        var kept = WaitingReplication.KeptFromIdling(stage, snapshot.Now, snapshot.Settings.IdleTimeout);
        var wanted = Math.Max(decision.Level, Math.Min(stage.ActiveReplicas, kept));
        if (stage.Queued > 0) wanted = Math.Max(wanted, 1);
        var target = Math.Clamp(wanted, stage.Spec.MinReplicas, stage.Spec.MaxReplicas);
        return new ReplicaTarget(target, new ReplicaReason
        {
            Rule = Name,
            MeanSlots = Math.Round(slots, 2),
            Contention = Math.Round(predicted / (_options.ContentionThreshold * Math.Max(1, stage.ActiveReplicas)), 2),
            DueAt = demand?.StartOf(due),
            StartUpSeconds = Math.Round(stage.StartUpSeconds, 2),
            Queued = stage.Queued,
            InFlight = stage.InFlight.Count,
            LimitedBy = ReplicaLimits.Describe(wanted, target, stage.Spec),
        });
    }
}

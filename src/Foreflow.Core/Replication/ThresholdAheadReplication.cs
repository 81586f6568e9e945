using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Replication;

/// <summary>Settings of <see cref="ThresholdAheadReplication"/>.</summary>
public sealed record ThresholdAheadOptions
{
    /// <summary>Share of a stage's slots above which predicted demand counts as contention, above 0 and at most 1.</summary>
    public double ContentionThreshold { get; init; } = 0.7;
}

/// <summary>
/// The plain rule: when the mean demand predicted for the time the stage is due exceeds the contention threshold of the
/// replicas it will have, replicate: twofold, and fourfold when it exceeds twice the threshold, until it fits. Kept as
/// a policy of its own to compare with.
/// </summary>
public sealed class ThresholdAheadReplication(ThresholdAheadOptions? options = null) : IReplicationPolicy
{
    private readonly ThresholdAheadOptions _options = options ?? new ThresholdAheadOptions();

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

        var wanted = Level(slots, stage.Spec.SlotsPerReplica);
        var kept = WaitingReplication.KeptFromIdling(stage, snapshot.Now, snapshot.Settings.IdleTimeout);
        wanted = Math.Max(wanted, Math.Min(stage.ActiveReplicas, kept));
        if (stage.Queued > 0) wanted = Math.Max(wanted, 1);
        var target = Math.Clamp(wanted, stage.Spec.MinReplicas, stage.Spec.MaxReplicas);
        return new ReplicaTarget(target, new ReplicaReason
        {
            Rule = Name,
            Level = _options.ContentionThreshold,
            DemandSlots = Math.Round(slots, 2),
            DueAt = demand?.StartOf(due),
            StartUpSeconds = Math.Round(stage.StartUpSeconds, 2),
            Queued = stage.Queued,
            InFlight = stage.InFlight.Count,
            LimitedBy = ReplicaLimits.Describe(wanted, target, stage.Spec),
        });
    }

    /// <summary>0 where nothing is predicted; else 1, doubled or quadrupled by how far demand exceeds the threshold.</summary>
    private int Level(double slots, int slotsPerReplica)
    {
        if (slots < 0.02) return 0;
        var level = 1;
        while (slots > _options.ContentionThreshold * level * slotsPerReplica && level < 1 << 20)
            level *= slots > 2 * _options.ContentionThreshold * level * slotsPerReplica ? 4 : 2;
        return level;
    }
}

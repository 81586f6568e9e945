using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Replication;

/// <summary>Settings of <see cref="AheadReplication"/>.</summary>
public sealed record AheadReplicationOptions
{
    /// <summary>
    /// Probability with which demand should be met: cost of a missing replica over the sum of that and the cost of an
    /// idle one (the newsvendor's critical ratio).
    /// <list type="table">
    /// <item><term>.80</term><description>batch: a miss costs 4 times an idle replica</description></item>
    /// <item><term>.95</term><description>normal: 19 times</description></item>
    /// <item><term>.99</term><description>critical: 99 times</description></item>
    /// </list>
    /// </summary>
    public double CriticalRatio(Priority priority) => priority switch
    {
        Priority.Batch => BatchRatio,
        Priority.Critical => CriticalPriorityRatio,
        _ => NormalRatio,
    };

    /// <summary>Critical ratio of batch stages, above 0 and below 1.</summary>
    public double BatchRatio { get; init; } = 0.80;

    /// <summary>Critical ratio of normal stages, above 0 and below 1.</summary>
    public double NormalRatio { get; init; } = 0.95;

    /// <summary>Critical ratio of critical stages, above 0 and below 1.</summary>
    public double CriticalPriorityRatio { get; init; } = 0.99;
}

/// <summary>
/// The least number of replicas whose slots cover the demand that will be there when a replica ordered now is warm,
/// with the probability the stage's priority asks for. Up at once. Down when nothing within reach needs the replica:
/// keeping it idle until its next use would cost more than starting it again (ski rental, Karlin et al. 1988).
/// </summary>
public sealed class AheadReplication(AheadReplicationOptions? options = null) : IReplicationPolicy
{
    /// <summary>Demand below this share of a slot is sampling noise, not a need.</summary>
    private const double LeastSlots = 0.02;

    private readonly AheadReplicationOptions _options = options ?? new AheadReplicationOptions();

    /// <inheritdoc/>
    public string Name => "ahead";

    /// <inheritdoc/>
    public bool UsesForecast => true;

    /// <inheritdoc/>
    public ReplicaTarget Target(ClusterSnapshot snapshot, StageState stage, DemandCurve? demand, ReplicationMemory? memory)
    {
        var level = _options.CriticalRatio(stage.Priority);
        var startUp = TimeSpan.FromSeconds(stage.StartUpSeconds);
        var lead = startUp + snapshot.Settings.CyclePeriod;
        var (bucket, slots) = demand?.Peak(level, lead) ?? (0, 0);
        var needed = Math.Max(ReplicasFor(slots, stage.Spec), HeldByTasks(stage));
        var wanted = Math.Max(needed, Kept(snapshot, stage, demand, level, startUp, lead));
        var target = Math.Clamp(wanted, stage.Spec.MinReplicas, stage.Spec.MaxReplicas);
        return new ReplicaTarget(target, new ReplicaReason
        {
            Rule = Name,
            Level = level,
            DemandSlots = Math.Round(slots, 2),
            DueAt = demand?.StartOf(bucket),
            StartUpSeconds = Math.Round(stage.StartUpSeconds, 2),
            Queued = stage.Queued,
            InFlight = stage.InFlight.Count,
            LimitedBy = ReplicaLimits.Describe(wanted, target, stage.Spec),
        });
    }

    private static int ReplicasFor(double slots, StageSpec spec) =>
        slots < LeastSlots ? 0 : (int)Math.Ceiling((slots - LeastSlots) / spec.SlotsPerReplica);

    /// <summary>What tasks at hand need whatever was forecast: their own slot while they run, and a share by the time they may wait while they queue.</summary>
    private static int HeldByTasks(StageState stage)
    {
        if (stage.Queued == 0) return (stage.InFlight.Count + stage.Spec.SlotsPerReplica - 1) / stage.Spec.SlotsPerReplica;
        var seconds = Math.Max(1e-3, stage.MeanExecutionSeconds);
        var share = seconds / (seconds + stage.Spec.MaxWait.TotalSeconds);
        var slots = stage.InFlight.Count + (stage.Queued * share);
        return Math.Max(1, (int)Math.Ceiling(slots / stage.Spec.SlotsPerReplica - LeastSlots));
    }

    /// <summary>Replicas that stay although nothing needs them now.</summary>
    private static int Kept(ClusterSnapshot snapshot, StageState stage, DemandCurve? demand, double level, TimeSpan startUp, TimeSpan lead)
    {
        if (stage.ActiveReplicas == 0) return 0;
        // A start costs its start-up time in replica-seconds: waiting idle for less than that is cheaper.
        var idle = TimeSpan.FromTicks(Math.Min(startUp.Ticks, snapshot.Settings.IdleTimeout.Ticks));
        var justIdle = WaitingReplication.KeptFromIdling(stage, snapshot.Now, idle);
        var soon = demand is null ? 0 : ReplicasFor(demand.Peak(level, lead + startUp).Slots, stage.Spec);
        return Math.Min(stage.ActiveReplicas, Math.Max(justIdle, soon));
    }
}

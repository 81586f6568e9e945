using System.Collections.Immutable;
using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Replication;

/// <summary>
/// A fixed number of replicas a stage, whatever comes. With none given a stage has its least number, but one at least:
/// tasks are let through or wait, and nothing is ever replicated.
/// </summary>
/// <param name="name">Name as given on the command line and in reports.</param>
/// <param name="levels">Replicas of each stage.</param>
public sealed class StaticReplication(string name, ImmutableDictionary<StageId, int> levels) : IReplicationPolicy
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool UsesForecast => false;

    /// <summary>The least number everywhere, but one at least.</summary>
    public static StaticReplication AtLeast(string name) => new(name, ImmutableDictionary<StageId, int>.Empty);

    /// <inheritdoc/>
    public ReplicaTarget Target(ClusterSnapshot snapshot, StageState stage, DemandCurve? demand, ReplicationMemory? memory)
    {
        var wanted = levels.GetValueOrDefault(stage.Id, Math.Max(1, stage.Spec.MinReplicas));
        var target = Math.Clamp(wanted, stage.Spec.MinReplicas, stage.Spec.MaxReplicas);
        return new ReplicaTarget(target, new ReplicaReason
        {
            Rule = Name,
            Queued = stage.Queued,
            InFlight = stage.InFlight.Count,
            LimitedBy = ReplicaLimits.Describe(wanted, target, stage.Spec),
        });
    }
}

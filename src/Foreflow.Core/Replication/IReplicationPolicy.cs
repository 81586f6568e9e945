using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Replication;

/// <summary>Says how many replicas a stage should have now. Where they go is the same for every policy.</summary>
public interface IReplicationPolicy
{
    /// <summary>Name as given on the command line and in reports.</summary>
    string Name { get; }

    /// <summary>True when the policy reads demand curves; without that none are computed.</summary>
    bool UsesForecast { get; }

    /// <summary>The number of replicas a worker stage should have now, within its minimum and maximum.</summary>
    /// <param name="snapshot">The pool.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="demand">Its demand curve; null when no demand is foreseen or the policy does not forecast.</param>
    ReplicaTarget Target(ClusterSnapshot snapshot, StageState stage, DemandCurve? demand);
}

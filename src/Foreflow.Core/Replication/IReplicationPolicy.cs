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
    /// <param name="memory">What the policy's last answer for this stage said to remember; null the first time.</param>
    ReplicaTarget Target(ClusterSnapshot snapshot, StageState stage, DemandCurve? demand, ReplicationMemory? memory);
}

/// <summary>
/// What a policy remembers of a stage from one full cycle to the next. Immutable: a new one takes its place when the plan
/// is carried out, so that a plan that is not carried out leaves no trace and a replay remembers the same.
/// </summary>
public abstract record ReplicationMemory;

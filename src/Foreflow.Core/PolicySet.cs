using System.Collections.Immutable;
using Foreflow.Core.Replication;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core;

/// <summary>The policies a control cycle decides by. Immutable: a change takes the place of the whole set in the next cycle.</summary>
public sealed record PolicySet
{
    /// <summary>Follows utilisation, as today's clusters do.</summary>
    public static readonly PolicySet Reactive = new() { Replication = new ReactiveReplication() };

    /// <summary>Follows waiting tasks without delay: what most workflow engines do at best.</summary>
    public static readonly PolicySet Waiting = new() { Replication = WaitingReplication.Instance };

    /// <summary>Plans ahead: the default.</summary>
    public static readonly PolicySet Ahead = new() { Replication = new AheadReplication() };

    /// <summary>How many replicas.</summary>
    public required IReplicationPolicy Replication { get; init; }

    /// <summary>Whose turn it is among waiting tasks.</summary>
    public TaskOrder Order { get; init; }

    /// <summary>The names that <see cref="Named"/> knows.</summary>
    public static readonly ImmutableArray<string> Names = ["ahead", "waiting", "reactive", "pause-resume", "threshold-ahead"];

    /// <summary>The policies by name, as given on the command line.</summary>
    public static PolicySet? Named(string name) => name switch
    {
        "reactive" => Reactive,
        "waiting" => Waiting,
        "ahead" => Ahead,
        "pause-resume" => new PolicySet { Replication = new PauseResumeReplication() },
        "threshold-ahead" => new PolicySet { Replication = new ThresholdAheadReplication() },
        _ => null,
    };

    /// <summary>The replication policy that acts on a stage: waiting tasks are followed where a person stopped planning ahead.</summary>
    internal IReplicationPolicy Acting(ClusterSnapshot snapshot, StageState stage) =>
        snapshot.Settings.Mode == PoolMode.On && !snapshot.ReplicationPaused && !stage.ReplicationPaused ? Replication : WaitingReplication.Instance;
}

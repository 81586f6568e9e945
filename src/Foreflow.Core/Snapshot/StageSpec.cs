using System.Collections.Immutable;
using Foreflow.Core.Model;

namespace Foreflow.Core.Snapshot;

/// <summary>How a stage runs, as far as planning cares.</summary>
public enum StageKind
{
    /// <summary>One process an attempt: nothing to keep warm, capacity is claimed per attempt.</summary>
    Run,

    /// <summary>A long-lived process that serves many tasks: replicas are kept warm.</summary>
    Worker,

    /// <summary>A C# handler in the host: no process, no claim.</summary>
    Handler,
}

/// <summary>What planning knows of a stage: the part of its definition that decisions depend on.</summary>
public sealed record StageSpec
{
    /// <summary>Name within the workflow.</summary>
    public required string Name { get; init; }

    /// <summary>How it runs.</summary>
    public StageKind Kind { get; init; }

    /// <summary>Positions of the stages it needs, within the workflow's list.</summary>
    public ImmutableArray<int> Needs { get; init; } = [];

    /// <summary>Resources of one attempt (run) or one replica (worker): what is claimed on a node.</summary>
    public Resources Request { get; init; } = new(1000, 256L << 20);

    /// <summary>True when <see cref="Request"/> is kept whatever was measured.</summary>
    public bool ResourcesFixed { get; init; }

    /// <summary>True when the file names the memory: a limit from the first attempt on, where a guess would not be one.</summary>
    public bool MemoryDeclared { get; init; }

    /// <summary>How many times as much memory an attempt after an out-of-memory kill is granted; null for the usual growth.</summary>
    public double? OutOfMemoryFactor { get; init; }

    /// <summary>Tasks one replica serves at once; 1 or more.</summary>
    public int SlotsPerReplica { get; init; } = 1;

    /// <summary>Fewest replicas kept; 0 lets the stage scale to zero.</summary>
    public int MinReplicas { get; init; }

    /// <summary>Most replicas ever.</summary>
    public int MaxReplicas { get; init; } = 16;

    /// <summary>True when one more replica is kept on another node, while nothing else wants its room, as long as all others are on one.</summary>
    public bool Resilient { get; init; }

    /// <summary>How long a task may wait for a warm replica before the service level is missed.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>True when an attempt may run twice at once: hedging is allowed.</summary>
    public bool Idempotent { get; init; }

    /// <summary>How many tasks a <c>foreach</c> makes as a prior; 1 for a plain stage. The profile takes over.</summary>
    public double FanOutPrior { get; init; } = 1;

    /// <summary>Seconds a task takes, as a prior until the profile knows.</summary>
    public double ExecutionSecondsPrior { get; init; } = 1;

    /// <summary>Seconds a replica takes to start, as a prior until one was measured.</summary>
    public double StartUpSecondsPrior { get; init; } = 2;

    /// <summary>Named finite resources a task holds while it runs, and how much of each. Ask whether there are any before walking them: that costs much more.</summary>
    public ImmutableSortedDictionary<string, int> Gates { get; init; } = ImmutableSortedDictionary<string, int>.Empty;
}

/// <summary>What planning knows of a workflow.</summary>
public sealed record WorkflowSpec
{
    /// <summary>Name of the workflow.</summary>
    public required string Name { get; init; }

    /// <summary>Version of the definition this was made from.</summary>
    public string Version { get; init; } = "";

    /// <summary>Priority of its runs.</summary>
    public Priority Priority { get; init; } = Priority.Normal;

    /// <summary>Time a run may take from arrival; null where none was set.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Stages in an order in which every stage comes after those it needs.</summary>
    public required ImmutableArray<StageSpec> Stages { get; init; }

    /// <summary>Where each stage of the definition stands in <see cref="Stages"/>, by its position in the definition.</summary>
    public ImmutableArray<int> Positions { get; init; } = [];

    /// <summary>Capacity of each gate the workflow declares.</summary>
    public ImmutableSortedDictionary<string, int> GateCapacities { get; init; } = ImmutableSortedDictionary<string, int>.Empty;

    /// <summary>Rate of each gate of units per period that the workflow declares. Journals written before there were rates name none.</summary>
    public ImmutableSortedDictionary<string, GateRate> GateRates { get => field ?? ImmutableSortedDictionary<string, GateRate>.Empty; init; }
}

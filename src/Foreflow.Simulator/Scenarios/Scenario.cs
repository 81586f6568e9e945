using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Snapshot;
using Foreflow.Core.Workflows;

namespace Foreflow.Simulator.Scenarios;

/// <summary>Everything a simulation starts from. Made by <see cref="ScenarioReader"/> or by code.</summary>
public sealed record Scenario
{
    /// <summary>Name, for people.</summary>
    public string Name { get; init; } = "scenario";

    /// <summary>Seed of everything random; further seeds follow from it.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Start of simulated time.</summary>
    public Instant Start { get; init; } = Instant.FromUnixSeconds(1_767_571_200); // Monday 2026-01-05

    /// <summary>Arrivals of this long are told to the policies before anything is simulated: their past.</summary>
    public TimeSpan History { get; init; }

    /// <summary>Simulated but not measured: queues fill, profiles learn.</summary>
    public TimeSpan WarmUp { get; init; }

    /// <summary>The measured part; null: until all runs are over.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Machines.</summary>
    public required ImmutableArray<SimulatedNode> Nodes { get; init; }

    /// <summary>Workflows with their arrivals.</summary>
    public required ImmutableArray<SimulatedWorkflow> Workflows { get; init; }

    /// <summary>What goes wrong.</summary>
    public FailureModel Failures { get; init; } = new();

    /// <summary>What others use of the nodes.</summary>
    public BackgroundLoad? Background { get; init; }

    /// <summary>Settings of the pool.</summary>
    public PoolSettings Settings { get; init; } = new();

    /// <summary>What things cost.</summary>
    public CostModel Cost { get; init; } = new();

    /// <summary>Policies compared where the command names none.</summary>
    public ImmutableArray<string> Policies { get; init; } = ["reactive", "ahead", "oracle"];

    /// <summary>What is known of a stage at the start: a copy, since simulations learn.</summary>
    internal StageProfile KnownOf(StageId stage)
    {
        foreach (var workflow in Workflows)
            if (workflow.Definition.Name == stage.Workflow && workflow.Profiles.TryGetValue(stage.Name, out var known)) return known.Clone();
        return new StageProfile();
    }
}

/// <summary>A machine.</summary>
/// <param name="Capacity">What it offers.</param>
/// <param name="Class">Its class.</param>
public sealed record SimulatedNode(Resources Capacity, string Class = "default");

/// <summary>A workflow that is simulated.</summary>
public sealed record SimulatedWorkflow
{
    /// <summary>The definition, with fan-outs and conditions drawn instead of computed; see <see cref="DefinitionRewriting"/>.</summary>
    public required WorkflowDefinition Definition { get; init; }

    /// <summary>How each stage behaves, by its position in the definition.</summary>
    public required ImmutableArray<StageModel> Stages { get; init; }

    /// <summary>When runs arrive.</summary>
    public required ArrivalProcess Arrivals { get; init; }

    /// <summary>What is known of its stages before the start, by name of the stage; the simulation learns on copies. Empty: nothing.</summary>
    public ImmutableDictionary<string, StageProfile> Profiles { get; init; } = ImmutableDictionary<string, StageProfile>.Empty;
}

/// <summary>How a stage behaves.</summary>
public sealed record StageModel
{
    /// <summary>Run time of a task.</summary>
    public required TimeDistribution Time { get; init; }

    /// <summary>From the order of a replica until it is warm.</summary>
    public TimeDistribution StartUp { get; init; } = TimeDistribution.Fixed(0);

    /// <summary>Tasks a <c>foreach</c> makes, rounded to a whole number; null: one.</summary>
    public TimeDistribution? FanOut { get; init; }

    /// <summary>Share of runs in which the stage runs; 1: always.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>Share of attempts that fail with an exit code.</summary>
    public double FailureShare { get; init; }

    /// <summary>Highest memory of a task, in bytes; null: not simulated.</summary>
    public TimeDistribution? MemoryBytes { get; init; }

    /// <summary>Recorded tasks by their index in the stage, in place of what would be drawn; empty: everything is drawn.</summary>
    public ImmutableArray<RecordedTask> Recorded { get; init; } = [];

    /// <summary>Servers that are never scaled, where the stage is a queue with any number of them: no replica, no node.</summary>
    public bool Unlimited { get; init; }
}

/// <summary>A task as it was recorded.</summary>
/// <param name="Seconds">Run time, in seconds.</param>
/// <param name="MemoryBytes">Highest memory, in bytes.</param>
/// <param name="InputBytes">Size of its input, in bytes; null where unknown.</param>
public readonly record struct RecordedTask(double Seconds, long MemoryBytes, long? InputBytes = null);

/// <summary>What goes wrong.</summary>
public sealed record FailureModel
{
    /// <summary>Mean time between losses of one node; null: none is lost by chance.</summary>
    public TimeSpan? NodeMeanTimeBetween { get; init; }

    /// <summary>How long a lost node is away.</summary>
    public TimeSpan NodeRepair { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Mean time between failures of one warm replica; null: none fails.</summary>
    public TimeSpan? ReplicaMeanTimeBetween { get; init; }

    /// <summary>Share of attempts that take longer than they should.</summary>
    public double StragglerShare { get; init; }

    /// <summary>How many times longer.</summary>
    public double StragglerFactor { get; init; } = 5;

    /// <summary>Losses at given times after the start of the simulated part.</summary>
    public ImmutableArray<NodeOutage> Outages { get; init; } = [];
}

/// <summary>A node that is lost at a given time.</summary>
/// <param name="At">After the start of the warm-up.</param>
/// <param name="Node">Position of the node in the scenario, from 0.</param>
/// <param name="For">How long.</param>
public sealed record NodeOutage(TimeSpan At, int Node, TimeSpan For);

/// <summary>What others use of every node.</summary>
/// <param name="Share">Mean share of a node's capacity.</param>
/// <param name="Spread">Largest deviation from it, as a share of capacity.</param>
/// <param name="Step">How often it changes.</param>
public sealed record BackgroundLoad(double Share, double Spread, TimeSpan Step);

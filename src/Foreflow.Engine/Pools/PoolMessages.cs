using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Snapshot;
using Foreflow.Engine.Nodes;
using Foreflow.Engine.Runs;

namespace Foreflow.Engine.Pools;

/// <summary>Tasks of a run that may start.</summary>
/// <param name="Stage">Position of the stage in the definition.</param>
/// <param name="FirstTask">Index of the first task.</param>
/// <param name="Count">How many.</param>
/// <param name="StageTasks">How many tasks the stage has in all.</param>
/// <param name="Attempt">Number of the attempt.</param>
/// <param name="AfterCause">Why the attempt before it ended; null for the first.</param>
/// <param name="InputBytes">Size of each task's input; null where unknown.</param>
/// <param name="WorkersEnded">Workers that ended while they had the task.</param>
[GenerateSerializer, Immutable]
public readonly record struct ReadyTasks(
    [property: Id(0)] int Stage,
    [property: Id(1)] int FirstTask,
    [property: Id(2)] int Count,
    [property: Id(3)] int StageTasks,
    [property: Id(4)] int Attempt,
    [property: Id(5)] AttemptCause? AfterCause,
    [property: Id(6)] long? InputBytes,
    [property: Id(7)] int WorkersEnded = 0);

/// <summary>A stage of a run that is over.</summary>
[GenerateSerializer, Immutable]
public readonly record struct SettledStage([property: Id(0)] int Stage, [property: Id(1)] bool Skipped);

/// <summary>An attempt that is no longer wanted.</summary>
[GenerateSerializer, Immutable]
public readonly record struct WithdrawnAttempt(
    [property: Id(0)] AttemptKey Key, [property: Id(1)] bool OnlyIfWaiting, [property: Id(2)] AttemptCause Cause = AttemptCause.Cancelled);

/// <summary>Everything a run tells its pool at once, in the order it is taken in: arrival, stages that are over, tasks withdrawn, tasks ready, the end.</summary>
[GenerateSerializer, Immutable]
public sealed record RunMessage
{
    /// <summary>The run.</summary>
    [Id(0)] public required string Run { get; init; }

    /// <summary>Name of its workflow.</summary>
    [Id(1)] public required string Workflow { get; init; }

    /// <summary>Version of its workflow.</summary>
    [Id(2)] public required string Version { get; init; }

    /// <summary>True in the first message after the run was taken up again.</summary>
    [Id(3)] public bool Recovered { get; init; }

    /// <summary>Folder its commands start in: where replicas of its workers start too.</summary>
    [Id(8)] public string? Folder { get; init; }

    /// <summary>Stages that are over.</summary>
    [Id(4)] public IReadOnlyList<SettledStage> Settled { get; init; } = [];

    /// <summary>Attempts no longer wanted.</summary>
    [Id(5)] public IReadOnlyList<WithdrawnAttempt> Withdrawn { get; init; } = [];

    /// <summary>Tasks that may start.</summary>
    [Id(6)] public IReadOnlyList<ReadyTasks> Ready { get; init; } = [];

    /// <summary>True when the run is over.</summary>
    [Id(7)] public bool Ended { get; init; }
}

/// <summary>A node offers itself to a pool.</summary>
[GenerateSerializer, Immutable]
public sealed record NodeOffer(
    [property: Id(0)] string Node,
    [property: Id(1)] Resources Capacity,
    [property: Id(2)] string NodeClass,
    [property: Id(3)] INodeLink Link);

/// <summary>An attempt of a node's that ended.</summary>
/// <param name="StartUp">From the order to start it until its process ran; null where there was none of its own.</param>
[GenerateSerializer, Immutable]
public readonly record struct EndedAttempt(
    [property: Id(0)] long Ticket, [property: Id(1)] AttemptCause Cause, [property: Id(2)] AttemptUsage? Usage, [property: Id(3)] TimeSpan? StartUp = null);

/// <summary>The highest use of each resource by an attempt that runs; 0 where unknown.</summary>
[GenerateSerializer, Immutable]
public readonly record struct AttemptPeak([property: Id(0)] long Ticket, [property: Id(1)] Resources Peak);

/// <summary>A replica of a node's that became ready or ended.</summary>
/// <param name="Ready">True when it became ready; false when it ended.</param>
/// <param name="Error">Why it ended, for people.</param>
[GenerateSerializer, Immutable]
public readonly record struct ReplicaChange([property: Id(0)] long Replica, [property: Id(1)] bool Ready, [property: Id(2)] AttemptCause Cause, [property: Id(3)] string? Error);

/// <summary>What a node tells its pool: at once when something ended, and once a second.</summary>
[GenerateSerializer, Immutable]
public sealed record NodeReport
{
    /// <summary>The node.</summary>
    [Id(0)] public required string Node { get; init; }

    /// <summary>Attempts that ended.</summary>
    [Id(1)] public IReadOnlyList<EndedAttempt> Ended { get; init; } = [];

    /// <summary>Replicas that changed.</summary>
    [Id(2)] public IReadOnlyList<ReplicaChange> Replicas { get; init; } = [];

    /// <summary>What others use of the node; null where nothing new is known.</summary>
    [Id(3)] public Resources? UsedByOthers { get; init; }

    /// <summary>Running attempts that use noticeably more than was told before.</summary>
    [Id(4)] public IReadOnlyList<AttemptPeak> Peaks { get; init; } = [];

    /// <summary>Share of the last ten seconds in which something on the node waited for memory, in percent; null where nothing is known.</summary>
    [Id(5)] public double? MemoryPressurePercent { get; init; }
}

/// <summary>A replica, for people.</summary>
[GenerateSerializer, Immutable]
public sealed record ReplicaView([property: Id(0)] long Number, [property: Id(1)] string Node, [property: Id(2)] ReplicaPhase Phase, [property: Id(3)] int InFlight, [property: Id(4)] Instant StartedAt);

/// <summary>A stage of a pool, for people.</summary>
[GenerateSerializer, Immutable]
public sealed record StagePoolView
{
    /// <summary>Name of the workflow.</summary>
    [Id(0)] public required string Workflow { get; init; }

    /// <summary>Name of the stage.</summary>
    [Id(1)] public required string Stage { get; init; }

    /// <summary>Tasks that wait.</summary>
    [Id(2)] public int Queued { get; init; }

    /// <summary>Tasks that run.</summary>
    [Id(3)] public int InFlight { get; init; }

    /// <summary>Its replicas.</summary>
    [Id(4)] public IReadOnlyList<ReplicaView> Replicas { get; init; } = [];

    /// <summary>Tasks that were handed out so far.</summary>
    [Id(5)] public long TasksStarted { get; init; }

    /// <summary>Tasks that waited for a replica to start.</summary>
    [Id(6)] public long ColdStartsMet { get; init; }

    /// <summary>Tasks that waited longer than the stage promises.</summary>
    [Id(7)] public long WaitsMissed { get; init; }
}

/// <summary>A pool, for people.</summary>
[GenerateSerializer, Immutable]
public sealed record PoolView(
    [property: Id(0)] long Generation,
    [property: Id(1)] Instant At,
    [property: Id(2)] IReadOnlyList<StagePoolView> Stages,
    [property: Id(3)] int OpenRuns,
    [property: Id(4)] double ReplicaSeconds,
    [property: Id(5)] string? LastPlanJson);

using Foreflow.Core.Model;
using Foreflow.Core.Profiling;

namespace Foreflow.Core.Snapshot;

/// <summary>A node as planning sees it. Changed only by the snapshot's fold.</summary>
public sealed class NodeState
{
    private UseByOthers _others;
    private MemoryPressure _memory;

    /// <summary>Number within the pool.</summary>
    public required int Index { get; init; }

    /// <summary>Name.</summary>
    public required NodeId Id { get; init; }

    /// <summary>Nodes of a class run a stage alike.</summary>
    public required string Class { get; init; }

    /// <summary>What it offers in all.</summary>
    public required Resources Capacity { get; init; }

    /// <summary>What processes of others use of it, as last sampled.</summary>
    public Resources UsedByOthers => _others.Last;

    /// <summary>
    /// What is taken off the capacity for them: the .9 quantile of the forecast of their use, as of the last sample or full cycle,
    /// and at most half the node. Processors are shared anyway, and a peak of others must not stop work for good.
    /// </summary>
    public Resources TakenByOthers { get; private set; }

    /// <summary>What attempts and replicas hold of it.</summary>
    public Resources Claimed { get; internal set; }

    /// <summary>Attempts that run on it now.</summary>
    public int InFlight { get; internal set; }

    /// <summary>How short of memory it is.</summary>
    public MemoryPressure Memory => _memory;

    /// <summary>When something was last done about that; null before.</summary>
    public Instant? RelievedAt { get; internal set; }

    /// <summary>False once it was lost.</summary>
    public bool Alive { get; internal set; } = true;

    /// <summary>What is left after claims and others; components may be negative when others take more than we left.</summary>
    public Resources Free => Capacity - TakenByOthers - Claimed;

    /// <summary>Takes in how short of memory it is.</summary>
    internal void Press(double memoryPercent, Instant at) => _memory.Sample(memoryPercent, at);

    /// <summary>Takes a sample of the use by others in.</summary>
    internal void Sample(Resources usedByOthers, Instant at)
    {
        _others.Sample(usedByOthers, at);
        ForecastOthers(at);
    }

    /// <summary>Forecasts the use by others anew. True when what is taken off changes.</summary>
    internal bool ForecastOthers(Instant now)
    {
        var before = TakenByOthers;
        TakenByOthers = Resources.Min(_others.Quantile(now), Half(Capacity));
        return TakenByOthers != before;
    }

    private static Resources Half(in Resources capacity) => new(
        capacity.CpuMillicores / 2, capacity.MemoryBytes / 2, capacity.NetworkBytesPerSecond / 2, capacity.DiskBytesPerSecond / 2);
}

/// <summary>Life of a replica.</summary>
public enum ReplicaPhase
{
    /// <summary>Its process starts up; it takes no task yet.</summary>
    Starting,

    /// <summary>It takes tasks.</summary>
    Ready,

    /// <summary>It finishes what it has and takes nothing new.</summary>
    Draining,
}

/// <summary>A warm instance of a stage. Changed only by the snapshot's fold.</summary>
public sealed class ReplicaState
{
    /// <summary>Number within the pool; never used twice.</summary>
    public required long Number { get; init; }

    /// <summary>Stage number.</summary>
    public required int Stage { get; init; }

    /// <summary>Node number.</summary>
    public required int Node { get; init; }

    /// <summary>What it holds of the node.</summary>
    public required Resources Granted { get; init; }

    /// <summary>When it was ordered.</summary>
    public required Instant StartedAt { get; init; }

    /// <summary>True while it stands by in case a node is lost and does not count against a target. It takes tasks like any other.</summary>
    public bool Spare { get; internal set; }

    /// <summary>Life of the replica.</summary>
    public ReplicaPhase Phase { get; internal set; }

    /// <summary>When it became ready; <see cref="Instant.Never"/> before.</summary>
    public Instant ReadyAt { get; internal set; } = Instant.Never;

    /// <summary>Tasks it holds now.</summary>
    public int InFlight { get; internal set; }

    /// <summary>True while it serves a task that may be what ended a worker: it takes no other.</summary>
    public bool HoldsSuspect { get; internal set; }

    /// <summary>Since when it has had no task; only meaningful while it has none.</summary>
    public Instant IdleSince { get; internal set; }

    /// <summary>True when a task of it ended with it: its own end is about to be told, and it takes nothing more.</summary>
    public bool IsLost { get; internal set; }

    /// <summary>True when a task that has ended workers before ended it too.</summary>
    public bool EndedBySuspect { get; internal set; }
}

/// <summary>A task that waits or runs. Changed only by the snapshot's fold.</summary>
public sealed class TaskEntry
{
    /// <summary>Names this attempt of the task within the pool; never used twice.</summary>
    public required long Ticket { get; init; }

    /// <summary>Number of the run.</summary>
    public required long Run { get; init; }

    /// <summary>Stage number.</summary>
    public required int Stage { get; init; }

    /// <summary>Index within the stage.</summary>
    public required int Index { get; init; }

    /// <summary>Which try this is, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>Since when it could have run.</summary>
    public required Instant ReadyAt { get; init; }

    /// <summary>When its run should be done: what queues are ordered by.</summary>
    public required Instant Due { get; init; }

    /// <summary>What it asks for on a node; zero for tasks that a replica serves.</summary>
    public Resources Request { get; internal set; }

    /// <summary>Size of its input in bytes; null where unknown.</summary>
    public long? InputBytes { get; init; }

    /// <summary>Workers that ended while they had the task.</summary>
    public int WorkersEnded { get; init; }

    /// <summary>True when it may be what ended a worker: until it has been served it is served alone.</summary>
    public bool IsSuspect => WorkersEnded > 0;

    /// <summary>When it was handed to a node, later by the time it was paused; <see cref="Instant.Never"/> while it waits.</summary>
    public Instant StartedAt { get; internal set; } = Instant.Never;

    /// <summary>Node that runs it; -1 while it waits.</summary>
    public int Node { get; internal set; } = -1;

    /// <summary>Replica that serves it; -1 where none does.</summary>
    public long Replica { get; internal set; } = -1;

    /// <summary>What it may use of the node.</summary>
    public Resources Granted { get; internal set; }

    /// <summary>Since when it stands still; <see cref="Instant.Never"/> while it runs or waits.</summary>
    public Instant PausedAt { get; internal set; } = Instant.Never;

    /// <summary>How long it stood still before, in all.</summary>
    public TimeSpan PausedFor { get; internal set; }

    /// <summary>True while it stands still for more urgent work.</summary>
    public bool Paused => PausedAt != Instant.Never;

    /// <summary>Since when it is frozen because memory runs out; <see cref="Instant.Never"/> while it is not. It keeps all it may use.</summary>
    public Instant FrozenAt { get; internal set; } = Instant.Never;

    /// <summary>True while it is frozen because memory runs out.</summary>
    public bool Frozen => FrozenAt != Instant.Never;

    /// <summary>True while it stands still, for whatever reason.</summary>
    public bool StandsStill => Paused || Frozen;

    /// <summary>Since when it stands still; <see cref="Instant.Never"/> while it does not.</summary>
    internal Instant StandsSince { get; set; } = Instant.Never;

    /// <summary>What it holds of the node: what it may use; while it is paused its memory alone.</summary>
    public Resources Held => Paused ? new Resources(0, Granted.MemoryBytes) : Granted;

    /// <summary>True while it runs.</summary>
    public bool Running => StartedAt != Instant.Never;

    /// <summary>Ticket of the attempt that this one hedges; 0 where it hedges none.</summary>
    public long HedgeOf { get; init; }

    /// <summary>Ticket of the attempt that hedges, or has hedged, this one; 0 where none did.</summary>
    public long HedgedBy { get; internal set; }

    /// <summary>True once another attempt of the task has succeeded.</summary>
    internal bool IsDone { get; set; }

    internal int PositionInFlight { get; set; } = -1;
}

/// <summary>How far a stage of a run is.</summary>
public enum StageProgress : byte
{
    /// <summary>Its turn has not come.</summary>
    Waiting,

    /// <summary>Its tasks wait or run.</summary>
    Active,

    /// <summary>Done, failed or skipped: nothing more will come of it.</summary>
    Settled,
}

/// <summary>An open run as planning sees it. Changed only by the snapshot's fold.</summary>
public sealed class RunProgress
{
    /// <summary>Number within the pool.</summary>
    public required long Number { get; init; }

    /// <summary>The run.</summary>
    public required RunId Id { get; init; }

    /// <summary>Workflow number.</summary>
    public required int Workflow { get; init; }

    /// <summary>When it was accepted.</summary>
    public required Instant ArrivedAt { get; init; }

    /// <summary>When it should be done.</summary>
    public required Instant Due { get; init; }

    /// <summary>How far each stage is, by position within the workflow.</summary>
    public required StageProgress[] Stages { get; init; }

    /// <summary>Tasks of each stage that have not ended, by position within the workflow.</summary>
    public required int[] Outstanding { get; init; }

    /// <summary>When each stage settled, by position within the workflow; <see cref="Instant.Never"/> before.</summary>
    public required Instant[] SettledAt { get; init; }

    /// <summary>True where it was taken up again: when its stages settled before is not known.</summary>
    public bool Recovered { get; init; }

    internal int PositionInWorkflow { get; set; } = -1;
}

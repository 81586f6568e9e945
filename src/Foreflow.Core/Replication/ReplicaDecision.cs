using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Replication;

/// <summary>How many replicas a stage should have, and why. What a replication policy answers.</summary>
/// <param name="Replicas">The number wanted now.</param>
/// <param name="Reason">The numbers it rests on.</param>
/// <param name="Memory">What the policy wants to be given the next time; null where it remembers nothing.</param>
public readonly record struct ReplicaTarget(int Replicas, ReplicaReason Reason, ReplicationMemory? Memory = null);

/// <summary>The numbers a target rests on.</summary>
public sealed record ReplicaReason
{
    /// <summary>Name of the rule that set the target.</summary>
    public required string Rule { get; init; }

    /// <summary>Share of minutes in which no task may wait longer than promised; null where no forecast was used.</summary>
    public double? Level { get; init; }

    /// <summary>Slots not exceeded with probability .95 when the need is highest; null where the rule does not look at it.</summary>
    public double? DemandSlots { get; init; }

    /// <summary>Mean slots needed then; null where no forecast was used.</summary>
    public double? MeanSlots { get; init; }

    /// <summary>Replicas that keep waits within what is promised then; null where no forecast was used.</summary>
    public int? NeededReplicas { get; init; }

    /// <summary>Predicted demand over the contention threshold of the replicas there are; null where the rule does not look at it.</summary>
    public double? Contention { get; init; }

    /// <summary>What the arrivals foreseen follow; null where none are.</summary>
    public string? Basis { get; init; }

    /// <summary>Why the forecast was not followed; null where it was.</summary>
    public string? FellBack { get; init; }

    /// <summary>When the need is highest; null where no forecast was used.</summary>
    public Instant? DueAt { get; init; }

    /// <summary>Seconds from a decision to a warm replica, as measured.</summary>
    public double? StartUpSeconds { get; init; }

    /// <summary>Mean load over the slots there are, 1 when all are busy; null where the rule does not look at it.</summary>
    public double? Utilisation { get; init; }

    /// <summary>Tasks that wait.</summary>
    public int Queued { get; init; }

    /// <summary>Tasks that run.</summary>
    public int InFlight { get; init; }

    /// <summary>Why in words, where the rule goes by no number.</summary>
    public string? Because { get; init; }

    /// <summary>What was in the way of a higher or lower number; null where nothing was.</summary>
    public string? LimitedBy { get; init; }
}

/// <summary>A replica to start.</summary>
/// <param name="Replica">The number it gets.</param>
/// <param name="Node">The node it goes to.</param>
/// <param name="Granted">What it may use.</param>
/// <param name="Ahead">True when no task waits for it yet.</param>
/// <param name="Spare">True when no task is foreseen for it either: it stands by in case a node is lost, and does not count against a target.</param>
public readonly record struct ReplicaStart(
    long Replica, int Node, Resources Granted, bool Ahead, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Spare = false);

/// <summary>A change in the replicas of a stage.</summary>
public sealed record ReplicaDecision
{
    /// <summary>A change of a stage from the replicas it has to a target; which ones start and go is for the caller to say.</summary>
    public static ReplicaDecision Of(StageState stage, int target, ReplicaReason reason) => new()
    {
        Stage = stage.Index,
        StageName = stage.Id.ToString(),
        Before = stage.ActiveReplicas,
        Target = target,
        Reason = reason,
    };

    /// <summary>Stage number.</summary>
    public required int Stage { get; init; }

    /// <summary>Name of the stage.</summary>
    public required string StageName { get; init; }

    /// <summary>Replicas that start or serve before the change, spare ones not counted.</summary>
    public required int Before { get; init; }

    /// <summary>Replicas after it, spare ones not counted.</summary>
    public required int Target { get; init; }

    /// <summary>Why.</summary>
    public required ReplicaReason Reason { get; init; }

    /// <summary>Replicas to start.</summary>
    public ImmutableArray<ReplicaStart> Starts { get; init; } = [];

    /// <summary>Replicas that take nothing new and stop when they are done.</summary>
    public ImmutableArray<long> Drains { get; init; } = [];

    /// <summary>Spare replicas that count from now on; null for none.</summary>
    public ImmutableArray<long>? Promoted { get; init; }
}

using Foreflow.Core.Model;

namespace Foreflow.Core.Scheduling;

/// <summary>Why a task goes where it goes.</summary>
public enum AssignmentReason : byte
{
    /// <summary>A warm replica with a free slot.</summary>
    WarmReplica,

    /// <summary>A node with room that nobody had set aside.</summary>
    FreeNode,

    /// <summary>Room that was set aside for this stage.</summary>
    OwnReservation,

    /// <summary>Room that was set aside for another stage and taken back.</summary>
    ReclaimedReservation,

    /// <summary>Room that is set aside for later and lent meanwhile.</summary>
    LentReservation,

    /// <summary>Another warm replica than the two that were drawn: both are busy.</summary>
    OtherReplica,

    /// <summary>A handler of the host, which needs no room.</summary>
    Handler,

    /// <summary>Its turn before all others: it waited longest, and nothing of its stage runs.</summary>
    LongestWaiting,
}

/// <summary>A task that starts now.</summary>
/// <param name="Ticket">The task.</param>
/// <param name="Node">Node that runs it.</param>
/// <param name="Replica">Replica that serves it; -1 where none does.</param>
/// <param name="Granted">What it may use of the node; zero where a replica holds it.</param>
/// <param name="Reason">Why there.</param>
public readonly record struct Assignment(long Ticket, int Node, long Replica, Resources Granted, AssignmentReason Reason);

using System.Collections.Immutable;
using System.Globalization;
using Foreflow.Core.Replication;
using Foreflow.Core.Reservation;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Scheduling;

/// <summary>What can be done when room is short, from what costs least to what costs most.</summary>
public enum LadderRung : byte
{
    /// <summary>Another replica takes the task: those it was meant for are busy. Costs nothing.</summary>
    Rebalance,

    /// <summary>What was set aside for the stage is used. Paid for already.</summary>
    UseReservation,

    /// <summary>More replicas start for tasks that wait. Costs their start-up and their room.</summary>
    Replicate,

    /// <summary>What was set aside for others, for later, is taken back. Costs them a wait if it is missed.</summary>
    Reclaim,

    /// <summary>Attempts that run are paused, or stopped where their memory is needed. Costs time of work that is under way.</summary>
    Pause,

    /// <summary>Memory runs out on a node: attempts there are frozen, or stopped where that is not enough. The last resort.</summary>
    Freeze,
}

/// <summary>A step on the ladder.</summary>
/// <param name="Rung">What was done.</param>
/// <param name="Stage">The stage that gained by it; for <see cref="LadderRung.Reclaim"/> and <see cref="LadderRung.Pause"/> the one that gave.</param>
/// <param name="Node">Where; -1 for more than one node.</param>
/// <param name="Reason">Why, with its numbers.</param>
/// <param name="Ticket">The task, where another replica takes it; null for all other steps.</param>
/// <param name="Replica">The replica that takes it.</param>
public readonly record struct LadderStep(LadderRung Rung, int Stage, int Node, string Reason, long? Ticket = null, long? Replica = null);

/// <summary>
/// The ladder of a plan: which steps it took about room that was short. A task or replica takes the lowest rung that
/// gives it room; what runs is paused only where taking back everything that is set aside for less is not enough.
/// </summary>
internal static class Ladder
{
    /// <summary>The steps of a plan, cheapest first, each rung in the order it happened.</summary>
    public static ImmutableArray<LadderStep> Of(
        ClusterSnapshot snapshot, ImmutableArray<ReplicaDecision> replicas, ImmutableArray<ClaimStep> claims, ImmutableArray<Assignment> work, ImmutableArray<long> paused,
        ImmutableArray<ReliefStep> relief)
    {
        // Between full cycles most plans start a task on a replica and change nothing else.
        var rebalanced = Rebalanced(snapshot, work);
        return claims.IsEmpty && replicas.IsEmpty && relief.IsEmpty ? rebalanced : Of(rebalanced, replicas, claims, paused, relief);
    }

    private static ImmutableArray<LadderStep> Rebalanced(ClusterSnapshot snapshot, ImmutableArray<Assignment> work)
    {
        var count = 0;
        foreach (ref readonly var assignment in work.AsSpan())
            if (assignment.Reason == AssignmentReason.OtherReplica) count++;
        if (count == 0) return [];
        var steps = ImmutableArray.CreateBuilder<LadderStep>(count);
        foreach (ref readonly var assignment in work.AsSpan())
            if (assignment.Reason == AssignmentReason.OtherReplica)
                steps.Add(new LadderStep(LadderRung.Rebalance, snapshot.Task(assignment.Ticket)!.Stage, assignment.Node, "both that were drawn are busy", assignment.Ticket, assignment.Replica));
        return steps.MoveToImmutable();
    }

    private static ImmutableArray<LadderStep> Of(
        ImmutableArray<LadderStep> rebalanced, ImmutableArray<ReplicaDecision> replicas, ImmutableArray<ClaimStep> claims, ImmutableArray<long> paused,
        ImmutableArray<ReliefStep> relief)
    {
        List<LadderStep>? steps = null;
        foreach (var decision in replicas)
        {
            var waiting = 0;
            for (var i = 0; i < decision.Starts.Length; i++)
            {
                var start = decision.Starts[i];
                if (Reservation(claims, decision.Stage, decision.Before + i + 1, start.Node) is { } claim)
                    Add(LadderRung.UseReservation, decision.Stage, start.Node, $"replica {Number(start.Replica)} of {decision.StageName} starts where room was set aside for it: {claim}");
                else if (!start.Ahead) waiting++;
            }

            if (waiting == 0) continue;
            Add(LadderRung.Replicate, decision.Stage, -1, $"{Number(waiting)} more {(waiting == 1 ? "replica" : "replicas")} of {decision.StageName} for tasks that wait: {Number(decision.Reason.Queued)} waiting, {Number(decision.Reason.InFlight)} running");
        }

        foreach (var step in claims)
        {
            if (step.Operation != ClaimOperation.Reclaim) continue;
            if (step.Claim.Kind == ClaimKind.Soft) Add(LadderRung.Reclaim, step.Claim.Owner, step.Claim.Node, step.Reason);
            else if (paused.Contains(ClaimNames.TicketOf(step.Claim.Id))) Add(LadderRung.Pause, step.Claim.Owner, step.Claim.Node, $"paused, it keeps its memory: {step.Reason}");
            else Add(LadderRung.Pause, step.Claim.Owner, step.Claim.Node, $"stopped, it waits again: {step.Reason}");
        }

        foreach (var step in relief)
            if (step.Action != ReliefAction.Thaw) Add(LadderRung.Freeze, step.Stage, step.Node, $"{(step.Action == ReliefAction.Freeze ? "frozen" : "stopped")}: {step.Reason}");
        return steps is null ? rebalanced : [.. rebalanced, .. steps.OrderBy(s => s.Rung)];

        void Add(LadderRung rung, int stage, int node, string reason) => (steps ??= []).Add(new LadderStep(rung, stage, node, reason));
    }

    /// <summary>Since when and how surely room was set aside on a node for the n-th replica of a stage, where the plan gives that back; null where it was not.</summary>
    private static string? Reservation(ImmutableArray<ClaimStep> claims, int stage, int ordinal, int node)
    {
        var id = ClaimNames.Forecast(stage, ordinal);
        foreach (var step in claims)
        {
            if (step.Operation == ClaimOperation.Release && step.Claim.Id == id && step.Claim.Node == node)
                return string.Create(CultureInfo.InvariantCulture, $"from {step.Claim.From} on, with confidence {step.Claim.Confidence:0.##}");
        }

        return null;
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}

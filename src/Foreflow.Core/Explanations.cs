using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Reservation;
using Foreflow.Core.Runs;
using Foreflow.Core.Scheduling;

namespace Foreflow.Core;

/// <summary>Says decisions in words, with the numbers they rest on.</summary>
public static class Explanations
{
    /// <summary>A change in replicas, as in <c>w/count: 0 -> 2 replicas, 2 ahead of need: q95 = 1.73 slots at 14:04:10, mean 0.9, start-up 2.1 s, tau 0.995 -> 2 needed, …</c></summary>
    /// <param name="decision">The change.</param>
    /// <param name="offset">Offset from UTC of the clock that people look at.</param>
    public static string Of(ReplicaDecision decision, TimeSpan offset = default)
    {
        if (decision.Before == decision.Target)
            return Invariant($"{decision.StageName}: {(decision.Starts.Length > 0 ? "a spare replica starts" : "the spare replica goes")} beside {decision.Before}: {Of(decision.Reason, offset)}");
        var ahead = decision.Starts.Count(s => s.Ahead);
        var how = decision.Promoted is { Length: var promoted } ? $", {promoted} that stood by" : decision.Drains.Length > 0 ? $", {decision.Drains.Length} drained" : ahead > 0 ? $", {ahead} ahead of need" : ", for tasks that wait";
        return Invariant($"{decision.StageName}: {decision.Before} -> {decision.Target} replicas{how}: {Of(decision.Reason, offset)}");
    }

    /// <summary>The numbers of a target.</summary>
    /// <inheritdoc cref="Of(ReplicaDecision, TimeSpan)"/>
    public static string Of(ReplicaReason reason, TimeSpan offset = default)
    {
        var parts = new List<string>();
        var due = reason.DueAt is { } at ? $" at {at.ToClock(offset)}" : "";
        if (reason.FellBack is { } why) parts.Add($"the forecast is not followed: {why}");
        if (reason.Because is { } because) parts.Add(because);
        if (reason.DemandSlots is { } slots) parts.Add(Invariant($"q95 = {slots:0.##} slots{due}, mean {reason.MeanSlots ?? 0:0.##}"));
        else if (reason.MeanSlots is { } mean) parts.Add(Invariant($"{mean:0.##} slots predicted{due}"));
        if (reason.StartUpSeconds is { } startUp) parts.Add(Invariant($"start-up {startUp:0.##} s"));
        if (reason.Contention is { } contention) parts.Add(Invariant($"{contention:0.##} of the contention threshold"));
        if (reason is { Level: { } level, NeededReplicas: { } needed }) parts.Add(Invariant($"tau {level:0.####} -> {needed} needed"));
        if (reason.Basis is { } basis) parts.Add($"arrivals by {basis}");
        if (reason.Utilisation is { } utilisation) parts.Add(Invariant($"utilisation {utilisation:0.##}"));
        parts.Add(Invariant($"{reason.Queued} waiting, {reason.InFlight} running"));
        if (reason.LimitedBy is { } limit) parts.Add($"limited by {limit}");
        parts.Add($"rule {reason.Rule}");
        return string.Join(", ", parts);
    }

    /// <summary>What a stage waits for, as in <c>paused: warehouse-db 8/8 until about 14:05</c>.</summary>
    /// <param name="wait">The gate and what is taken of it.</param>
    /// <param name="now">The time; seconds are told of what is less than ten minutes away.</param>
    /// <param name="offset">Offset from UTC of the clock that people look at.</param>
    public static string Of(GateWait wait, Instant now, TimeSpan offset)
    {
        var per = wait.Period is { } period ? $" per {DurationText.Format(period)}" : "";
        if (wait.Until is not { } until) return Invariant($"paused: {wait.Gate} {wait.Used}/{wait.Limit}{per}");
        var format = until - now < TimeSpan.FromMinutes(10) ? "HH:mm:ss" : "HH:mm";
        return Invariant($"paused: {wait.Gate} {wait.Used}/{wait.Limit}{per} until about {until.ToClock(offset, format)}");
    }

    /// <summary>Why an attempt is hedged, as in <c>attempt 1 had run 12.4 s, longer than 95 % of 240 (4.1 s); 3 of 250 attempts hedged before</c>.</summary>
    /// <param name="attempt">Number of the attempt that is hedged.</param>
    /// <param name="reason">The numbers.</param>
    public static string Of(int attempt, HedgeReason reason) => Invariant(
        $"attempt {attempt} had run {reason.ElapsedSeconds:0.##} s, longer than 95 % of {reason.Observations} ({reason.LateAfterSeconds:0.##} s); {reason.Hedges} of {reason.Attempts} attempts hedged before");

    /// <summary>A second attempt beside a late one, as in <c>ticket 7 gets a second attempt: ticket -7 to node 1: …; it had run 12.4 s, …</c>.</summary>
    public static string Of(Hedge hedge) => Invariant(
        $"ticket {hedge.Hedged} gets a second attempt: {Of(hedge.Work)}; it had run {hedge.Reason.ElapsedSeconds:0.##} s, longer than 95 % of {hedge.Reason.Observations} ({hedge.Reason.LateAfterSeconds:0.##} s)");

    /// <summary>A change of the ledger, as in <c>reserve 0.5 cores on node 0 from 14:04:00 until 14:09:00: 0.80 likely to be needed at 14:05:10</c>.</summary>
    /// <param name="step">The change.</param>
    /// <param name="offset">Offset from UTC of the clock that people look at.</param>
    public static string Of(ClaimStep step, TimeSpan offset = default)
    {
        var claim = step.Claim;
        var until = claim.Until == Instant.Never ? "" : $" until {claim.Until.ToClock(offset)}";
        return Invariant($"{step.Operation.ToString().ToLowerInvariant()} {claim.Amount.CpuCores:0.##} cores on node {claim.Node} from {claim.From.ToClock(offset)}{until}: {step.Reason}");
    }

    /// <summary>Why a task goes where it goes, as in <c>ticket 7 to node 0, 0.5 cores and 64 MiB: room that nobody had set aside</c>.</summary>
    public static string Of(Assignment work)
    {
        var room = work.Replica >= 0 ? $"replica {work.Replica} on node {work.Node}" : $"node {work.Node}";
        var granted = work.Granted.IsZero ? "" : Invariant($", {work.Granted.CpuCores:0.##} cores and {work.Granted.MemoryBytes >> 20} MiB");
        return $"ticket {work.Ticket} to {room}{granted}: {Words(work.Reason)}";
    }

    /// <summary>Why a running attempt is stopped: the change of the ledger that takes its room.</summary>
    /// <param name="ticket">Its ticket.</param>
    /// <param name="claims">Changes of the ledger of the same plan.</param>
    public static string OfPreempted(long ticket, IEnumerable<ClaimStep> claims) => Interrupted(ticket, "is stopped", ClaimOperation.Reclaim, claims);

    /// <summary>Why a running attempt stands still from now on: the change of the ledger that takes its processors.</summary>
    /// <inheritdoc cref="OfPreempted"/>
    public static string OfPaused(long ticket, IEnumerable<ClaimStep> claims) => Interrupted(ticket, "is paused and keeps its memory", ClaimOperation.Reclaim, claims);

    /// <summary>Why a paused attempt goes on: the change of the ledger that gives it room again.</summary>
    /// <inheritdoc cref="OfPreempted"/>
    public static string OfResumed(long ticket, IEnumerable<ClaimStep> claims) => Interrupted(ticket, "goes on", ClaimOperation.Reserve, claims);

    /// <summary>A step on the ladder, as in <c>reclaim: Soft claim #18 on node 0 …: needed by more urgent work #24</c>.</summary>
    public static string Of(LadderStep step) => step.Rung switch
    {
        LadderRung.Rebalance => Invariant($"rebalance: task {step.Ticket} goes to replica {step.Replica}: {step.Reason}"),
        LadderRung.UseReservation => $"use reservation: {step.Reason}",
        LadderRung.Replicate => $"replicate: {step.Reason}",
        LadderRung.Reclaim => $"reclaim: {step.Reason}",
        LadderRung.Pause => $"pause: {step.Reason}",
        _ => $"freeze: {step.Reason}",
    };

    /// <summary>What a stage waits for whose replicas fail, as in <c>paused: 4 workers in a row failed, tried again at 14:05:07: exit code 1</c>.</summary>
    /// <param name="held">The quarantine.</param>
    /// <param name="offset">Offset from UTC of the clock that people look at.</param>
    public static string Of(QuarantinedStage held, TimeSpan offset = default) => Invariant(
        $"paused: {held.Failures} workers in a row failed, tried again at {held.TriedAgainAt.ToClock(offset)}{(held.Error is null ? "" : $": {held.Error}")}");

    /// <summary>What is done about memory that runs out, as in <c>ticket 7 is frozen: something on a waits for memory 31 % of the time</c>.</summary>
    public static string Of(ReliefStep step) => $"ticket {step.Ticket} {Words(step.Action)}: {step.Reason}";

    /// <summary>Why a waiting task is given up, as in <c>ticket 7 is given up: no worker starts: 3 failed in a row, the last: no such command</c>.</summary>
    public static string Of(RefusedTask refused) => $"ticket {refused.Ticket} is given up: {refused.Why}";

    /// <summary>The same for those whose run it is, who know no tickets: <c>paused, it keeps its memory: …</c>.</summary>
    /// <inheritdoc cref="OfPreempted"/>
    public static string WhyPaused(long ticket, IEnumerable<ClaimStep> claims) =>
        ReasonOf(ticket, ClaimOperation.Reclaim, claims) is { } reason ? $"paused, it keeps its memory: {reason}" : "paused, it keeps its memory";

    private static string Interrupted(long ticket, string what, ClaimOperation operation, IEnumerable<ClaimStep> claims) =>
        ReasonOf(ticket, operation, claims) is { } reason ? $"ticket {ticket} {what}: {reason}" : $"ticket {ticket} {what}";

    private static string? ReasonOf(long ticket, ClaimOperation operation, IEnumerable<ClaimStep> claims)
    {
        foreach (var step in claims)
            if (step.Operation == operation && ClaimNames.TicketOf(step.Claim.Id) == ticket) return step.Reason;
        return null;
    }

    private static string Words(ReliefAction action) => action switch
    {
        ReliefAction.Freeze => "is frozen",
        ReliefAction.Thaw => "goes on",
        _ => "is stopped",
    };

    private static string Words(AssignmentReason reason) => reason switch
    {
        AssignmentReason.WarmReplica => "a warm replica with a free slot",
        AssignmentReason.FreeNode => "room that nobody had set aside",
        AssignmentReason.OwnReservation => "room that was set aside for this stage",
        AssignmentReason.ReclaimedReservation => "room that was set aside for another stage and is taken back",
        AssignmentReason.LentReservation => "room that may be called in by work of higher priority",
        AssignmentReason.OtherReplica => "another warm replica than the two that were drawn, which are busy",
        AssignmentReason.LongestWaiting => "its turn before all others: nothing of its stage has run for too long",
        AssignmentReason.Handler => "a handler of the host",
        _ => reason.ToString(),
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

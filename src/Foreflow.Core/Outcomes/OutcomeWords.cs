using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;

namespace Foreflow.Core.Outcomes;

/// <summary>Says outcomes in words, with their numbers.</summary>
public static class OutcomeWords
{
    /// <summary>
    /// What became of a change in replicas, as in <c>6.81 slots were needed at 14:04:10, within q95; 6 of 6 used, the first after 42 s: hit</c>.
    /// </summary>
    /// <param name="outcome">The outcome.</param>
    /// <param name="reason">The numbers the change rested on; null where they are not at hand.</param>
    /// <param name="offset">Of the time zone in which times are told, from UTC.</param>
    public static string Of(ReplicaOutcome outcome, ReplicaReason? reason = null, TimeSpan offset = default)
    {
        var parts = new List<string> { Needed(outcome, reason, offset) };
        if (outcome.Started > 0) parts.Add(Used(outcome));
        if (outcome.Failed > 0) parts.Add(Invariant($"{outcome.Failed} failed before a task came"));
        if (outcome.EarlyReplicaSeconds > 0) parts.Add(Invariant($"{outcome.EarlyReplicaSeconds:0.#} replica-seconds warm before need"));
        if (outcome.WastedReplicaSeconds > 0) parts.Add(Invariant($"{outcome.WastedReplicaSeconds:0.#} replica-seconds for nothing"));
        if (outcome.GivenUp > 0) parts.Add(outcome.StartedAgain == 0 ? "none started again within a restart's time" : Invariant($"{outcome.StartedAgain} of {outcome.GivenUp} started again within a restart's time"));
        if (outcome.WaitsMissed > 0) parts.Add(Invariant($"{outcome.WaitsMissed} {(outcome.WaitsMissed == 1 ? "task" : "tasks")} waited too long meanwhile"));
        return $"{string.Join(", ", parts)}: {Word(outcome)}";
    }

    /// <summary>A reservation and what became of it.</summary>
    /// <inheritdoc cref="Of(ReplicaOutcome, ReplicaReason?, TimeSpan)"/>
    public static string Of(ReservationOutcome outcome, TimeSpan offset = default)
    {
        var claim = outcome.Claim;
        var until = claim.Until == Instant.Never ? "" : $" until {claim.Until.ToClock(offset)}";
        var moves = outcome.Moves == 0 ? "" : Invariant($", moved {outcome.Moves} {(outcome.Moves == 1 ? "time" : "times")}");
        var lent = outcome.LentSeconds > 0 ? Invariant($", lent for {outcome.LentSeconds:0.#} s") : "";
        var held = outcome.HeldSeconds > 0 ? Invariant($" after {outcome.HeldSeconds:0.#} s{lent}") : " before its time";
        return Invariant($"{outcome.StageName}: {claim.Amount.CpuCores:0.##} cores set aside on {outcome.Node} from {claim.From.ToClock(offset)}{until}, {claim.Confidence:0.00} likely to be needed{moves}: {Fate(outcome)}{(outcome.Fate == ReservationFate.Unknown ? "" : held)}: {Word(outcome.Verdict)}");
    }

    /// <summary>How good forecasts were, in one line.</summary>
    /// <param name="outcome">The outcome.</param>
    public static string Of(ForecastOutcome outcome)
    {
        var rival = outcome.Seasonal >= 0.5 ? "the day before" : "the last value";
        var skill = outcome.Skill95 is { } s ? Invariant($", q95 {Math.Abs(s):0 %} {(s >= 0 ? "better" : "worse")} than {rival}") : "";
        return Invariant($"{outcome.StageName}: {outcome.Count} forecasts {outcome.AheadSeconds:0.#} s ahead: {outcome.Covered95:0.0 %} of the demand within q95, {outcome.Covered50:0 %} within the median, mean error {outcome.Error:0.##} slots where {outcome.MeanSlots:0.##} were needed{skill}");
    }

    /// <summary>A second attempt and what became of it, as in <c>w/count: a second attempt on b, since the first on a had run 12.4 s and 95 % of 240 take 4.1 s: done after 3.9 s: hit</c>.</summary>
    /// <param name="outcome">The outcome.</param>
    public static string Of(HedgeOutcome outcome)
    {
        var end = outcome.Verdict switch
        {
            Verdict.Hit => Invariant($"done after {outcome.Seconds:0.##} s"),
            Verdict.Waste => Invariant($"the first was done after another {outcome.Seconds:0.##} s"),
            Verdict.Lost => Invariant($"neither had succeeded after {outcome.Seconds:0.##} s"),
            _ => "the journal ends while both run",
        };
        return Invariant($"{outcome.StageName}: a second attempt on {outcome.Node}, since the first on {outcome.HedgedNode} had run {outcome.Reason.ElapsedSeconds:0.##} s and 95 % of {outcome.Reason.Observations} take {outcome.Reason.LateAfterSeconds:0.##} s: {end}: {Word(outcome.Verdict)}");
    }

    /// <summary>A verdict in one word.</summary>
    public static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Hit => "hit",
        Verdict.Partial => "partial hit",
        Verdict.Waste => "waste",
        Verdict.Free => "cost nothing",
        Verdict.Lost => "lost",
        _ => "not known",
    };

    /// <summary>Replicas that were given up and missed were no waste but given up too early.</summary>
    private static string Word(ReplicaOutcome outcome) => outcome switch
    {
        { GivenUp: > 0, Verdict: Verdict.Partial } => "in part too early",
        { GivenUp: > 0, Verdict: Verdict.Waste } => "too early",
        _ => Word(outcome.Verdict),
    };

    private static string Needed(ReplicaOutcome outcome, ReplicaReason? reason, TimeSpan offset)
    {
        if (outcome.RealisedSlots is not { } slots) return Invariant($"the journal ends before {outcome.DueAt.ToClock(offset)}");
        var against = reason?.DemandSlots is not { } q95 ? "" : slots <= q95 ? ", within q95" : ", above q95";
        var peak = outcome.PeakSlots > slots ? Invariant($", {outcome.PeakSlots:0.##} at most") : "";
        return Invariant($"{slots:0.##} slots were needed at {outcome.DueAt.ToClock(offset)}{against}{peak}");
    }

    private static string Used(ReplicaOutcome outcome)
    {
        var first = outcome.FirstUseSeconds is { } s ? Invariant($", the first after {s:0.#} s") : "";
        return outcome.Used == 0 ? Invariant($"none of {outcome.Started} used") : Invariant($"{outcome.Used} of {outcome.Started} used{first}");
    }

    private static string Fate(ReservationOutcome outcome) => outcome.Fate switch
    {
        ReservationFate.Redeemed => "its replica started there",
        ReservationFate.MetElsewhere => "its replica started elsewhere",
        ReservationFate.GivenBack => "no longer foreseen",
        ReservationFate.Reclaimed => "taken back for more urgent work",
        ReservationFate.Expired => "its replica did not come in time",
        ReservationFate.NodeLost => "its node left",
        ReservationFate.CrowdedOut => "crowded out by what runs there",
        _ => "the journal ends while it is held",
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using System.Globalization;
using Foreflow.Cli.Hosting;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Outcomes;
using Foreflow.Core.Replication;

namespace Foreflow.Cli.Presentation;

/// <summary>Shows decisions with the numbers they rest on and what became of them.</summary>
internal static class ExplainReports
{
    /// <summary>Forecast lines shown of a stage: two days of hours.</summary>
    private const int MostForecasts = 48;

    /// <summary>Entries for programs: changes in replicas first, then reservations, second attempts, and forecasts; <c>kind</c> tells them apart.</summary>
    public static IReadOnlyList<object> Document(IReadOnlyList<StageHistory> stages) =>
    [
        .. stages.SelectMany(stage => stage.Decisions.Select(d => new
        {
            Kind = "replicas",
            Stage = d.Decision.StageName,
            d.At,
            d.Generation,
            d.Decision.Before,
            d.Decision.Target,
            Text = Explanations.Of(d.Decision),
            d.Decision.Reason,
            Outcome = stage.OutcomeOf(d.Generation, d.At),
        })),
        .. stages.SelectMany(s => s.Outcomes.OfType<ReservationOutcome>()).Select(o => new { Kind = "reservation", Stage = o.StageName, o.At, o.Generation, Text = OutcomeWords.Of(o), Outcome = o }),
        .. stages.SelectMany(s => s.Outcomes.OfType<HedgeOutcome>()).Select(o => new { Kind = "hedge", Stage = o.StageName, o.At, o.Generation, Text = OutcomeWords.Of(o), Outcome = o }),
        .. stages.SelectMany(s => s.Outcomes.OfType<ReliefOutcome>()).Select(o => new { Kind = "memory", Stage = o.StageName, At = o.SettledAt, o.Generation, Text = Explanations.Of(o.Step), Outcome = o }),
        .. stages.SelectMany(s => s.Outcomes.OfType<ForecastOutcome>()).Select(o => new { Kind = "forecast", Stage = o.StageName, At = o.From, Text = OutcomeWords.Of(o), Outcome = o }),
    ];

    /// <summary>Prints for people, oldest first, in the time of a zone; lines end at the width.</summary>
    public static void Print(TextWriter to, IReadOnlyList<StageHistory> stages, TimeZoneInfo zone, int width)
    {
        var entries = stages.SelectMany(stage => EntriesOf(stage, zone)).OrderBy(e => e.At).ToList();
        if (entries.Count == 0) to.WriteLine("No change of replicas was decided: the stage has no worker, or what there was fitted.");
        var date = "";
        foreach (var entry in entries)
        {
            var local = entry.At.ToDateTimeOffset().ToOffset(zone.GetUtcOffset(entry.At.ToDateTimeOffset()));
            var day = local.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            if (day != date) to.WriteLine(date = day);
            var head = local.ToString("HH:mm:ss.f", CultureInfo.InvariantCulture) + "  ";
            Report.Wrap(to, head, entry.Text, width);
            if (entry.Outcome is not null) Report.Wrap(to, new string(' ', head.Length) + "-> ", entry.Outcome, width);
        }

        foreach (var stage in stages) PrintSum(to, stage, width);
        foreach (var stage in stages) PrintHedges(to, stage, width);
        foreach (var stage in stages) PrintForecasts(to, stage, zone, width);
    }

    private static IEnumerable<(Instant At, string Text, string? Outcome)> EntriesOf(StageHistory stage, TimeZoneInfo zone)
    {
        foreach (var record in stage.Decisions)
        {
            var offset = zone.GetUtcOffset(record.At.ToDateTimeOffset());
            var outcome = stage.OutcomeOf(record.Generation, record.At);
            yield return (record.At, Explanations.Of(record.Decision, offset), OutcomeText(outcome, record.Decision.Reason, offset));
        }

        foreach (var reservation in stage.Outcomes.OfType<ReservationOutcome>())
            yield return (reservation.At, OutcomeWords.Of(reservation, zone.GetUtcOffset(reservation.At.ToDateTimeOffset())), null);
        foreach (var hedge in stage.Outcomes.OfType<HedgeOutcome>())
            yield return (hedge.At, OutcomeWords.Of(hedge), null);
        foreach (var relief in stage.Outcomes.OfType<ReliefOutcome>())
            yield return (relief.SettledAt, $"{relief.StageName}: {Explanations.Of(relief.Step)}", null);
    }

    /// <summary>What became of a change in replicas, or that it cannot be told yet.</summary>
    public static string OutcomeText(ReplicaOutcome? outcome, ReplicaReason reason, TimeSpan offset) =>
        outcome is null ? "what became of it cannot be told yet" : OutcomeWords.Of(outcome, reason, offset);

    private static void PrintSum(TextWriter to, StageHistory stage, int width)
    {
        var told = stage.Outcomes.OfType<ReplicaOutcome>().Where(o => stage.Decisions.Any(d => d.Generation == o.Generation && d.At == o.At)).ToList();
        if (told.Count > 0)
            Report.Wrap(to, "", string.Create(
                CultureInfo.InvariantCulture,
                $"{stage.Stage}: of {told.Count} changes {Counts(told.Select(o => o.Verdict))}; {told.Sum(o => o.EarlyReplicaSeconds):0} replica-seconds warm before need, {told.Sum(o => o.WastedReplicaSeconds):0} for nothing"), width);
        var reserved = stage.Outcomes.OfType<ReservationOutcome>().ToList();
        if (reserved.Count > 0)
            Report.Wrap(to, "", string.Create(
                CultureInfo.InvariantCulture,
                $"{stage.Stage}: of {reserved.Count} reservations {reserved.Count(o => o.Fate == ReservationFate.Redeemed)} redeemed, {reserved.Count(o => o.Fate == ReservationFate.Reclaimed)} taken back, {reserved.Count(o => o.Fate == ReservationFate.Expired)} expired; held for {reserved.Sum(o => o.HeldSeconds):0} s, of which lent for {reserved.Sum(o => o.LentSeconds):0} s"), width);
    }

    private static void PrintHedges(TextWriter to, StageHistory stage, int width)
    {
        var hedges = stage.Outcomes.OfType<HedgeOutcome>().ToList();
        if (hedges.Count > 0) Report.Wrap(to, "", string.Create(CultureInfo.InvariantCulture, $"{stage.Stage}: of {hedges.Count} second attempts {Counts(hedges.Select(o => o.Verdict))}"), width);
    }

    private static string Counts(IEnumerable<Verdict> verdicts) =>
        string.Join(", ", verdicts.GroupBy(v => v).OrderBy(g => g.Key).Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Count()} {OutcomeWords.Word(g.Key)}")));

    private static void PrintForecasts(TextWriter to, StageHistory stage, TimeZoneInfo zone, int width)
    {
        foreach (var forecast in stage.Outcomes.OfType<ForecastOutcome>().Take(MostForecasts).Reverse())
        {
            string Clock(Instant at) => at.ToClock(zone.GetUtcOffset(at.ToDateTimeOffset()), "HH:mm");
            Report.Wrap(to, $"{Clock(forecast.From)}-{Clock(forecast.SettledAt)}  ", OutcomeWords.Of(forecast), width);
        }
    }
}

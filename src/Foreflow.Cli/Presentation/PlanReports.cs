using System.Globalization;
using System.Text.Json.Nodes;
using Foreflow.Cli.Hosting;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Outcomes;
using Foreflow.Core.Reservation;

namespace Foreflow.Cli.Presentation;

/// <summary>Shows a plan and what became of what it decided.</summary>
internal static class PlanReports
{
    private const string Bars = " ▁▂▃▄▅▆▇█";

    /// <summary>The plan for programs, with an <c>outcomes</c> of what is known of its changes and reservations, and the newest accuracy of each forecast.</summary>
    public static JsonObject Document(PlanDocument plan, IReadOnlyDictionary<string, StageHistory> stages)
    {
        var document = (JsonObject)Output.Node(plan);
        document["outcomes"] = new JsonObject
        {
            ["replicas"] = Output.Node(plan.Replicas.Select(r => stages.GetValueOrDefault(r.StageName)?.OutcomeOf(plan.Generation, plan.At)).OfType<ReplicaOutcome>()),
            ["reservations"] = Output.Node(Reservations(plan, stages)),
            ["forecasts"] = Output.Node(plan.Demand.Select(d => Newest(d.Name, plan, stages)).OfType<ForecastOutcome>()),
        };
        return document;
    }

    /// <summary>Prints a plan for people.</summary>
    public static void Print(TextWriter to, PlanDocument plan, IReadOnlyDictionary<string, StageHistory> stages, TimeZoneInfo zone, int width)
    {
        var offset = zone.GetUtcOffset(plan.At.ToDateTimeOffset());
        Report.Wrap(to, "", $"Plan {plan.Generation} of {plan.At}, policy {plan.Policy}", width);
        if (plan.Demand.IsEmpty) to.WriteLine("No demand is foreseen.");
        foreach (var demand in plan.Demand)
        {
            var peak = demand.Q95.Max();
            Report.Wrap(to, "  ", string.Create(
                CultureInfo.InvariantCulture,
                $"{demand.Name ?? $"stage {demand.Stage}"}: 95 % of futures need at most {peak:0.##} slots within {demand.Q95.Length * demand.StepSeconds:0} s"), width);
            to.WriteLine($"    {Spark(demand.Q95, peak)}");
            if (Newest(demand.Name, plan, stages) is { } forecast) Report.Wrap(to, "    ", OutcomeWords.Of(forecast), width);
        }

        foreach (var held in plan.Quarantined ?? []) Report.Wrap(to, "  ", $"{held.StageName} {Explanations.Of(held, offset)}", width);
        foreach (var refused in plan.Refused ?? []) Report.Wrap(to, "  ", Explanations.Of(refused), width);
        foreach (var decision in plan.Replicas)
        {
            Report.Wrap(to, "  ", Explanations.Of(decision, offset), width);
            var outcome = stages.GetValueOrDefault(decision.StageName)?.OutcomeOf(plan.Generation, plan.At);
            Report.Wrap(to, "  -> ", ExplainReports.OutcomeText(outcome, decision.Reason, offset), width);
        }

        foreach (var decision in plan.Advice) Report.Wrap(to, "  ", $"advised only: {Explanations.Of(decision, offset)}", width);
        var reservations = Reservations(plan, stages).ToDictionary(r => r.Claim.Id);
        foreach (var step in plan.Claims.Where(c => c.Claim.Kind == ClaimKind.Soft))
        {
            Report.Wrap(to, "  ", Explanations.Of(step, offset), width);
            if (step.Operation == ClaimOperation.Reserve && reservations.TryGetValue(step.Claim.Id, out var outcome)) Report.Wrap(to, "  -> ", OutcomeWords.Of(outcome, offset), width);
        }

        foreach (var step in plan.Ladder ?? []) Report.Wrap(to, "  ", Explanations.Of(step), width);
        foreach (var ticket in plan.Resumed ?? []) Report.Wrap(to, "  ", Explanations.OfResumed(ticket, plan.Claims), width);
        foreach (var ticket in plan.Paused ?? []) Report.Wrap(to, "  ", Explanations.OfPaused(ticket, plan.Claims), width);
        foreach (var ticket in plan.Preempted) Report.Wrap(to, "  ", Explanations.OfPreempted(ticket, plan.Claims), width);
        foreach (var step in plan.Relief ?? []) Report.Wrap(to, "  ", Explanations.Of(step), width);
        foreach (var hedge in plan.Hedges ?? []) Report.Wrap(to, "  ", Explanations.Of(hedge), width);
        foreach (var work in plan.Work) Report.Wrap(to, "  ", Explanations.Of(work), width);
    }

    /// <summary>What became of the reservations that this plan was the first to make.</summary>
    private static IEnumerable<ReservationOutcome> Reservations(PlanDocument plan, IReadOnlyDictionary<string, StageHistory> stages) =>
        stages.Values.SelectMany(s => s.Outcomes).OfType<ReservationOutcome>().Where(o => o.Generation == plan.Generation && o.At == plan.At).DistinctBy(o => o.Claim.Id);

    /// <summary>The newest accuracy that was known when the plan was made, else the first after it.</summary>
    private static ForecastOutcome? Newest(string? stage, PlanDocument plan, IReadOnlyDictionary<string, StageHistory> stages)
    {
        if (stage is null || !stages.TryGetValue(stage, out var history)) return null;
        var forecasts = history.Outcomes.OfType<ForecastOutcome>().ToList();
        return forecasts.Find(f => f.SettledAt <= plan.At) ?? forecasts.LastOrDefault();
    }

    private static string Spark(IReadOnlyList<double> values, double peak) =>
        string.Concat(values.Select(v => Bars[peak <= 0 ? 0 : (int)Math.Round(v / peak * (Bars.Length - 1))]));
}

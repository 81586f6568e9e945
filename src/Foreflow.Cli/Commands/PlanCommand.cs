using System.CommandLine;
using System.Globalization;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;
using Foreflow.Core;
using Foreflow.Core.Reservation;
using Spectre.Console;

namespace Foreflow.Cli.Commands;

/// <summary><c>foreflow plan</c>: the newest plan: demand foreseen, replicas, reservations.</summary>
public static class PlanCommand
{
    private const string Bars = " ▁▂▃▄▅▆▇█";

    /// <summary>The command.</summary>
    public static Command Build()
    {
        var data = DataFolder.Option();
        var output = Output.Option();
        var command = new Command("plan", "Show the newest plan: the demand foreseen for each stage, the replicas and the reservations it led to.\n\nExamples:\n  foreflow plan\n  foreflow plan --output json")
        {
            data, output,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var storage = await DataFolder.OpenExistingAsync(DataFolder.Resolve(parsed.GetValue(data)));
            var plan = await JournalReader.LastPlanAsync(storage, cancel)
                ?? throw new UserErrorException("no plan was made yet: 'foreflow run FILE' makes the first", ExitCodes.Failed);
            if (parsed.GetValue(output) == OutputFormat.Json) Output.Json(plan);
            else Print(plan);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static void Print(PlanDocument plan)
    {
        AnsiConsole.WriteLine($"Plan {plan.Generation} of {plan.At}, policy {plan.Policy}");
        if (plan.Demand.IsEmpty) AnsiConsole.WriteLine("No demand is foreseen.");
        foreach (var demand in plan.Demand)
        {
            var peak = demand.Q95.Max();
            AnsiConsole.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {demand.Name ?? $"stage {demand.Stage}"}: 95 % of futures need at most {peak:0.##} slots within {demand.Q95.Length * demand.StepSeconds:0} s"));
            AnsiConsole.WriteLine($"    {Spark(demand.Q95, peak)}");
        }

        foreach (var decision in plan.Replicas) AnsiConsole.WriteLine($"  {Explanations.Of(decision)}");
        foreach (var decision in plan.Advice) AnsiConsole.WriteLine($"  advised only: {Explanations.Of(decision)}");
        foreach (var step in plan.Claims.Where(c => c.Claim.Kind == ClaimKind.Soft))
            AnsiConsole.WriteLine($"  {step.Operation.ToString().ToLowerInvariant()} {step.Claim.Amount.CpuCores:0.##} cores on node {step.Claim.Node} from {step.Claim.From} until {step.Claim.Until}: {step.Reason}");
    }

    private static string Spark(IReadOnlyList<double> values, double peak) =>
        string.Concat(values.Select(v => Bars[peak <= 0 ? 0 : (int)Math.Round(v / peak * (Bars.Length - 1))]));
}

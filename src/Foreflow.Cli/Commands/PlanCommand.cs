using System.CommandLine;
using System.Globalization;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;

namespace Foreflow.Cli.Commands;

/// <summary><c>foreflow plan</c>: a plan: demand foreseen, replicas, reservations, and what became of them.</summary>
public static class PlanCommand
{
    /// <summary>The command.</summary>
    public static Command Build()
    {
        var at = new Option<string?>("--at") { Description = "The newest plan at this time, like 2026-11-25T14:04:00Z or as explain shows it; a time without zone is local", HelpName = "TIME" };
        var data = DataFolder.Option();
        var output = Output.Option();
        var command = new Command("plan", "Show the newest plan, or the one of an earlier time: the demand foreseen for each stage, the replicas and the reservations it led to, and what became of them.\n\nExamples:\n  foreflow plan\n  foreflow plan --output json\n  foreflow plan --at 2026-11-25T14:04:00Z")
        {
            at, data, output,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            var notAfter = TimeOf(parsed.GetValue(at));
            await using var storage = await DataFolder.OpenExistingAsync(DataFolder.Resolve(parsed.GetValue(data)));
            var plan = await JournalReader.LastPlanAsync(storage, notAfter, cancel) ?? throw new UserErrorException(
                notAfter == Instant.Never ? "no plan was made yet: 'foreflow run FILE' makes the first" : $"no plan was made shortly before {notAfter}", ExitCodes.Failed);
            var stages = await StagesAsync(storage, plan, cancel);
            var to = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(output) == OutputFormat.Json) Output.Json(to, PlanReports.Document(plan, stages));
            else PlanReports.Print(to, plan, stages, TimeZoneInfo.Local, Report.WidthOf(to));
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Instant TimeOf(string? text)
    {
        if (text is null) return Instant.Never;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var time)) return Instant.From(time) + BeyondWritten(text);
        throw new UserErrorException($"--at {text}: write a time like 2026-11-25T14:04:00Z");
    }

    /// <summary>Times are shown cut off, after milliseconds or tenths of a second: a time that is written so means all that is shown as it.</summary>
    private static TimeSpan BeyondWritten(string text)
    {
        var point = text.LastIndexOf('.');
        var decimals = point < 0 ? 0 : text.Skip(point + 1).TakeWhile(char.IsAsciiDigit).Count();
        return decimals is 0 or > 6 ? TimeSpan.Zero : TimeSpan.FromTicks((long)Math.Pow(10, 7 - decimals) - 1);
    }

    /// <summary>What became of what the plan decided, of each stage it speaks of.</summary>
    private static async Task<IReadOnlyDictionary<string, StageHistory>> StagesAsync(IStorage storage, PlanDocument plan, CancellationToken cancel)
    {
        const int Decisions = 200;
        var stages = new SortedDictionary<string, StageHistory>(StringComparer.Ordinal);
        foreach (var name in plan.Demand.Select(d => d.Name).Concat(plan.Replicas.Select(r => r.StageName)).OfType<string>().Distinct())
            if (name.Split('/') is [var workflow, var stage])
                stages[name] = await JournalReader.StageAsync(storage, new StageId(workflow, stage), plan.At - TimeSpan.FromHours(2), plan.At, Decisions, cancel);
        return stages;
    }
}

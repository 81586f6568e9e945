using System.CommandLine;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;

namespace Foreflow.Cli.Commands;

/// <summary><c>foreflow explain RUN|STAGE</c>: why there were so many replicas, when, from which forecast, and what became of it.</summary>
public static class ExplainCommand
{
    /// <summary>The command.</summary>
    public static Command Build()
    {
        var subject = new Argument<string>("RUN|STAGE") { Description = "Id of a run or its start, or a stage as workflow/stage" };
        var limit = new Option<int>("--limit", "-n") { Description = "How many decisions a stage, the newest", DefaultValueFactory = _ => 20, HelpName = "N" };
        var data = DataFolder.Option();
        var output = Output.Option();
        var command = new Command("explain", "Explain the decisions on a stage, or on the stages of a run while it was open: the numbers they rest on, and what became of them.\n\nExamples:\n  foreflow explain related-words/search\n  foreflow explain 01m85r --output json\n  foreflow explain orders/check --data simulated")
        {
            subject, limit, data, output,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var storage = await DataFolder.OpenExistingAsync(DataFolder.Resolve(parsed.GetValue(data)));
            var stages = await StagesAsync(storage, parsed.GetValue(subject)!, Math.Clamp(parsed.GetValue(limit), 1, 1000), cancel);
            var to = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(output) == OutputFormat.Json) Output.Json(to, ExplainReports.Document(stages));
            else ExplainReports.Print(to, stages, TimeZoneInfo.Local, Report.WidthOf(to));
            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task<IReadOnlyList<StageHistory>> StagesAsync(IStorage storage, string subject, int limit, CancellationToken cancel)
    {
        if (subject.Split('/') is [var workflow, var stage])
        {
            var history = await JournalReader.StageAsync(storage, new StageId(workflow, stage), new Instant(long.MinValue), Instant.Never, limit, cancel);
            if (history.Decisions.Count == 0) await CheckKnownAsync(storage, workflow, stage, cancel);
            return [history];
        }

        var run = await RunsCommand.FindAsync(storage, subject, cancel);
        var view = await RunReader.ViewAsync(storage, run.Id, cancel);
        var stages = new List<StageHistory>();
        foreach (var s in view.Stages)
            stages.Add(await JournalReader.StageAsync(storage, new StageId(run.Workflow, s.Name), run.CreatedAt - TimeSpan.FromMinutes(1), run.EndedAt ?? Instant.Never, limit, cancel));
        return stages;
    }

    private static async Task CheckKnownAsync(IStorage storage, string workflow, string stage, CancellationToken cancel)
    {
        var stages = await storage.Workflows.FindCurrentAsync(workflow, cancel) is { } known
            ? (await new Engine.Workflows.DefinitionCache(storage.Workflows).GetAsync(known.Name, known.Version)).Stages.Select(s => s.Name).ToList()
            : await JournalReader.StagesAsync(storage, workflow, cancel);
        if (stages.Count == 0) throw new UserErrorException($"there is no workflow '{workflow}' in the store");
        if (!stages.Contains(stage)) throw new UserErrorException($"workflow '{workflow}' has no stage '{stage}': there are {string.Join(", ", stages)}");
    }
}

using System.CommandLine;
using System.Globalization;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;
using Spectre.Console;

namespace Foreflow.Cli.Commands;

/// <summary><c>foreflow explain RUN|STAGE</c>: why there were so many replicas, when, and from which forecast.</summary>
public static class ExplainCommand
{
    /// <summary>The command.</summary>
    public static Command Build()
    {
        var subject = new Argument<string>("RUN|STAGE") { Description = "Id of a run or its start, or a stage as workflow/stage" };
        var limit = new Option<int>("--limit", "-n") { Description = "How many decisions a stage, newest first", DefaultValueFactory = _ => 20, HelpName = "N" };
        var data = DataFolder.Option();
        var output = Output.Option();
        var command = new Command("explain", "Explain the decisions on a stage, or on the stages of a run while it was open.\n\nExamples:\n  foreflow explain related-words/search\n  foreflow explain 01m85r --output json")
        {
            subject, limit, data, output,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var storage = await DataFolder.OpenExistingAsync(DataFolder.Resolve(parsed.GetValue(data)));
            var answer = await AnswerAsync(storage, parsed.GetValue(subject)!, Math.Clamp(parsed.GetValue(limit), 1, 1000), cancel);
            if (parsed.GetValue(output) == OutputFormat.Json) Output.Json(answer);
            else Print(answer);
            return ExitCodes.Ok;
        });
        return command;
    }

    private sealed record Explained(string Stage, Instant At, long Generation, int Before, int Target, string Text, Core.Replication.ReplicaReason Reason);

    private static async Task<IReadOnlyList<Explained>> AnswerAsync(IStorage storage, string subject, int limit, CancellationToken cancel)
    {
        if (subject.Split('/') is [var workflow, var stage])
        {
            var known = await storage.Workflows.FindCurrentAsync(workflow, cancel) ?? throw new UserErrorException($"there is no workflow '{workflow}' in the store");
            var definition = await new Engine.Workflows.DefinitionCache(storage.Workflows).GetAsync(known.Name, known.Version);
            if (definition.IndexOf(stage) < 0) throw new UserErrorException($"workflow '{workflow}' has no stage '{stage}': there are {string.Join(", ", definition.Stages.Select(s => s.Name))}");
            return Of(await JournalReader.DecisionsAsync(storage, new StageId(workflow, stage), Instant.Never, limit, cancel));
        }

        var run = await RunsCommand.FindAsync(storage, subject, cancel);
        var view = await RunReader.ViewAsync(storage, run.Id, cancel);
        var until = run.EndedAt ?? Instant.Never;
        var all = new List<Explained>();
        foreach (var s in view.Stages)
        {
            var decisions = await JournalReader.DecisionsAsync(storage, new StageId(run.Workflow, s.Name), until, limit, cancel);
            all.AddRange(Of([.. decisions.Where(d => d.At >= run.CreatedAt - TimeSpan.FromMinutes(1))]));
        }

        return all;
    }

    private static IReadOnlyList<Explained> Of(IReadOnlyList<DecisionRecord> decisions) =>
        [.. decisions.Select(d => new Explained(d.Decision.StageName, d.At, d.Generation, d.Decision.Before, d.Decision.Target, Explanations.Of(d.Decision), d.Decision.Reason))];

    private static void Print(IReadOnlyList<Explained> answer)
    {
        if (answer.Count == 0) AnsiConsole.WriteLine("No change of replicas was decided: the stage has no worker, or what there was fitted.");
        foreach (var line in answer.OrderBy(a => a.At))
            AnsiConsole.WriteLine($"{line.At.ToDateTimeOffset().ToLocalTime().ToString("HH:mm:ss.f", CultureInfo.InvariantCulture)}  {line.Text}");
    }
}

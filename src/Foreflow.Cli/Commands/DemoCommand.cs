using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Core.Snapshot;
using Foreflow.Core.Workflows;
using Foreflow.Engine;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Runs;
using Foreflow.Engine.Storage;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace Foreflow.Cli.Commands;

/// <summary>
/// <c>foreflow demo</c>: plays the same waves of arrivals twice on the real engine, once with replicas that follow waiting
/// tasks and once prepared ahead, and compares what was measured.
/// </summary>
public static class DemoCommand
{
    private const int Waves = 5;
    private const int RunsPerWave = 2;
    private static readonly TimeSpan WavePeriod = TimeSpan.FromSeconds(9);

    /// <summary>The same for both: only who decides on replicas differs.</summary>
    private static readonly PoolSettings Settings = new()
    {
        CyclePeriod = TimeSpan.FromMilliseconds(500),
        FineStep = TimeSpan.FromMilliseconds(500),
        FineHorizon = TimeSpan.FromSeconds(20),
        CoarseStep = TimeSpan.FromSeconds(30),
        IdleTimeout = TimeSpan.FromSeconds(3),
        SpeculativeShare = 0.9,
    };

    /// <summary>The command.</summary>
    public static Command Build()
    {
        var data = new Option<string?>("--data") { Description = "Keep runs and logs in this folder (default: a temporary one that is removed)", HelpName = "DIR" };
        var output = Output.Option();
        var command = new Command("demo", "Run the same waves of work twice, with replicas that follow waiting tasks and prepared ahead, and compare what was measured. Takes about two minutes.\n\nExamples:\n  foreflow demo\n  foreflow demo --output json")
        {
            data, output,
        };
        command.SetAction((parsed, cancel) => ExecuteAsync(parsed.GetValue(data), parsed.GetValue(output), cancel));
        return command;
    }

    private static async Task<int> ExecuteAsync(string? data, OutputFormat format, CancellationToken cancel)
    {
        var file = FindExample();
        var workflow = WorkflowFile.Read(file);
        InputBinding.Bind(workflow, ImmutableDictionary<string, string>.Empty, out var inputs);
        var folder = data ?? Directory.CreateTempSubdirectory("foreflow-demo-").FullName;
        try
        {
            var results = new Dictionary<string, DemoFigures>(StringComparer.Ordinal);
            IReadOnlyList<string> decisions = [];
            foreach (var policy in new[] { "reactive", "ahead" })
            {
                var tell = new DemoProgress(policy, Waves);
                await using var engine = await EngineSession.StartAsync(
                    Path.Combine(folder, policy), new PoolOptions { Settings = Settings, Policies = PoliciesOf(policy) }, null, LogLevel.Error, cancel, apart: true);
                results[policy] = await PlayAsync(engine, workflow, inputs, Path.GetDirectoryName(file)!, tell, cancel);
                tell.Close(results[policy]);
                if (policy == "ahead") decisions = await DecisionsAsync(engine.Storage, workflow, cancel);
            }

            if (format == OutputFormat.Json) Output.Json(new { reactive = results["reactive"], ahead = results["ahead"], decisions });
            else Print(results["reactive"], results["ahead"], decisions);
            return results.Values.All(r => r.FailedRuns == 0) ? ExitCodes.Ok : ExitCodes.Failed;
        }
        finally
        {
            if (data is null) Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The rival follows waiting tasks at once: a rule that averages utilisation first would look worse than an engine has to.</summary>
    private static PolicySet PoliciesOf(string name) => name == "ahead" ? PolicySet.Ahead : PolicySet.Waiting;

    private static async Task<DemoFigures> PlayAsync(
        EngineSession engine, WorkflowDefinition workflow, ImmutableDictionary<string, JsonElement> inputs, string folder, DemoProgress tell, CancellationToken cancel)
    {
        var following = new List<Task<RunView>>();
        using var waves = new PeriodicTimer(WavePeriod);
        for (var wave = 1; wave <= Waves; wave++)
        {
            for (var i = 0; i < RunsPerWave; i++)
            {
                var id = await engine.Client.SubmitAsync(workflow, inputs, folder);
                following.Add(engine.Client.WaitForEndAsync(id, cancel).AsTask());
            }

            tell.Wave(wave);
            // The last wave is followed by as long a pause: replicas that are still there are paid for by both.
            await waves.WaitForNextTickAsync(cancel);
        }

        var views = await Task.WhenAll(following);
        var pool = await engine.Client.PoolAsync();
        return await DemoFigures.OfAsync(engine.Storage, workflow, views, pool);
    }

    /// <summary>What was decided ahead of need and why, from the journal.</summary>
    private static async Task<IReadOnlyList<string>> DecisionsAsync(IStorage storage, WorkflowDefinition workflow, CancellationToken cancel)
    {
        var lines = new List<(Instant At, string Text)>();
        foreach (var stage in workflow.Stages)
        {
            foreach (var record in await storage.Journal.ReadSubjectAsync(EngineNames.DefaultPool, new StageId(workflow.Name, stage.Name).ToString(), Instant.Never, 1000, cancel))
            {
                if (record.Kind != (int)JournalKind.Decision) continue;
                var decision = JsonSerializer.Deserialize(record.Payload.Span, PlanJson.Default.DecisionRecord)!;
                lines.Add((decision.At, $"{decision.At.ToDateTimeOffset().ToString("HH:mm:ss.f", CultureInfo.InvariantCulture)} {Explanations.Of(decision.Decision)}"));
            }
        }

        return [.. lines.OrderBy(l => l.At).Select(l => l.Text)];
    }

    private static void Print(DemoFigures reactive, DemoFigures ahead, IReadOnlyList<string> decisions)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("measured").AddColumn(new TableColumn("reactive").RightAligned()).AddColumn(new TableColumn("ahead").RightAligned());
        Row("median wait of a task for a replica", f => $"{f.P50WaitMs:0} ms");
        Row("95 % wait no longer than", f => $"{f.P95WaitMs:0} ms");
        Row("tasks that met a cold start", f => $"{f.ColdStarts} of {f.Tasks}");
        Row("tasks that waited longer than promised", f => $"{f.SloMisses}");
        Row("replica-seconds paid", f => $"{f.ReplicaSeconds:0.0}");
        Row("runs, failed", f => $"{f.Runs}, {f.FailedRuns}");
        Report.Write(Console.Out, table);
        AnsiConsole.WriteLine(Verdict(reactive, ahead));
        AnsiConsole.WriteLine();
        AnsiConsole.WriteLine("What was decided, and why:");
        foreach (var line in decisions) AnsiConsole.WriteLine($"  {line}");

        void Row(string name, Func<DemoFigures, string> figure) =>
            table.AddRow(name, string.Create(CultureInfo.InvariantCulture, $"{figure(reactive)}"), string.Create(CultureInfo.InvariantCulture, $"{figure(ahead)}"));
    }

    private static string Verdict(DemoFigures reactive, DemoFigures ahead)
    {
        var cost = ahead.ReplicaSeconds / Math.Max(0.1, reactive.ReplicaSeconds);
        if (ahead.P95WaitMs >= reactive.P95WaitMs)
            return string.Create(CultureInfo.InvariantCulture, $"On this run preparing ahead did not help: waits were no shorter, at {cost:0.00} times the replica-seconds.");
        return string.Create(CultureInfo.InvariantCulture, $"Prepared ahead, 95 % of tasks waited at most {ahead.P95WaitMs / Math.Max(1, reactive.P95WaitMs):P0} as long, at {cost:0.00} times the replica-seconds.");
    }

    /// <summary>The example beside the program: in the repository it was built from.</summary>
    private static string FindExample()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, "examples", "related-words", "related-words.yaml");
            if (File.Exists(file)) return file;
        }

        throw new UserErrorException("examples/related-words was not found beside the program: run the demo from a clone of the repository");
    }
}

/// <summary>What one play of the demo measured.</summary>
public sealed record DemoFigures(
    double P50WaitMs, double P95WaitMs, long ColdStarts, int SloMisses, double ReplicaSeconds, int Tasks, int Runs, int FailedRuns)
{
    /// <summary>Reads the figures off the events of the runs and the state of the pool.</summary>
    public static async Task<DemoFigures> OfAsync(IStorage storage, WorkflowDefinition workflow, IReadOnlyList<RunView> views, PoolView pool)
    {
        var waits = new List<double>();
        var worker = workflow.IndexOf("search");
        var before = workflow.IndexOf("collect");
        foreach (var view in views)
        {
            var events = (await storage.Runs.ReadAsync(new RunId(view.Id))).Select(RunJson.Read).ToList();
            var ready = events.OfType<AttemptFinished>().Where(e => e.Stage == before).Select(e => e.At).DefaultIfEmpty(view.AcceptedAt).Max();
            waits.AddRange(events.OfType<AttemptStarted>().Where(e => e.Stage == worker && e.Attempt == 1).Select(e => Math.Max(0, (e.At - ready).TotalMilliseconds)));
        }

        waits.Sort();
        var promised = workflow.Stages[worker].MaxWait?.TotalMilliseconds ?? double.PositiveInfinity;
        return new DemoFigures(
            Quantile(waits, 0.5), Quantile(waits, 0.95), pool.Stages.Sum(s => s.ColdStartsMet), waits.Count(w => w > promised),
            Math.Round(pool.ReplicaSeconds, 1), waits.Count, views.Count, views.Count(v => v.Phase != RunPhase.Succeeded));
    }

    private static double Quantile(List<double> sorted, double p) => sorted.Count == 0 ? 0 : Math.Round(sorted[Math.Min(sorted.Count - 1, (int)Math.Ceiling(p * sorted.Count) - 1)], 1);
}

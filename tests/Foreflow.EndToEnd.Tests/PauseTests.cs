using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Foreflow.Cli.Hosting;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Yaml;
using Foreflow.Engine;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Runs;
using Foreflow.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace Foreflow.EndToEnd.Tests;

/// <summary>Batch work whose processors are needed stands still, loses nothing, and goes on.</summary>
public class PauseTests
{
    /// <summary>Tasks that tick until they are told that the urgent run is done.</summary>
    private const string Batch = """
        name: nightly
        priority: batch
        stages:
          tick:
            foreach: "${{ range(0, 4) }}"
            env: { INDEX: "${{ index }}" }
            resources: { cpu: 1500m, memory: 64Mi }
            run: |
              echo x >> started.$INDEX
              while [ ! -e done ]; do echo x >> ticks.$INDEX; sleep 0.02; done
        """;

    /// <summary>Notes how far each of them is, twice.</summary>
    private const string Urgent = """
        name: urgent
        priority: critical
        stages:
          look:
            resources: { cpu: 1500m, memory: 64Mi }
            run: |
              sleep 0.5
              wc -c ticks.* > before
              sleep 1
              wc -c ticks.* > after
              touch done
        """;

    [Fact]
    public async Task Batch_work_stands_still_for_urgent_work_and_goes_on_where_it_was()
    {
        using var cli = new Cli();
        // However much others use, at least half of the four cores and at most all of them are there: one or two tasks of the batch run, and no urgent one fits beside them. Both stand still where others take more meanwhile.
        await using (var engine = await EngineSession.StartAsync(Path.Combine(cli.Folder, "data"), new PoolOptions(), new Resources(4000, 2L << 30), LogLevel.Error, CancellationToken.None, apart: true))
        {
            var batch = await Submit(engine, Batch, cli.Folder);
            await Until(() => Directory.EnumerateFiles(cli.Folder, "ticks.*").Any());
            var urgent = await Submit(engine, Urgent, cli.Folder);
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
            foreach (var run in (RunId[])[urgent, batch]) Assert.Null((await engine.Client.WaitForEndAsync(run, limit.Token)).Error);
            // Whoever lists runs is told, and when it goes on.
            var events = (await engine.Storage.Runs.ReadAsync(batch)).Select(RunJson.Read).ToList();
            var standing = events.OfType<AttemptPaused>().ToList();
            Assert.NotEmpty(standing);
            foreach (var paused in standing)
            {
                Assert.StartsWith("paused, it keeps its memory: ", paused.Why, StringComparison.Ordinal);
                Assert.Contains(events.OfType<AttemptResumed>(), e => (e.Stage, e.Task, e.Attempt) == (paused.Stage, paused.Task, paused.Attempt) && e.At > paused.At);
            }
        }

        var (before, after) = (Sizes(cli, "before"), Sizes(cli, "after"));
        Assert.Contains(before, b => after[b.Key] == b.Value);
        // Nothing was begun anew.
        for (var i = 0; i < 4; i++) Assert.Single(File.ReadAllLines(Path.Combine(cli.Folder, $"started.{i}")));
        var plans = await PlansAsync(cli);
        Assert.NotEmpty(plans.SelectMany(p => p.Paused ?? []));
        Assert.Equal(plans.SelectMany(p => p.Paused ?? []).Order(), plans.SelectMany(p => p.Resumed ?? []).Order());
        Assert.Contains(plans.SelectMany(p => p.Ladder ?? []), s => s.Reason.StartsWith("paused, it keeps its memory", StringComparison.Ordinal));
        await ParityTests.ReplayAsync(cli, PolicySet.Ahead);
    }

    private static async Task<RunId> Submit(EngineSession engine, string yaml, string folder)
    {
        var definition = WorkflowReader.Read(yaml).Workflow!;
        return await engine.Client.SubmitAsync(definition, ImmutableDictionary<string, JsonElement>.Empty, folder);
    }

    private static async Task Until(Func<bool> what)
    {
        for (var clock = Stopwatch.StartNew(); !what(); await Task.Delay(20)) Assert.True(clock.Elapsed.TotalMinutes < 1, "nothing of the batch starts");
    }

    private static Dictionary<string, long> Sizes(Cli cli, string file) => File.ReadAllLines(Path.Combine(cli.Folder, file))
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .ToDictionary(parts => parts[1], parts => long.Parse(parts[0], CultureInfo.InvariantCulture));

    private static async Task<List<PlanDocument>> PlansAsync(Cli cli)
    {
        await using var storage = Storage.Sqlite.SqliteStorage.Open(new() { Folder = Path.Combine(cli.Folder, "data") });
        var records = await storage.Journal.ReadAsync(EngineNames.DefaultPool, 0, long.MaxValue, 100_000);
        return [.. records.Where(r => r.Kind == (int)JournalKind.Lines)
            .SelectMany(r => Encoding.UTF8.GetString(r.Payload.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            .Where(line => line.StartsWith("{\"e\":\"plan\"", StringComparison.Ordinal))
            .Select(line => JsonSerializer.Deserialize(line, PlanJson.Default.PlanDocument)!)];
    }
}

using System.Text.Json;
using Foreflow.Cli.Commands;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Snapshot;
using Foreflow.Core.Workflows.Yaml;
using Foreflow.Engine;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Storage;

namespace Foreflow.Cli.Tests;

/// <summary><c>foreflow simulate --from-live</c> over a store with a journal that is written here.</summary>
public sealed class SimulateLiveTests : IDisposable
{
    private const string Pair = "name: pair\nstages:\n  first:\n    run: ./first\n  second:\n    needs: [first]\n    worker: { command: [./second] }\n    replicas: { max: 4 }\n";
    private static readonly Instant Start = Instant.FromUnixSeconds(1_767_571_200);
    private readonly string _folder = Directory.CreateTempSubdirectory("foreflow-live-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_arrived_is_simulated_as_profiles_know_it()
    {
        await LiveAsync();
        var run = Simulate("--seeds", "2", "--policies", "waiting,oracle", "--output", "json");
        var document = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal("live history", document.GetProperty("scenario").GetString());
        var metrics = document.GetProperty("policies")[0].GetProperty("metrics");
        // 60 runs of the first engine and 30 of the second; the one taken up again is no arrival.
        Assert.Equal(90, Mean(metrics, "runsArrived"));
        Assert.Equal(90, Mean(metrics, "runsCompleted"));
        // 20 s and 10 s one after the other, as the profiles say (their histogram is 5 % wide); waits come on top.
        Assert.InRange(Mean(metrics, "makespanLowerBoundSeconds"), 28, 32);
        Assert.InRange(Mean(metrics, "makespanSeconds"), 28, 60);
    }

    [Fact]
    public async Task The_last_part_alone_counts_and_the_rest_is_history()
    {
        await LiveAsync();
        var run = Simulate("--last", "15m", "--seeds", "1", "--policies", "waiting", "--output", "json");
        var metrics = JsonDocument.Parse(run.Output).RootElement.GetProperty("policies")[0].GetProperty("metrics");
        // One a minute: the newest and the fifteen minutes before it.
        Assert.Equal(16, Mean(metrics, "runsArrived"));
    }

    [Theory]
    [InlineData("name a scenario file")]
    [InlineData("--last soon: write a duration", "--from-live", "--last", "soon")]
    [InlineData("--set changes keys of a scenario file", "--from-live", "--set", "servers=2")]
    [InlineData("leave out a.yaml", "a.yaml", "--from-live")]
    [InlineData("--last goes with --from-live", "a.yaml", "--last", "1d")]
    public void What_does_not_go_together_is_said(string expected, params string[] arguments)
    {
        var fault = Assert.Throws<UserErrorException>(() => CommandRun.Of(SimulateCommand.Build(), arguments));
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_runs_says_so()
    {
        await using (await DataFolder.OpenAsync(_folder, apart: true))
        {
        }

        var fault = Assert.Throws<UserErrorException>(() => Simulate());
        Assert.Contains("no run has arrived", fault.Message, StringComparison.Ordinal);
    }

    private CommandRun Simulate(params string[] more) => CommandRun.Of(SimulateCommand.Build(), ["--from-live", "--data", _folder, .. more]);

    private static double Mean(JsonElement metrics, string name) => metrics.GetProperty(name).GetProperty("mean").GetDouble();

    private async Task LiveAsync()
    {
        await using var storage = await DataFolder.OpenAsync(_folder, apart: true);
        var definition = WorkflowReader.Read(System.Text.Encoding.UTF8.GetBytes(Pair)).Workflow!;
        await storage.Workflows.SaveAsync(new WorkflowVersion(definition.Name, definition.Version, WorkflowWriter.Write(definition), Start));
        await ProfileShelf.AddOnceAsync(storage.Profiles, "test", [Profile("first", 20, null), Profile("second", 10, 5)], CancellationToken.None);

        var spec = WorkflowSpecs.From(definition, new Resources(8000, 16L << 30));
        var lines = new JournalLines();
        var records = new List<JournalRecord>();
        for (var engine = 0; engine < 2; engine++)
        {
            var began = Start + TimeSpan.FromMinutes(60 * engine);
            lines.Add(new NodeJoined(began, 0, new NodeId("one"), new Resources(8000, 16L << 30)));
            lines.Add(new WorkflowRegistered(began, 0, 0, spec));
            if (engine == 1) lines.Add(new RunArrived(began, 1, new RunId("again"), 0, Recovered: true));
            for (var i = 0; i < (engine == 0 ? 60 : 30); i++)
            {
                var at = began + TimeSpan.FromMinutes(i);
                lines.Add(new RunArrived(at, 100 + i, new RunId($"r{engine}-{i}"), 0));
                lines.Add(new RunEnded(at, 100 + i));
                records.Add(new JournalRecord(records.Count, at, (int)JournalKind.Lines, null, lines.Take()));
            }
        }

        await storage.Journal.AppendAsync(EngineNames.DefaultPool, records);
    }

    private static ShelvedProfile Profile(string stage, double seconds, double? startUpSeconds)
    {
        var profile = new StageProfile();
        for (var i = 0; i < 10; i++)
        {
            profile.Record(new AttemptRecord(Start, AttemptCause.Succeeded, new AttemptUsage { WallTime = TimeSpan.FromSeconds(seconds) }));
            if (startUpSeconds is { } s) profile.RecordStartUp(TimeSpan.FromSeconds(s), Start);
        }

        return new ShelvedProfile(new StageId("pair", stage), "default", profile);
    }
}

using System.Text;
using System.Text.Json;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Outcomes;
using Foreflow.Core.Profiling;
using Foreflow.Core.Snapshot;
using Foreflow.Engine;
using Foreflow.Engine.Pools;
using Foreflow.Storage.Sqlite;

namespace Foreflow.EndToEnd.Tests;

public class ParityTests
{
    [Theory]
    [InlineData("ahead", 1)]
    [InlineData("reactive", 1)]
    [InlineData("waiting", 1)]
    [InlineData("threshold-ahead", 1)]
    [InlineData("ahead", 2)]
    public async Task The_journal_of_a_live_run_replayed_gives_the_same_plans_byte_for_byte(string policy, int engines)
    {
        using var cli = new Cli();
        var example = Path.Combine(Cli.Root, "examples", "related-words", "related-words.yaml");
        for (var i = 1; i < engines; i++) Assert.Equal(0, (await cli.Run("run", example, "-i", "settle=1", "--output", "json")).ExitCode);
        var answer = await cli.Run("run", example, "-i", "settle=1", "--repeat", "3", "--every", "1s", "--policy", policy, "--output", "json");
        Assert.True(answer.ExitCode == 0, answer.Error + answer.Output);

        var report = await ReplayAsync(cli, PolicySet.Named(policy)!, engines);
        Assert.True(report.Plans > 10, $"{report.Plans} plans");
    }

    /// <summary>Replays the journal of the last engine that wrote to a data folder; each of its plans must come out again.</summary>
    internal static async Task<ReplayReport> ReplayAsync(Cli cli, PolicySet policies, int engines = 1)
    {
        await using var storage = SqliteStorage.Open(new SqliteOptions { Folder = Path.Combine(cli.Folder, "data") });
        var records = await storage.Journal.ReadAsync(EngineNames.DefaultPool, 0, long.MaxValue, 100_000);
        Assert.Equal(engines, records.Count(r => r.Kind == (int)JournalKind.Start));
        records = [.. records.Skip(records.ToList().FindLastIndex(r => r.Kind == (int)JournalKind.Start))];
        var start = JsonDocument.Parse(records[0].Payload).RootElement.GetProperty("Profiles").EnumerateArray().ToDictionary(
            p => (new StageId(p.GetProperty("Workflow").GetString()!, p.GetProperty("Stage").GetString()!), p.GetProperty("NodeClass").GetString()!), p => p.GetProperty("Payload").GetBytesFromBase64());
        Assert.Equal(engines > 1, start.Count > 0);
        var pool = new PoolState(new ClusterSnapshot(new PoolSettings(), (stage, nodeClass) => start.TryGetValue((stage, nodeClass), out var bytes) ? StageProfile.FromBytes(bytes) : new StageProfile()));
        var lines = records.Where(r => r.Kind == (int)JournalKind.Lines).SelectMany(r => Encoding.UTF8.GetString(r.Payload.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        var outcomes = new OutcomeBook(pool);
        var report = JournalReplay.Run(lines, pool, policies, outcomes);
        Assert.True(report.Mismatch is null, $"was {report.Mismatch?.Was}\nnow {report.Mismatch?.Now}");
        // What became of the decisions follows from the journal as the plans do. An engine that is not given the time to end writes
        // what was settled before and no more.
        var settled = outcomes.Take();
        outcomes.Close();
        var stored = records.Where(r => r.Kind == (int)JournalKind.Outcome).Select(r => Encoding.UTF8.GetString(r.Payload.Span)).ToList();
        var replayed = settled.Concat(outcomes.Take()).Select(o => JsonSerializer.Serialize(o, OutcomeJson.Default.Outcome)).ToList();
        Assert.Equal(replayed.Take(stored.Count), stored);
        Assert.InRange(stored.Count, settled.Length, replayed.Count);
        return report;
    }
}

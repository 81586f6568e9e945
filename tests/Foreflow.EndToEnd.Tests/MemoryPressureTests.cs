using System.Diagnostics;
using System.Text.Json;
using Foreflow.Core;

namespace Foreflow.EndToEnd.Tests;

/// <summary>The machine says that memory runs out: batch work stands still, and goes on where it was once there is calm.</summary>
public class MemoryPressureTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private const string Nightly = """
        name: nightly
        priority: batch
        inputs: { folder: { type: string } }
        stages:
          tick:
            foreach: "${{ range(0, 2) }}"
            env: { INDEX: "${{ index }}", FOLDER: "${{ inputs.folder }}" }
            resources: { cpu: 100m, memory: 32Mi }
            run: |
              echo x >> "$FOLDER/started.$INDEX"
              while [ ! -e "$FOLDER/done" ]; do echo x >> "$FOLDER/ticks.$INDEX"; sleep 0.05; done
        """;

    [Fact]
    public async Task An_attempt_is_frozen_and_thawed()
    {
        using var cli = new Cli();
        cli.Environment["FOREFLOW_MEMORY_PRESSURE"] = Path.Combine(cli.Folder, "pressure");
        Press(cli, 0);
        cli.Write("nightly.yaml", Nightly);
        using var engine = cli.Start("run", "nightly.yaml", "-i", $"folder={cli.Folder}", "--output", "json");
        await Until(engine, () => Task.FromResult(Directory.EnumerateFiles(cli.Folder, "ticks.*").Count() == 2), "the tasks do not start");
        var run = (await cli.Run("runs", "--output", "json")).Json[0].GetProperty("id").GetString()!;
        Assert.Contains("memory pressure", (await cli.Run("doctor")).Output, StringComparison.Ordinal);

        Press(cli, 31.5);
        await Until(engine, async () => (await PausedAsync(cli, run)).Count == 1, "nothing is frozen");
        var paused = Assert.Single(await PausedAsync(cli, run));
        Assert.Matches("^paused, memory runs out: something on .* waits for memory 31.5 % of the time$", paused.GetProperty("waitsFor").GetString());
        Assert.Contains("paused, memory runs out", (await cli.Run("runs", run)).Output, StringComparison.Ordinal);
        var (frozen, other) = paused.GetProperty("task").GetInt32() == 0 ? (0, 1) : (1, 0);
        var (before, beforeOther) = (Ticks(cli, frozen), Ticks(cli, other));
        await Until(engine, () => Task.FromResult(Ticks(cli, other) > beforeOther + 10), "the other stands still too");
        Assert.Equal(before, Ticks(cli, frozen));

        Press(cli, 0);
        await Until(engine, async () => (await PausedAsync(cli, run)).Count == 0 && Ticks(cli, frozen) > before, "it does not go on");
        cli.Write("done", "");
        using var limit = new CancellationTokenSource(Patience);
        await engine.WaitForExitAsync(limit.Token);
        Assert.Equal(0, engine.ExitCode);
        // Nothing was begun anew.
        for (var i = 0; i < 2; i++) Assert.Single(File.ReadAllLines(Path.Combine(cli.Folder, $"started.{i}")));
        var told = (await cli.Run("explain", "nightly/tick", "--output", "json")).Json.EnumerateArray().Where(e => e.GetProperty("kind").GetString() == "memory").Select(e => e.GetProperty("text").GetString()!).ToList();
        Assert.Contains(told, text => text.Contains("is frozen: ", StringComparison.Ordinal));
        Assert.Contains(told, text => text.Contains("goes on: ", StringComparison.Ordinal));
        await ParityTests.ReplayAsync(cli, PolicySet.Ahead);
    }

    [Fact]
    public async Task The_doctor_says_where_pressure_cannot_be_seen()
    {
        using var cli = new Cli();
        cli.Environment["FOREFLOW_MEMORY_PRESSURE"] = Path.Combine(cli.Folder, "nowhere");
        var finding = (await cli.Run("doctor", "--output", "json")).Json.EnumerateArray().Single(f => f.GetProperty("name").GetString() == "memory pressure");
        Assert.Equal("missing", finding.GetProperty("state").GetString());
        Assert.Contains("NOTHING IS FROZEN", finding.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private static void Press(Cli cli, double percent) => cli.Write("pressure", FormattableString.Invariant(
        $"some avg10={percent:0.00} avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"));

    private static long Ticks(Cli cli, int task) => new FileInfo(Path.Combine(cli.Folder, $"ticks.{task}")).Length;

    private static async Task<List<JsonElement>> PausedAsync(Cli cli, string run) => [.. (await cli.Run("runs", run, "--output", "json")).Json
        .GetProperty("stages")[0].GetProperty("attempts").EnumerateArray().Where(a => a.GetProperty("cause").GetString() == "Paused")];

    private static async Task Until(Process engine, Func<Task<bool>> what, string otherwise)
    {
        for (var clock = Stopwatch.StartNew(); !await what(); await Task.Delay(50)) Assert.True(clock.Elapsed < Patience && !engine.HasExited, otherwise);
    }
}

using System.Diagnostics;
using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Engine.Runs;

namespace Foreflow.EndToEnd.Tests;

/// <summary>Gates, seen from the shell.</summary>
public class GateTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_stage_that_a_gate_holds_back_says_so_from_another_process_and_goes_on()
    {
        using var cli = new Cli();
        cli.Write("gated.yaml", """
            name: gated
            inputs: { folder: { type: string } }
            gates: { warehouse-db: 1 }
            stages:
              load:
                foreach: [1, 2]
                env: { FOLDER: "${{ inputs.folder }}" }
                gates: { warehouse-db: 1 }
                run: |
                  mkdir "$FOLDER/busy" || exit 9
                  while [ ! -e "$FOLDER/go" ]; do sleep 0.05; done
                  rmdir "$FOLDER/busy"
            """);
        using var engine = cli.Start("run", "gated.yaml", "-i", $"folder={cli.Folder}", "--output", "json");

        for (var clock = Stopwatch.StartNew(); await MessageAsync(cli) != "paused: warehouse-db 1/1"; await Task.Delay(100))
            Assert.True(clock.Elapsed < Patience && !engine.HasExited, $"it does not say what it waits for, but '{await MessageAsync(cli)}'");
        var run = (await cli.Run("runs", "--output", "json")).Json[0].GetProperty("id").GetString()!;
        Assert.Equal("paused: warehouse-db 1/1", (await cli.Run("runs", run, "--output", "json")).Json.GetProperty("stages")[0].GetProperty("waitsFor").GetString());
        Assert.Contains("load paused: warehouse-db 1/1", (await cli.Run("runs", run)).Output, StringComparison.Ordinal);

        cli.Write("go", "");
        using var limit = new CancellationTokenSource(Patience);
        await engine.WaitForExitAsync(limit.Token);
        Assert.Equal(0, engine.ExitCode);
        Assert.Null(await MessageAsync(cli));
    }

    [Fact]
    public async Task A_rate_opens_by_itself()
    {
        using var cli = new Cli();
        cli.Write("rated.yaml", """
            name: rated
            gates: { api: 2/1s }
            stages:
              call:
                foreach: [1, 2, 3, 4, 5]
                gates: { api: 1 }
                run: "true"
            """);
        var clock = Stopwatch.StartNew();
        var answer = await cli.Run("run", "rated.yaml", "--output", "json");

        Assert.True(answer.ExitCode == 0, answer.Error + answer.Output);
        // The fifth comes with the third period.
        Assert.True(clock.Elapsed > TimeSpan.FromSeconds(2), $"five calls at two a second took {clock.Elapsed}");
    }

    /// <summary>Fails where two tasks run together, in whichever engine.</summary>
    private const string OneAtATime = """
        name: shared
        inputs: { folder: { type: string } }
        gates: { db: 1 }
        stages:
          load:
            foreach: [1, 2, 3]
            env: { FOLDER: "${{ inputs.folder }}" }
            gates: { db: 1 }
            run: |
              mkdir "$FOLDER/busy" || exit 9
              while [ -e "$FOLDER/hold" ]; do sleep 0.05; done
              rmdir "$FOLDER/busy"
        """;

    [Fact]
    public async Task Engines_that_share_a_folder_share_its_gates()
    {
        using var cli = new Cli();
        cli.Write("shared.yaml", OneAtATime);
        var answers = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => cli.Run("run", "shared.yaml", "-i", $"folder={cli.Folder}", "--output", "json")));

        Assert.All(answers, answer => Assert.True(answer.ExitCode == 0, answer.Error + answer.Output));
    }

    [Fact]
    public async Task A_lease_of_an_engine_that_was_killed_holds_until_it_lapses()
    {
        using var cli = new Cli();
        cli.Write("shared.yaml", OneAtATime);
        cli.Write("hold", "");
        using var first = cli.Start("run", "shared.yaml", "-i", $"folder={cli.Folder}", "--output", "json");
        for (var clock = Stopwatch.StartNew(); !Directory.Exists(Path.Combine(cli.Folder, "busy")); await Task.Delay(20))
            Assert.True(clock.Elapsed < Patience && !first.HasExited, "the first task has not started");
        first.Kill();
        var killedAt = Instant.From(DateTimeOffset.UtcNow);
        await first.WaitForExitAsync(TestContext.Current.CancellationToken);
        File.Delete(Path.Combine(cli.Folder, "hold"));

        // It takes the run over, and waits for the lease of the one that is dead: at once, for the lease lapses.
        using var second = cli.Start("runs", "resume", "--output", "json");
        for (var clock = Stopwatch.StartNew(); Directory.Exists(Path.Combine(cli.Folder, "busy")); await Task.Delay(20))
            if (clock.Elapsed > TimeSpan.FromSeconds(1)) Directory.Delete(Path.Combine(cli.Folder, "busy"));
        using var limit = new CancellationTokenSource(Patience);
        await second.WaitForExitAsync(limit.Token);
        Assert.Equal(0, second.ExitCode);
        Assert.Contains(await EventsAsync(cli), e => e is StageParked { Why: "paused: db 1/1" } parked && parked.At > killedAt);
    }

    private static async Task<List<RunEvent>> EventsAsync(Cli cli)
    {
        var run = (await cli.Run("runs", "--output", "json")).Json[0].GetProperty("id").GetString()!;
        await using var storage = Storage.Sqlite.SqliteStorage.Open(new() { Folder = Path.Combine(cli.Folder, "data") });
        return [.. (await storage.Runs.ReadAsync(new RunId(run))).Select(RunJson.Read)];
    }

    private static async Task<string?> MessageAsync(Cli cli)
    {
        var listed = await cli.Run("runs", "--output", "json");
        return listed.ExitCode == 0 && listed.Json.GetArrayLength() > 0 && listed.Json[0].TryGetProperty("message", out var message) ? message.GetString() : null;
    }
}

using System.Diagnostics;

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

    private static async Task<string?> MessageAsync(Cli cli)
    {
        var listed = await cli.Run("runs", "--output", "json");
        return listed.ExitCode == 0 && listed.Json.GetArrayLength() > 0 && listed.Json[0].TryGetProperty("message", out var message) ? message.GetString() : null;
    }
}

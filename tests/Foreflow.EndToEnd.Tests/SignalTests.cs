using System.Diagnostics;

namespace Foreflow.EndToEnd.Tests;

/// <summary>What a person stops is cancelled, what the system stops is left open; nothing is left running by either.</summary>
public class SignalTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Takes three seconds to tidy up: longer than a hasty program would wait.</summary>
    private const string Slow = """
        name: slow
        inputs: { folder: { type: string } }
        stages:
          only:
            env: { FOLDER: "${{ inputs.folder }}" }
            run: |
              trap 'sleep 3; echo tidied > "$FOLDER/tidied"; exit 1' TERM
              echo $$ > "$FOLDER/started.$FOREFLOW_ATTEMPT"
              test "$FOREFLOW_ATTEMPT" = 1 || exit 0
              while true; do sleep 0.05; done
        """;

    [Fact]
    public async Task Ctrl_C_cancels_and_waits_for_processes_that_tidy_up()
    {
        using var cli = new Cli();
        var (code, error) = await SignalAsync(cli, "INT");

        Assert.True(code == 130, error);
        Assert.Contains("1 run(s) cancelled", error, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(cli.Folder, "tidied")), "its process was not waited for");
        Assert.Equal("cancelled", (await cli.Run("runs", "--output", "json")).Json[0].GetProperty("status").GetString());
    }

    [Fact]
    public async Task What_the_system_stops_is_left_open_and_carried_on()
    {
        using var cli = new Cli();
        var (code, error) = await SignalAsync(cli, "TERM");

        Assert.True(code == 143, error);
        Assert.Contains("1 run(s) are left open", error, StringComparison.Ordinal);
        var listed = (await cli.Run("runs", "--output", "json")).Json[0];
        Assert.True(listed.GetProperty("interrupted").GetBoolean());
        var resumed = await cli.Run("runs", "resume", "--output", "json");
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Equal("succeeded", resumed.Json[0].GetProperty("state").GetString());
    }

    /// <summary>Starts a run and sends its command a signal once the stage runs. The stage is over when the command is.</summary>
    private static async Task<(int Code, string Error)> SignalAsync(Cli cli, string signal)
    {
        cli.Write("slow.yaml", Slow);
        // A test that runs in the background hands on that Ctrl-C is ignored.
        using var engine = cli.StartAs("env", $"--default-signal={signal}", Cli.Program, "run", "slow.yaml", "-i", $"folder={cli.Folder}");
        var output = engine.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = engine.StandardError.ReadToEndAsync(CancellationToken.None);
        var file = Path.Combine(cli.Folder, "started.1");
        for (var clock = Stopwatch.StartNew(); !File.Exists(file) || File.ReadAllText(file).Length == 0; await Task.Delay(20))
            Assert.True(clock.Elapsed < Patience && !engine.HasExited, "the stage has not started");
        using var sending = Process.Start("/bin/sh", ["-c", $"kill -{signal} {engine.Id}"]);
        using var limit = new CancellationTokenSource(Patience);
        await engine.WaitForExitAsync(limit.Token);
        Assert.False(TakeOverTests.IsAlive(File.ReadAllText(file).Trim()), $"its process runs on: {await error}");
        _ = await output;
        return (engine.ExitCode, await error);
    }
}

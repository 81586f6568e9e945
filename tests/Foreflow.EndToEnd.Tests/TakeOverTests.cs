using System.Diagnostics;
using Foreflow.Bench.Crash;

namespace Foreflow.EndToEnd.Tests;

/// <summary>Processes of the engine are killed; what they had accepted is carried on by the next.</summary>
public class TakeOverTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const string Two = """
        name: two
        inputs: { folder: { type: string } }
        stages:
          first:
            env: { FOLDER: "${{ inputs.folder }}" }
            run: echo once >> "$FOLDER/first"
          second:
            needs: [ first ]
            env: { FOLDER: "${{ inputs.folder }}" }
            run: |
              echo $$ > "$FOLDER/second.$FOREFLOW_ATTEMPT"
              test "$FOREFLOW_ATTEMPT" -gt 1 || exec sleep 300
        """;

    [Fact]
    public async Task Runs_of_a_killed_process_are_told_of_and_carried_on_with_what_was_done()
    {
        using var cli = new Cli();
        cli.Write("two.yaml", Two);
        var left = await KillInSecondAsync(cli);

        var listed = (await cli.Run("runs", "--output", "json")).Json[0];
        Assert.True(listed.GetProperty("interrupted").GetBoolean());
        var table = await cli.Run("runs");
        Assert.Contains("foreflow runs resume", table.Output, StringComparison.Ordinal);

        var resumed = await cli.Run("runs", "resume", "--output", "json");
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Contains("carrying on 1 run", resumed.Error, StringComparison.Ordinal);
        var run = resumed.Json[0];
        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        Assert.Equal(["once"], File.ReadAllLines(Path.Combine(cli.Folder, "first")));
        var second = run.GetProperty("stages")[1].GetProperty("attempts").EnumerateArray().ToDictionary(a => a.GetProperty("attempt").GetInt32(), a => a.GetProperty("cause").GetString());
        Assert.Equal(("Interrupted", "Succeeded"), (second[1], second[2]));
        Assert.False(IsAlive(left), "the process of the first attempt runs on");
        Assert.Contains("Nothing to carry on", (await cli.Run("runs", "resume")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_run_carries_them_on_as_well()
    {
        using var cli = new Cli();
        cli.Write("two.yaml", Two);
        await KillInSecondAsync(cli);
        cli.Write("hello.yaml", "name: hello\nstages:\n  only:\n    run: echo hello\n");

        var hello = await cli.Run("run", "hello.yaml", "--output", "json");

        Assert.True(hello.ExitCode == 0, hello.Error);
        Assert.Equal("hello", hello.Json.GetProperty("workflow").GetString());
        Assert.All((await cli.Run("runs", "--output", "json")).Json.EnumerateArray(), r => Assert.Equal("succeeded", r.GetProperty("status").GetString()));
    }

    /// <summary>Fifteen processes killed at random instants, servers and stages; the bench of the same name does it at length.</summary>
    [Fact]
    public async Task Nothing_is_lost_done_twice_or_run_twice_at_once_whatever_is_killed()
    {
        var foreflow = Path.Combine(AppContext.BaseDirectory, "foreflow");
        var verdict = await Chaos.RunAsync(new ChaosOptions(foreflow, Kills: 15, Postgres: false, Seed: 3, output.WriteLine));
        Assert.True(verdict.IsClean, verdict.ToJson() + "\n" + string.Join('\n', verdict.Faults));
    }

    /// <summary>Kills the engine while the second stage runs. Returns the process of that stage, which nobody has killed.</summary>
    private static async Task<string> KillInSecondAsync(Cli cli)
    {
        using var engine = cli.Start("run", "two.yaml", "-i", $"folder={cli.Folder}");
        var file = Path.Combine(cli.Folder, "second.1");
        for (var clock = Stopwatch.StartNew(); !File.Exists(file) || File.ReadAllText(file).Length == 0; await Task.Delay(20))
            Assert.True(clock.Elapsed < Patience && !engine.HasExited, "the second stage has not started");
        engine.Kill();
        await engine.WaitForExitAsync();
        var process = (await File.ReadAllTextAsync(file)).Trim();
        Assert.True(IsAlive(process), "the stage ended with the engine: there is nothing to find");
        return process;
    }

    /// <summary>One that has ended and that nobody has asked about yet is not alive.</summary>
    internal static bool IsAlive(string process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }
}

using System.Diagnostics;
using System.Text.Json;
using Foreflow.Core;

namespace Foreflow.EndToEnd.Tests;

/// <summary>A task whose process hangs is done by a second one beside it; the first is ended with all that it started.</summary>
public class HedgeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>A hundred quick tasks, and one among them whose first attempt goes to sleep, in a process of a process.</summary>
    private static string Workflow(bool idempotent, string whenHedged = "") => $$$"""
        name: straggle
        inputs: { folder: { type: string } }
        stages:
          quick:
            foreach: "${{ range(0, 101) }}"
            env: { FOLDER: "${{ inputs.folder }}", INDEX: "${{ index }}" }
            idempotent: {{{(idempotent ? "true" : "false")}}}
            replicas: { max: 4 }
            outputs: [ attempt ]
            resources: { cpu: 100m, memory: 32Mi }
            run: |
              if [ "$INDEX" = 40 ] && [ "$FOREFLOW_ATTEMPT" = 1 ]; then
                sleep 300 & echo $! > "$FOLDER/sleeper"
                echo $$ > "$FOLDER/straggler"
                wait; sleep 300
              fi
              {{{whenHedged}}}
              echo "{\"attempt\": $FOREFLOW_ATTEMPT}" > "$FOREFLOW_OUTPUT"
              echo "$INDEX $FOREFLOW_IDEMPOTENCY_KEY" >> "$FOLDER/done"
        """;

    [Fact]
    public async Task A_process_that_hangs_is_outrun_by_a_second_one_and_ended()
    {
        using var cli = new Cli();
        cli.Write("straggle.yaml", Workflow(idempotent: true));

        var answer = await cli.Run("run", "straggle.yaml", "-i", $"folder={cli.Folder}", "--output", "json");

        Assert.True(answer.ExitCode == 0, answer.Error);
        var attempts = AttemptsOf(answer.Json, 40);
        Assert.Equal(["Superseded", "Succeeded"], attempts.Select(a => a.GetProperty("cause").GetString()));
        Assert.Matches("^attempt 1 had run .* s, longer than 95 % of .* attempts hedged before$", attempts[1].GetProperty("hedges").GetString());
        Assert.All(Enumerable.Range(0, 101), task => Assert.Contains(AttemptsOf(answer.Json, task), a => a.GetProperty("cause").GetString() == "Succeeded"));
        Assert.InRange(answer.Json.GetProperty("stages")[0].GetProperty("attempts").EnumerateArray().Count(a => a.TryGetProperty("hedges", out var why) && why.ValueKind == JsonValueKind.String), 1, 5);
        Assert.Equal(101, File.ReadAllLines(Path.Combine(cli.Folder, "done")).Distinct().Count());
        foreach (var name in (string[])["straggler", "sleeper"])
            Assert.False(TakeOverTests.IsAlive(File.ReadAllText(Path.Combine(cli.Folder, name)).Trim()), $"the {name} runs on");

        await ParityTests.ReplayAsync(cli, PolicySet.Ahead);

        var explained = (await cli.Run("explain", "straggle/quick", "--output", "json")).Json.EnumerateArray().Where(e => e.GetProperty("kind").GetString() == "hedge").ToList();
        Assert.Contains(explained, e => e.GetProperty("text").GetString()!.EndsWith(": hit", StringComparison.Ordinal));

        var table = await cli.Run("runs", answer.Json.GetProperty("run").GetString()!);
        Assert.Contains("quick[40] attempt 2 is a hedge: attempt 1 had run", table.Output, StringComparison.Ordinal);
        Assert.Contains("it was done first", table.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Killed_with_two_attempts_running_one_is_made_anew_and_neither_lives_on()
    {
        using var cli = new Cli();
        // The second attempt hangs as well.
        cli.Write("straggle.yaml", Workflow(idempotent: true, "if [ \"$INDEX\" = 40 ] && [ \"$FOREFLOW_ATTEMPT\" = 2 ]; then echo $$ > \"$FOLDER/second\"; exec sleep 300; fi"));
        using (var engine = cli.Start("run", "straggle.yaml", "-i", $"folder={cli.Folder}"))
        {
            var second = Path.Combine(cli.Folder, "second");
            for (var clock = Stopwatch.StartNew(); !File.Exists(second) || File.ReadAllText(second).Length == 0; await Task.Delay(20))
                Assert.True(clock.Elapsed < Patience && !engine.HasExited, "the straggler is not hedged");
            engine.Kill();
            await engine.WaitForExitAsync();
        }

        var resumed = await cli.Run("runs", "resume", "--output", "json");

        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Equal("succeeded", resumed.Json[0].GetProperty("state").GetString());
        Assert.Equal((3, "Succeeded"), AttemptsOf(resumed.Json[0], 40).Select(a => (a.GetProperty("attempt").GetInt32(), a.GetProperty("cause").GetString()!)).Last());
        foreach (var name in (string[])["straggler", "sleeper", "second"])
            Assert.False(TakeOverTests.IsAlive(File.ReadAllText(Path.Combine(cli.Folder, name)).Trim()), $"the {name} runs on");
    }

    private static JsonElement[] AttemptsOf(JsonElement run, int task) =>
        [.. run.GetProperty("stages")[0].GetProperty("attempts").EnumerateArray().Where(a => a.GetProperty("task").GetInt32() == task).OrderBy(a => a.GetProperty("attempt").GetInt32())];
}

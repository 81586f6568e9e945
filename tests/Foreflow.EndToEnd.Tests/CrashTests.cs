using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Foreflow.Core;

namespace Foreflow.EndToEnd.Tests;

/// <summary>Workers that crash, and tasks that crash them.</summary>
public class CrashTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>A worker over lines; the task named in <c>poison</c> ends it, once others that were turned away by an end have come back.</summary>
    private const string Worker = """
        echo "$(date +%s%N)" >> started
        if [ ! -e mended ]; then echo "no database" >&2; exit 3; fi
        echo '{"ready":true}'
        while read -r line; do
          id="${line#*\"id\":\"}"; task="${line#*\"task\":}"; task="${task%%,*}"
          echo "$task" >> served
          if [ "$task" = "$(cat poison 2> /dev/null)" ]; then sleep 0.3; kill -9 $$; fi
          printf '{"id":"%s","output":{}}\n' "${id%%\"*}"
        done
        """;

    [Fact]
    public async Task A_worker_that_crashes_is_quarantined_while_the_rest_goes_on_and_comes_back_when_it_is_mended()
    {
        using var cli = new Cli();
        cli.Write("worker.sh", Worker);
        cli.Write("crashing.yaml", """
            name: crashing
            stages:
              before: { run: touch before }
              serve:
                foreach: [1, 2, 3]
                worker: { command: [ /bin/sh, worker.sh ], protocol: jsonl }
                resources: { cpu: 50m, memory: 32Mi }
                replicas: { max: 1 }
              after: { needs: [ before ], run: touch after }
            """);
        using var engine = cli.Start("run", "crashing.yaml", "--output", "json");
        var output = engine.StandardOutput.ReadToEndAsync(CancellationToken.None);

        // The fifth start comes after waits of one and two seconds.
        for (var clock = Stopwatch.StartNew(); StartsOf(cli).Count < 5; await Task.Delay(50)) Assert.True(clock.Elapsed < Patience && !engine.HasExited, $"{StartsOf(cli).Count} starts");
        var run = (await cli.Run("runs", "--output", "json")).Json[0].GetProperty("id").GetString()!;
        const string Message = @"paused: \d+ workers in a row failed, tried again at \d\d:\d\d:\d\d: .*no database";
        Assert.Matches("serve " + Message, (await cli.Run("runs", run)).Output);
        Assert.Matches(Message, (await cli.Run("runs", "--output", "json")).Json[0].GetProperty("message").GetString());
        Assert.Matches(@"crashing/serve\s+quarantined\s.*\d+ workers in a row had failed", Unwrapped((await cli.Run("doctor")).Output));
        Assert.Contains("crashing/serve paused: ", Unwrapped((await cli.Run("plan")).Output), StringComparison.Ordinal);
        Assert.True((await cli.Run("plan", "--output", "json")).Json.GetProperty("quarantined")[0].GetProperty("failures").GetInt32() >= 4);
        Assert.True(File.Exists(Path.Combine(cli.Folder, "after")), "the rest of the plan has not gone on");

        cli.Write("mended", "");
        using var limit = new CancellationTokenSource(Patience);
        await engine.WaitForExitAsync(limit.Token);
        Assert.True(engine.ExitCode == 0, await output);
        var starts = StartsOf(cli);
        Assert.True(starts[3] - starts[2] >= TimeSpan.FromSeconds(0.9), $"the first wait was {starts[3] - starts[2]}");
        Assert.True(starts[4] - starts[3] >= TimeSpan.FromSeconds(1.9), $"the second wait was {starts[4] - starts[3]}");
        await ParityTests.ReplayAsync(cli, PolicySet.Ahead);
    }

    [Fact]
    public async Task A_task_that_ends_its_workers_fails_as_poison_and_the_others_are_served()
    {
        using var cli = new Cli();
        cli.Write("worker.sh", Worker);
        cli.Write("mended", "");
        cli.Write("poison", "2");
        cli.Write("poisoned.yaml", """
            name: poisoned
            stages:
              serve:
                foreach: "${{ range(0, 8) }}"
                worker: { command: [ /bin/sh, worker.sh ], protocol: jsonl, concurrency: 2 }
                resources: { cpu: 50m, memory: 32Mi }
                replicas: { max: 2 }
            """);

        var answer = await cli.Run("run", "poisoned.yaml", "--output", "json");

        Assert.Equal(1, answer.ExitCode);
        // One that was on its way to a worker that has just ended did not run.
        var attempts = answer.Json.GetProperty("stages")[0].GetProperty("attempts").EnumerateArray().Where(a => CauseOf(a) != "Busy").ToLookup(a => a.GetProperty("task").GetInt32());
        Assert.Equal(["WorkerLost", "WorkerLost", "WorkerLost", "Poison"], attempts[2].OrderBy(a => a.GetProperty("attempt").GetInt32()).Select(CauseOf));
        for (var task = 0; task < 8; task++)
            if (task != 2) Assert.Equal("Succeeded", attempts[task].OrderBy(a => a.GetProperty("attempt").GetInt32()).Select(CauseOf).Last());
        // Others are held up by the first end at most, when nobody knows yet which task it was.
        Assert.All(attempts, of => Assert.InRange(of.Count(), 1, of.Key == 2 ? 4 : 2));
        Assert.Equal(4, File.ReadAllLines(Path.Combine(cli.Folder, "served")).Count(line => line == "2"));
        Assert.Matches(@"serve\[2\] attempt \d+: Poison", (await cli.Run("runs", answer.Json.GetProperty("run").GetString()!)).Output);
        await ParityTests.ReplayAsync(cli, PolicySet.Ahead);
    }

    private static string? CauseOf(JsonElement attempt) => attempt.GetProperty("cause").GetString();

    /// <summary>Tables break lines where the terminal ends.</summary>
    private static string Unwrapped(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static List<TimeSpan> StartsOf(Cli cli)
    {
        var file = Path.Combine(cli.Folder, "started");
        return !File.Exists(file) ? [] : [.. File.ReadAllLines(file).Select(line => TimeSpan.FromMicroseconds(long.Parse(line, CultureInfo.InvariantCulture) / 1000))];
    }
}

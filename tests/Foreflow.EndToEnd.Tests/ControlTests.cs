using System.Diagnostics;
using System.Globalization;

namespace Foreflow.EndToEnd.Tests;

/// <summary>One process carries a run on, another stops it and lets it go on.</summary>
public class ControlTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The first stage lasts until the file <c>go</c> is there.</summary>
    private const string Gated = """
        name: gated
        inputs: { folder: { type: string } }
        stages:
          first:
            env: { FOLDER: "${{ inputs.folder }}" }
            run: echo $$ > "$FOLDER/first"; while [ ! -e "$FOLDER/go" ]; do sleep 0.05; done
          second:
            needs: [ first ]
            env: { FOLDER: "${{ inputs.folder }}" }
            run: echo $$ > "$FOLDER/second"
        """;

    [Fact]
    public async Task Cancelling_from_another_process_ends_the_run_and_its_processes()
    {
        using var cli = new Cli();
        using var engine = await StartAsync(cli);

        var answer = await cli.Run("runs", "cancel", await RunAsync(cli), "--output", "json");

        Assert.True(answer.ExitCode == 0, answer.Error + answer.Output);
        Assert.True(answer.Json.GetProperty("done").GetBoolean());
        Assert.Equal(1, await EndAsync(engine));
        Assert.Equal("cancelled", (await cli.Run("runs", "--output", "json")).Json[0].GetProperty("status").GetString());
        Assert.False(TakeOverTests.IsAlive(File.ReadAllText(Path.Combine(cli.Folder, "first")).Trim()), "its process runs on");
        Assert.Equal(2, (await cli.Run("runs", "cancel", await RunAsync(cli))).ExitCode);
    }

    [Fact]
    public async Task A_stage_that_ignores_the_request_to_end_is_killed_with_all_it_started()
    {
        using var cli = new Cli();
        cli.Write("deaf.yaml", """
            name: deaf
            inputs: { folder: { type: string } }
            stages:
              first:
                env: { FOLDER: "${{ inputs.folder }}" }
                run: |
                  trap 'echo asked >> "$FOLDER/asked"' TERM
                  (trap '' TERM; echo "$(sh -c 'echo $PPID')" > "$FOLDER/child"; while true; do sleep 0.2; done) &
                  setsid sh -c 'trap "" TERM; echo $$ > "$0/far"; while true; do sleep 0.2; done' "$FOLDER" &
                  echo $$ > "$FOLDER/first"
                  while true; do sleep 0.2; done
            """);
        using var engine = cli.Start("run", "deaf.yaml", "-i", $"folder={cli.Folder}", "--output", "json");
        string[] names = ["first", "child", "far"];
        for (var clock = Stopwatch.StartNew(); !names.All(n => File.Exists(Path.Combine(cli.Folder, n)) && File.ReadAllText(Path.Combine(cli.Folder, n)).EndsWith('\n')); await Task.Delay(20))
            Assert.True(clock.Elapsed < Patience && !engine.HasExited, "the stage has not started its processes");
        var processes = names.Select(n => File.ReadAllText(Path.Combine(cli.Folder, n)).Trim()).ToList();
        Assert.All(processes, pid => Assert.True(TakeOverTests.IsAlive(pid)));

        var answer = await cli.Run("runs", "cancel", await RunAsync(cli), "--output", "json");

        Assert.True(answer.ExitCode == 0, answer.Error + answer.Output);
        Assert.Equal(1, await EndAsync(engine));
        Assert.True(File.Exists(Path.Combine(cli.Folder, "asked")), "it was not asked first");
        Assert.All(processes.Zip(names), p => Assert.False(TakeOverTests.IsAlive(p.First), $"{p.Second} runs on"));
    }

    [Fact]
    public async Task Nothing_is_started_ahead_while_automatic_replication_is_paused()
    {
        using var cli = new Cli();
        cli.Write("worker.sh", """
            date +%s%N >> started
            sleep 1
            echo '{"ready":true}'
            while read -r line; do
              id="${line#*\"id\":\"}"; printf '{"id":"%s","output":{}}\n' "${id%%\"*}"
            done
            """);
        cli.Write("ahead.yaml", """
            name: ahead
            stages:
              hold: { run: "sleep 2; date +%s%N >> held" }
              serve:
                needs: [ hold ]
                worker: { command: [ /bin/sh, worker.sh ], protocol: jsonl }
                resources: { cpu: 50m, memory: 32Mi }
            """);
        // The first run teaches how long things take.
        await FirstStartBeforeNeedAsync(cli);
        Assert.Equal(0, (await cli.Run("pause", "--replication")).ExitCode);
        Assert.True(await FirstStartBeforeNeedAsync(cli) < TimeSpan.Zero, "a replica was started ahead");
        Assert.Equal(0, (await cli.Run("resume", "--replication")).ExitCode);
        Assert.True(await FirstStartBeforeNeedAsync(cli) > TimeSpan.Zero, "no replica was started ahead");
    }

    /// <summary>How long before its task could run the first replica of a run started.</summary>
    private static async Task<TimeSpan> FirstStartBeforeNeedAsync(Cli cli)
    {
        foreach (var name in (string[])["held", "started"]) File.Delete(Path.Combine(cli.Folder, name));
        var answer = await cli.Run("run", "ahead.yaml", "--output", "json");
        Assert.True(answer.ExitCode == 0, answer.Error + answer.Output);
        return TimeOf("held") - TimeOf("started");

        TimeSpan TimeOf(string name) => TimeSpan.FromMicroseconds(long.Parse(File.ReadAllLines(Path.Combine(cli.Folder, name))[0], CultureInfo.InvariantCulture) / 1000);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("workflow")]
    [InlineData("stage")]
    public async Task What_is_paused_starts_nothing_new_until_it_is_resumed(string what)
    {
        using var cli = new Cli();
        using var engine = await StartAsync(cli);
        var run = await RunAsync(cli);
        string[] target = what switch { "run" => ["runs", "pause", run], "workflow" => ["pause", "gated"], _ => ["pause", "gated/second"] };

        Assert.Equal(0, (await cli.Run(target)).ExitCode);
        for (var clock = Stopwatch.StartNew(); !await IsPausedAsync(cli, run, what); await Task.Delay(50)) Assert.True(clock.Elapsed < Patience, "it is not paused");
        var why = $"paused by 'foreflow {(what == "run" ? "runs " : "")}pause'";
        Assert.Contains(why, (await cli.Run("runs", run)).Output, StringComparison.Ordinal);
        Assert.Equal(why, (await cli.Run("runs", "--output", "json")).Json[0].GetProperty("message").GetString());
        cli.Write("go", "");
        for (var clock = Stopwatch.StartNew(); await StateOfAsync(cli, run, 0) != "succeeded"; await Task.Delay(50)) Assert.True(clock.Elapsed < Patience, "the first stage did not go on");
        Assert.False(File.Exists(Path.Combine(cli.Folder, "second")), "the second stage has started");

        target[^2] = "resume";
        var answer = await cli.Run(target);
        Assert.True(answer.ExitCode == 0, answer.Error);
        Assert.Equal(0, await EndAsync(engine));
        Assert.True(File.Exists(Path.Combine(cli.Folder, "second")));
    }

    [Fact]
    public async Task Cancelling_a_run_whose_process_was_killed_holds_when_it_is_taken_over()
    {
        using var cli = new Cli();
        using var engine = await StartAsync(cli);
        engine.Kill();
        await EndAsync(engine);

        var answer = await cli.Run("runs", "cancel", await RunAsync(cli));
        Assert.Contains("foreflow runs resume", answer.Output, StringComparison.Ordinal);
        var resumed = await cli.Run("runs", "resume", "--output", "json");

        Assert.Equal("cancelled", resumed.Json[0].GetProperty("state").GetString());
        Assert.False(TakeOverTests.IsAlive(File.ReadAllText(Path.Combine(cli.Folder, "first")).Trim()), "its process runs on");
    }

    [Fact]
    public async Task A_stage_paused_while_nobody_carries_its_run_on_does_not_start_when_it_is_taken_over()
    {
        using var cli = new Cli();
        using var engine = await StartAsync(cli);
        var run = await RunAsync(cli);
        engine.Kill();
        await EndAsync(engine);
        Assert.Equal(2, (await cli.Run("pause", "gated/frist")).ExitCode);
        Assert.Equal(0, (await cli.Run("pause", "gated/first")).ExitCode);

        using var next = cli.Start("runs", "resume");
        for (var clock = Stopwatch.StartNew(); await StateOfAsync(cli, run, 0) != "paused" || await OwnerAsync(cli) != next.Id; await Task.Delay(50))
            Assert.True(clock.Elapsed < Patience && !next.HasExited, "it is not taken over");
        cli.Write("go", "");
        Assert.Equal(0, (await cli.Run("resume", "gated/first")).ExitCode);
        Assert.Equal(0, await EndAsync(next));

        // The attempt that was killed and one more: none was started and taken back in between.
        var attempts = (await cli.Run("runs", run, "--output", "json")).Json.GetProperty("stages")[0].GetProperty("attempts").EnumerateArray();
        Assert.Equal(["Interrupted", "Succeeded"], attempts.Select(a => a.GetProperty("cause").GetString()!).Order());
        Assert.Equal(2, (await cli.Run("runs", "resume", run)).ExitCode);
    }

    [Fact]
    public async Task Pruning_takes_ended_runs_away_with_their_files_and_leaves_open_ones()
    {
        using var cli = new Cli();
        cli.Write("hello.yaml", "name: hello\nstages:\n  only:\n    run: echo hello\n");
        var ended = (await cli.Run("run", "hello.yaml", "--output", "json")).Json.GetProperty("run").GetString()!;
        using var engine = await StartAsync(cli);
        var open = await RunAsync(cli);

        Assert.Equal(0, (await cli.Run("runs", "prune", "--output", "json")).Json.GetProperty("runs").GetInt32());
        Assert.True(Directory.Exists(Path.Combine(cli.Folder, "data", "runs", ended)));
        Assert.Equal(1, (await cli.Run("runs", "prune", "--keep", "0s", "--output", "json")).Json.GetProperty("runs").GetInt32());

        Assert.False(Directory.Exists(Path.Combine(cli.Folder, "data", "runs", ended)));
        Assert.Equal(open, await RunAsync(cli));
        Assert.Equal(2, (await cli.Run("runs", ended)).ExitCode);
        cli.Write("go", "");
        Assert.Equal(0, await EndAsync(engine));
    }

    private static async Task<Process> StartAsync(Cli cli)
    {
        cli.Write("gated.yaml", Gated);
        var engine = cli.Start("run", "gated.yaml", "-i", $"folder={cli.Folder}", "--output", "json");
        var file = Path.Combine(cli.Folder, "first");
        for (var clock = Stopwatch.StartNew(); !File.Exists(file) || File.ReadAllText(file).Length == 0; await Task.Delay(20))
            Assert.True(clock.Elapsed < Patience && !engine.HasExited, "the first stage has not started");
        return engine;
    }

    private static async Task<int> EndAsync(Process engine)
    {
        using var limit = new CancellationTokenSource(Patience);
        await engine.WaitForExitAsync(limit.Token);
        return engine.ExitCode;
    }

    private static async Task<string> RunAsync(Cli cli) => (await cli.Run("runs", "-n", "1", "--output", "json")).Json[0].GetProperty("id").GetString()!;

    private static async Task<int> OwnerAsync(Cli cli) =>
        int.Parse((await cli.Run("runs", "-n", "1", "--output", "json")).Json[0].GetProperty("owner").GetString()!.Split('-')[1], System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<bool> IsPausedAsync(Cli cli, string run, string what) => what == "stage"
        ? await StateOfAsync(cli, run, 1) == "paused"
        : (await cli.Run("runs", run, "--output", "json")).Json.GetProperty("state").GetString() == "paused";

    private static async Task<string?> StateOfAsync(Cli cli, string run, int stage) =>
        (await cli.Run("runs", run, "--output", "json")).Json.GetProperty("stages")[stage].GetProperty("state").GetString();
}

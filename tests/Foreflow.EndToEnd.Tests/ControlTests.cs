using System.Diagnostics;

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

    private static async Task<bool> IsPausedAsync(Cli cli, string run, string what) => what == "stage"
        ? await StateOfAsync(cli, run, 1) == "paused"
        : (await cli.Run("runs", run, "--output", "json")).Json.GetProperty("state").GetString() == "paused";

    private static async Task<string?> StateOfAsync(Cli cli, string run, int stage) =>
        (await cli.Run("runs", run, "--output", "json")).Json.GetProperty("stages")[stage].GetProperty("state").GetString();
}

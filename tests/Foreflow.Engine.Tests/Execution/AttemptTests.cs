using System.Collections.Immutable;
using System.Diagnostics;
using Foreflow.Core.Model;
using Foreflow.Engine.Execution;

namespace Foreflow.Engine.Tests.Execution;

/// <summary>One process an attempt: what it gets, what it gives, how its end is told.</summary>
public sealed class AttemptTests : IAsyncLifetime
{
    private NodeFixture node = null!;

    public ValueTask InitializeAsync()
    {
        node = new();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => node.DisposeAsync();

    [Fact]
    public async Task Input_goes_in_by_file_and_output_comes_back()
    {
        var outcome = await node.RunAsync(node.Script("cat \"$FOREFLOW_INPUT\" > \"$FOREFLOW_OUTPUT\"") with { InputJson = """{"day":"monday"}""", Outputs = ["day"] });

        Assert.Equal((AttemptCause.Succeeded, """{"day":"monday"}"""), (outcome.Cause, outcome.OutputJson));
        Assert.Equal(0, outcome.ExitCode);
    }

    [Fact]
    public async Task A_stage_sees_the_contract_what_it_names_and_nothing_else()
    {
        Environment.SetEnvironmentVariable("FOREFLOW_TEST_SECRET", "hunter2");
        var order = node.Script("env > seen") with
        {
            Environment = ImmutableDictionary<string, string>.Empty.Add("DAY", "monday"),
            Granted = new Resources(1500, 1 << 30),
            TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        };

        await node.RunAsync(order);

        var seen = File.ReadAllLines(Path.Combine(node.Folder, "seen")).Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        string[] allowed =
        [
            "DAY", "FOREFLOW_ATTEMPT", "FOREFLOW_CPUS", "FOREFLOW_IDEMPOTENCY_KEY", "FOREFLOW_INPUT", "FOREFLOW_MEMORY_BYTES", "FOREFLOW_OUTPUT",
            "FOREFLOW_PROCESS_GROUP", "FOREFLOW_RUN_ID", "FOREFLOW_STAGE", "FOREFLOW_TASK", "FOREFLOW_WORK_DIR", "HOME", "LANG", "PATH", "PWD", "TRACEPARENT", "TZ",
            "OLDPWD", "SHLVL", "_", // a shell's own
        ];
        Assert.Empty(seen.Keys.Except(allowed));
        Assert.Equal(("run-1", "stage", "1", "1"), (seen["FOREFLOW_RUN_ID"], seen["FOREFLOW_STAGE"], seen["FOREFLOW_TASK"], seen["FOREFLOW_ATTEMPT"]));
        Assert.Equal(("1.5", "1073741824"), (seen["FOREFLOW_CPUS"], seen["FOREFLOW_MEMORY_BYTES"]));
        Assert.Equal("monday", seen["DAY"]);
    }

    [Theory]
    [InlineData("$(touch pwned)")]
    [InlineData("`touch pwned`")]
    [InlineData("'; touch pwned; '")]
    [InlineData("\"; touch pwned; \"")]
    [InlineData("\n touch pwned\n")]
    [InlineData("-- touch pwned")]
    [InlineData("$IFS;&|<>(){}[]*?~!#%^\\ü€😀")]
    public async Task A_value_is_never_read_as_a_script(string value)
    {
        var byScript = node.Script("printf %s \"$DAY\" > got") with { Environment = ImmutableDictionary<string, string>.Empty.Add("DAY", value) };
        Assert.Equal(AttemptCause.Succeeded, (await node.RunAsync(byScript)).Cause);
        Assert.Equal(value, File.ReadAllText(Path.Combine(node.Folder, "got")));

        var byArgument = node.Script("") with { Command = new StageCommand.Program(["sh", "-c", "printf %s \"$1\" > got2", "sh", value]) };
        Assert.Equal(AttemptCause.Succeeded, (await node.RunAsync(byArgument)).Cause);
        Assert.Equal(value, File.ReadAllText(Path.Combine(node.Folder, "got2")));
        Assert.False(File.Exists(Path.Combine(node.Folder, "pwned")));
    }

    [Theory]
    [InlineData("FOREFLOW_RUN_ID", "x", "Foreflow's own")]
    [InlineData("A=B", "x", "no name of a variable")]
    [InlineData("", "x", "no name of a variable")]
    [InlineData("A", "x\0y", "NUL")]
    public async Task A_variable_that_cannot_be_is_refused_in_words(string name, string value, string words)
    {
        var outcome = await node.RunAsync(node.Script("true") with { Environment = ImmutableDictionary<string, string>.Empty.Add(name, value) });

        Assert.Equal(AttemptCause.StartFailed, outcome.Cause);
        Assert.Contains(words, outcome.Detail);
    }

    [Theory]
    [InlineData("exit 3", AttemptCause.ExitCode, "exit code 3")]
    [InlineData("exit 125", AttemptCause.ExitCode, "exit code 125")]
    [InlineData("exit 127", AttemptCause.ExitCode, "exit code 127")]
    [InlineData("no-such-command-xyz", AttemptCause.ExitCode, "exit code 127")]
    [InlineData("kill -SEGV $$", AttemptCause.Signal, "ended by signal 11 (SIGSEGV)")]
    [InlineData("kill -KILL $$", AttemptCause.Signal, "ended by signal 9 (SIGKILL)")]
    [InlineData("exec 2>&-; echo '[1,' > $FOREFLOW_OUTPUT", AttemptCause.BadOutput, "not valid JSON")]
    [InlineData("mkfifo $FOREFLOW_OUTPUT", AttemptCause.BadOutput, "not")]
    [InlineData("ln -s /etc/passwd $FOREFLOW_OUTPUT", AttemptCause.BadOutput, "cannot be read")]
    [InlineData("mkdir $FOREFLOW_OUTPUT", AttemptCause.BadOutput, "")]
    [InlineData("echo '{\"a\":1,\"a\":2}' > $FOREFLOW_OUTPUT", AttemptCause.BadOutput, "not valid JSON")]
    [InlineData("yes '[' | tr -d '\\n' | head -c 100000 > $FOREFLOW_OUTPUT", AttemptCause.BadOutput, "depth")]
    [InlineData("head -c 2000000 /dev/zero > $FOREFLOW_OUTPUT", AttemptCause.BadOutput, "larger than 1048576")]
    [InlineData("printf '\"\\377\\376\"' > $FOREFLOW_OUTPUT", AttemptCause.BadOutput, "not valid JSON")]
    public async Task The_cause_of_an_end_is_told(string script, AttemptCause cause, string words)
    {
        var outcome = await node.RunAsync(node.Script(script));

        Assert.Equal((cause, true), (outcome.Cause, outcome.Detail.Contains(words)));
        Assert.Null(outcome.OutputJson);
    }

    [Fact]
    public async Task A_declared_output_must_be_there()
    {
        var none = await node.RunAsync(node.Script("true") with { Outputs = ["chunks"] });
        var other = await node.RunAsync(node.Script("echo '{\"x\":1}' > $FOREFLOW_OUTPUT") with { Outputs = ["chunks", "x"] });
        var list = await node.RunAsync(node.Script("echo '[1]' > $FOREFLOW_OUTPUT") with { Outputs = ["chunks"] });

        Assert.All([none, other, list], outcome => Assert.Equal(AttemptCause.BadOutput, outcome.Cause));
        Assert.Contains("lacks chunks", other.Detail);
    }

    [Theory]
    [InlineData("./missing", "no such program")]
    [InlineData("missing-program-xyz", "no program missing-program-xyz in PATH")]
    [InlineData("./plain.txt", "is not executable")]
    [InlineData("./folder", "is a folder")]
    [InlineData("./bad-interpreter", "interpreter")]
    [InlineData("", "empty")]
    public async Task A_program_that_cannot_be_started_says_why(string program, string words)
    {
        File.WriteAllText(Path.Combine(node.Folder, "plain.txt"), "hello");
        Directory.CreateDirectory(Path.Combine(node.Folder, "folder"));
        var bad = Path.Combine(node.Folder, "bad-interpreter");
        File.WriteAllText(bad, "#!/no/such/interpreter\n");
        File.SetUnixFileMode(bad, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var outcome = await node.RunAsync(node.Script("") with { Command = new StageCommand.Program([program, "x"]) });

        Assert.Equal((AttemptCause.StartFailed, true), (outcome.Cause, outcome.Detail.Contains(words)));
    }

    [Fact]
    public async Task A_working_folder_that_is_missing_and_an_environment_too_large_are_start_failures()
    {
        var noFolder = await node.RunAsync(node.Script("true") with { WorkingFolder = "/no/such/folder" });
        var tooLarge = await node.RunAsync(node.Script("true") with { Environment = ImmutableDictionary<string, string>.Empty.Add("BIG", new string('x', 3_000_000)) });

        Assert.Equal((AttemptCause.StartFailed, true), (noFolder.Cause, noFolder.Detail.Contains("no such working folder")));
        Assert.Equal((AttemptCause.StartFailed, true), (tooLarge.Cause, tooLarge.Detail.Contains("too large")));
    }

    [Fact]
    public async Task Output_is_kept_up_to_a_bound_first_and_last()
    {
        await using var small = new NodeFixture(with: options => options with { MaxLogBytes = 10_000, TailBytes = 1000 });
        var order = small.Script("i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done; echo oops >&2; exit 1");

        var outcome = await small.RunAsync(order);

        var log = File.ReadAllText(Path.Combine(order.AttemptFolder, AttemptFiles.StandardOutput));
        Assert.InRange(log.Length, 10_000, 11_200);
        Assert.StartsWith("line 0\n", log);
        Assert.Contains("bytes left out here]", log);
        Assert.EndsWith("line 4999\n", log);
        Assert.Equal("oops\n", outcome.ErrorTail);
        Assert.Equal("oops\n", File.ReadAllText(Path.Combine(order.AttemptFolder, AttemptFiles.StandardError)));
    }

    [Fact]
    public async Task Nothing_is_inherited_but_the_three_standard_streams()
    {
        await node.RunAsync(node.Script("ls -l /proc/$$/fd > fds; cat; grep -E 'SigBlk|SigIgn' /proc/self/status > signals"));

        var descriptors = File.ReadAllLines(Path.Combine(node.Folder, "fds")).Skip(1).ToList();
        // The three, and the one ls's output was opened with in passing.
        Assert.InRange(descriptors.Count, 3, 4);
        Assert.Contains(descriptors, line => line.EndsWith("0 -> /dev/null"));
        // Of a child of the shell: a shell that is just starting one blocks signals for a moment itself. Signals 32 and 33 are the C library's own.
        const ulong Internal = 0b11UL << 31;
        Assert.All(File.ReadAllLines(Path.Combine(node.Folder, "signals")), line => Assert.Equal(0UL, Convert.ToUInt64(line.Split('\t')[1], 16) & ~Internal));
    }

    [Theory]
    [InlineData(GroupingKind.Best)]
    [InlineData(GroupingKind.OlderHierarchies)]
    [InlineData(GroupingKind.ProcessTree)]
    public async Task What_a_stage_leaves_running_is_ended_with_it(GroupingKind grouping)
    {
        Host.NeedsGroups(grouping);
        await using var own = new NodeFixture(grouping);
        // A child, a grandchild in a session of its own, and one whose parents are all gone.
        var order = own.Script("sleep 300 & echo $! > child; setsid sleep 300 & (setsid sh -c 'echo $$ > orphan; exec sleep 300' &) ; while [ ! -s orphan ]; do sleep 0.01; done");

        var outcome = await own.RunAsync(order);

        Assert.Equal(AttemptCause.Succeeded, outcome.Cause);
        Assert.False(NodeFixture.IsAlive(int.Parse(File.ReadAllText(Path.Combine(own.Folder, "child")))));
        Assert.False(NodeFixture.IsAlive(int.Parse(File.ReadAllText(Path.Combine(own.Folder, "orphan")))));
        Assert.Empty(own.Reports);
    }

    [Theory]
    [InlineData(GroupingKind.Best)]
    [InlineData(GroupingKind.OlderHierarchies)]
    [InlineData(GroupingKind.ProcessTree)]
    public async Task Cancel_asks_first_and_the_stage_may_clean_up(GroupingKind grouping)
    {
        Host.NeedsGroups(grouping);
        await using var own = new NodeFixture(grouping);
        var attempt = own.Runner.Start(own.Script("trap 'echo cleaned > cleaned; exit 0' TERM; echo ready > ready; sleep 300 & wait"));
        await NodeFixture.FileAsync(Path.Combine(own.Folder, "ready"));

        attempt.End(AttemptCause.Cancelled);
        var outcome = await attempt.Completion.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal((AttemptCause.Cancelled, "cancelled"), (outcome.Cause, outcome.Detail));
        Assert.True(File.Exists(Path.Combine(own.Folder, "cleaned")));
    }

    [Theory]
    [InlineData(GroupingKind.Best)]
    [InlineData(GroupingKind.OlderHierarchies)]
    [InlineData(GroupingKind.ProcessTree)]
    public async Task What_does_not_heed_is_killed_whole_after_the_grace(GroupingKind grouping)
    {
        Host.NeedsGroups(grouping);
        await using var own = new NodeFixture(grouping);
        var attempt = own.Runner.Start(own.Script("trap '' TERM; (trap '' TERM; setsid sleep 300 & echo $! > deep; wait) & echo ready > ready; while :; do sleep 300; done"));
        await NodeFixture.FileAsync(Path.Combine(own.Folder, "ready"));
        var deep = int.Parse(await NodeFixture.FileAsync(Path.Combine(own.Folder, "deep")));

        attempt.End(AttemptCause.Preempted, TimeSpan.FromMilliseconds(50));
        var outcome = await attempt.Completion.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal((AttemptCause.Preempted, (int?)9), (outcome.Cause, outcome.Signal));
        Assert.False(NodeFixture.IsAlive(deep));
    }

    [Fact]
    public async Task A_stage_over_its_time_is_ended()
    {
        var outcome = await node.RunAsync(node.Script("sleep 300") with { Timeout = TimeSpan.FromMilliseconds(50) });

        Assert.Equal(AttemptCause.Timeout, outcome.Cause);
    }

    [Fact]
    public async Task An_end_is_noticed_at_once()
    {
        // The process says when it ended; how much later we say so, without the time our own finishing takes.
        var order = node.Script("date +%s.%N > ended");
        await node.RunAsync(order);
        var delays = new List<double>();
        for (var i = 0; i < 15; i++)
        {
            await node.RunAsync(order);
            var noticed = (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;
            delays.Add(noticed - double.Parse(File.ReadAllText(Path.Combine(node.Folder, "ended"))));
        }

        delays.Sort();
        Assert.InRange(delays[delays.Count / 2], 0, 0.25);
    }

    [Fact]
    public async Task Ending_before_the_start_and_after_the_end_is_harmless()
    {
        var early = node.Runner.Start(node.Script("sleep 300"));
        early.End(AttemptCause.Cancelled, TimeSpan.Zero);
        Assert.Equal(AttemptCause.Cancelled, (await early.Completion.WaitAsync(TimeSpan.FromSeconds(30))).Cause);

        var late = node.Runner.Start(node.Script("true"));
        var outcome = await late.Completion;
        late.End(AttemptCause.Cancelled);
        Assert.False(late.Freeze());
        Assert.Equal(AttemptCause.Succeeded, outcome.Cause);
    }

    [Theory]
    [InlineData(GroupingKind.Best)]
    [InlineData(GroupingKind.OlderHierarchies)]
    [InlineData(GroupingKind.ProcessTree)]
    public async Task Frozen_it_stands_still_and_thawed_it_goes_on(GroupingKind grouping)
    {
        Host.NeedsGroups(grouping);
        await using var own = new NodeFixture(grouping);
        var ticks = Path.Combine(own.Folder, "ticks");
        var attempt = own.Runner.Start(own.Script("while [ ! -e stop ]; do echo x >> ticks; sleep 0.01; done"));
        await NodeFixture.FileAsync(ticks);

        Assert.True(attempt.Freeze());
        await Task.Delay(50); // the kernel freezes each process when it next can
        var frozen = new FileInfo(ticks).Length;
        await Task.Delay(150);
        Assert.Equal(frozen, new FileInfo(ticks).Length);

        Assert.True(attempt.Thaw());
        var clock = Stopwatch.StartNew();
        while (new FileInfo(ticks).Length == frozen && clock.Elapsed.TotalSeconds < 10) await Task.Delay(5);
        Assert.True(new FileInfo(ticks).Length > frozen);
        File.WriteAllText(Path.Combine(own.Folder, "stop"), "");
        var outcome = await attempt.Completion.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(AttemptCause.Succeeded, outcome.Cause);
        Assert.InRange(outcome.Frozen.TotalSeconds, 0.19, 10);
    }

    [Theory]
    [InlineData(GroupingKind.Best)]
    [InlineData(GroupingKind.OlderHierarchies)]
    [InlineData(GroupingKind.ProcessTree)]
    public async Task What_is_frozen_can_be_ended(GroupingKind grouping)
    {
        Host.NeedsGroups(grouping);
        await using var own = new NodeFixture(grouping);
        var attempt = own.Runner.Start(own.Script("echo ready > ready; sleep 300"));
        await NodeFixture.FileAsync(Path.Combine(own.Folder, "ready"));
        attempt.Freeze();

        attempt.End(AttemptCause.Cancelled, TimeSpan.Zero);

        Assert.Equal(AttemptCause.Cancelled, (await attempt.Completion.WaitAsync(TimeSpan.FromSeconds(30))).Cause);
    }
}

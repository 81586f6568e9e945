using System.Text.Json;

namespace Foreflow.EndToEnd.Tests;

public class RunTests
{
    private const string FanOut = """
        name: fan
        inputs: { who: { type: string, default: world } }
        stages:
          split:
            run: printf '{"parts":[1,2,3]}' > "$FOREFLOW_OUTPUT"
            outputs: [ parts ]
          each:
            needs: [ split ]
            foreach: ${{ stages.split.outputs.parts }}
            env: { PART: "${{ item }}", WHO: "${{ inputs.who }}" }
            run: |
              i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done
              echo "hello $WHO, part $PART"
              printf '{"double":%s}' $((PART * 2)) > "$FOREFLOW_OUTPUT"
            outputs: [ double ]
          join:
            needs: [ each ]
            env: { ALL: "${{ stages.each.outputs.double }}" }
            run: echo "$ALL"
        """;

    [Fact]
    public async Task A_run_answers_with_state_attempts_and_what_they_used()
    {
        using var cli = new Cli();
        cli.Write("fan.yaml", FanOut);
        var answer = await cli.Run("run", "fan.yaml", "-i", "who=you; touch /tmp/injected", "--output", "json");
        Assert.True(answer.ExitCode == 0, answer.Error + answer.Output);
        var run = answer.Json;
        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        var each = run.GetProperty("stages")[1];
        Assert.Equal(3, each.GetProperty("attempts").GetArrayLength());
        foreach (var attempt in each.GetProperty("attempts").EnumerateArray())
        {
            Assert.True(attempt.GetProperty("seconds").GetDouble() > 0);
            Assert.True(attempt.GetProperty("cpuSeconds").GetDouble() > 0);
            Assert.True(attempt.GetProperty("memoryPeakBytes").GetInt64() > 0);
        }

        var logs = await cli.Run("logs", run.GetProperty("run").GetString()!, "--output", "json");
        var texts = logs.Json.EnumerateArray().Select(l => l.GetProperty("text").GetString()).ToList();
        Assert.Contains("hello you; touch /tmp/injected, part 2", texts);
        Assert.Contains("[2,4,6]", texts);
        Assert.False(File.Exists("/tmp/injected"));
    }

    [Fact]
    public async Task A_failing_stage_gives_exit_1_and_the_tail_of_its_stderr()
    {
        using var cli = new Cli();
        cli.Write("bad.yaml", "name: bad\nstages:\n  only:\n    run: echo the reason >&2; exit 7\n");
        var answer = await cli.Run("run", "bad.yaml", "--output", "json");
        Assert.Equal(1, answer.ExitCode);
        Assert.Equal("failed", answer.Json.GetProperty("state").GetString());
        Assert.Contains("exit code 7: the reason", answer.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
        var told = await cli.Run("run", "bad.yaml");
        Assert.Equal(1, told.ExitCode);
        Assert.Contains("the reason", told.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_file_gives_exit_2_and_every_fault_with_its_place()
    {
        using var cli = new Cli();
        cli.Write("bad.yaml", "name: bad\nstages:\n  only:\n    rum: echo hi\n    needs: [ nobody ]\n");
        var answer = await cli.Run("run", "bad.yaml");
        Assert.Equal(2, answer.ExitCode);
        Assert.Contains("bad.yaml:4:5", answer.Error, StringComparison.Ordinal);
        Assert.Contains("run", answer.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", answer.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await cli.Run("run", "missing.yaml")).ExitCode);
        Assert.Equal(2, (await cli.Run("runs", "nothing")).ExitCode);
    }

    [Fact]
    public async Task Retries_are_made_and_shown()
    {
        using var cli = new Cli();
        cli.Write("flaky.yaml", """
            name: flaky
            stages:
              only:
                run: test "$FOREFLOW_ATTEMPT" = 3 || { echo "not yet, at $FOREFLOW_ATTEMPT" >&2; exit 1; }
                retries: { max: 5, backoff: 10ms }
            """);
        var answer = await cli.Run("run", "flaky.yaml", "--output", "json");
        Assert.True(answer.ExitCode == 0, answer.Error + answer.Output);
        var causes = answer.Json.GetProperty("stages")[0].GetProperty("attempts").EnumerateArray().Select(a => a.GetProperty("cause").GetString());
        Assert.Equal(["ExitCode", "ExitCode", "Succeeded"], causes);
        var shown = await cli.Run("runs", answer.Json.GetProperty("run").GetString()!);
        Assert.Contains("only attempt 2: ExitCode 1", shown.Output, StringComparison.Ordinal);
        Assert.Contains("  not yet, at 2", shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_history_has_what_was_found_wrong_and_what_the_attempt_or_its_worker_said()
    {
        using var cli = new Cli();
        cli.Write("worker.sh", "echo '{\"ready\":true}'; read task; echo cannot go on >&2; exit 9\n");
        cli.Write("wrong.yaml", """
            name: wrong
            stages:
              lacking: { run: "echo '{}' > $FOREFLOW_OUTPUT; for i in 1 2 3 4 5 6; do echo line $i >&2; done", outputs: [ day ] }
              served: { worker: { command: [ /bin/sh, worker.sh ], protocol: jsonl } }
            """);
        var answer = await cli.Run("run", "wrong.yaml", "--output", "json");
        Assert.Equal(1, answer.ExitCode);
        var (lacking, served) = (Error(0), Error(1));
        Assert.Matches(@"^its output lacks day.*\n(line \d\n?)+$", lacking);
        Assert.Matches(@"(?s)^the worker that had it ended: exit code 9\n.*cannot go on", served);
        var shown = await cli.Run("runs", answer.Json.GetProperty("run").GetString()!);
        Assert.Contains("  its output lacks day", shown.Output, StringComparison.Ordinal);
        Assert.Contains("  line 6", shown.Output, StringComparison.Ordinal);

        string Error(int stage) => answer.Json.GetProperty("stages")[stage].GetProperty("attempts")[0].GetProperty("error").GetString()!;
    }

    [Fact]
    public async Task The_example_with_a_worker_answers_through_warm_replicas()
    {
        using var cli = new Cli();
        var answer = await cli.Run("run", Path.Combine(Cli.Root, "examples", "related-words", "related-words.yaml"), "-i", "settle=1", "--output", "json");
        Assert.True(answer.ExitCode == 0, answer.Error + answer.Output);
        var search = answer.Json.GetProperty("stages")[1];
        Assert.Equal(4, search.GetProperty("tasks").GetInt32());
        var explained = await cli.Run("explain", "related-words/search", "--output", "json");
        var changes = explained.Json.EnumerateArray().Where(e => e.GetProperty("kind").GetString() == "replicas").ToList();
        Assert.Contains(changes, e => e.GetProperty("reason").GetProperty("rule").GetString() == "ahead");
        var told = await cli.Run("explain", "related-words/search");
        Assert.Contains("-> ", told.Output, StringComparison.Ordinal);
        Assert.Contains("related-words/search", (await cli.Run("plan")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_runs_at_once_share_a_data_folder_and_both_end()
    {
        using var cli = new Cli();
        cli.Write("fan.yaml", FanOut);
        var answers = await Task.WhenAll(cli.Run("run", "fan.yaml", "--output", "json"), cli.Run("run", "fan.yaml", "--output", "json"));
        Assert.All(answers, a => Assert.True(a.ExitCode == 0, a.Error));
        var list = (await cli.Run("runs", "--output", "json")).Json;
        Assert.Equal(2, list.GetArrayLength());
        Assert.All(list.EnumerateArray(), r => Assert.Equal("succeeded", r.GetProperty("status").GetString()));
    }
}

using System.Text.Json;
using CsCheck;
using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Core.Workflows;

namespace Foreflow.Core.Tests.Runs;

public class RunMachineTests
{
    private static readonly Instant Start = Instant.FromUnixSeconds(1_000_000);

    private static WorkflowDefinition Chain(int retries = 0) => Workflow.Create("w")
        .Stage("split", s => s.Run("true").Outputs("parts"))
        .Stage("count", s => s.Needs("split").Foreach("stages.split.outputs.parts").Run("true").Retries(retries))
        .Stage("merge", s => s.Needs("count").Run("true"))
        .Build();

    private static (RunState Run, List<RunCommand> Commands) Accepted(WorkflowDefinition definition)
    {
        var run = new RunState(new RunId("r1"), definition);
        var commands = new List<RunCommand>();
        RunMachine.Handle(run, new RunAccepted(Start, "w", definition.Version, JsonElement.Parse("{}")), commands);
        return (run, commands);
    }

    private static List<RunCommand> Take(RunState run, RunEvent happened)
    {
        var commands = new List<RunCommand>();
        RunMachine.Handle(run, happened, commands);
        return commands;
    }

    private static AttemptFinished Done(int stage, int task = 0, int attempt = 1, string? output = null) =>
        new(Start, stage, task, attempt, AttemptCause.Succeeded, output);

    private static AttemptFinished Failed(int stage, int task = 0, int attempt = 1, AttemptCause cause = AttemptCause.ExitCode) =>
        new(Start, stage, task, attempt, cause, ExitCode: 3, Error: "no such luck");

    [Fact]
    public void Stages_follow_each_other_and_foreach_makes_a_task_of_each_element()
    {
        var (run, commands) = Accepted(Chain());
        Assert.Equal([new SubmitTasks(0, 0, 1, 1)], commands);
        Assert.Equal([new SettleStage(0, false), new SubmitTasks(1, 0, 3, 1)], Take(run, Done(0, output: """{"parts":[1,2,3]}""")));
        Assert.Empty(Take(run, Done(1, 1)));
        Assert.Empty(Take(run, Done(1, 0)));
        Assert.Equal([new SettleStage(1, false), new SubmitTasks(2, 0, 1, 1)], Take(run, Done(1, 2)));
        Assert.Equal([new SettleStage(2, false), new EndRun(RunPhase.Succeeded, null)], Take(run, Done(2)));
    }

    [Fact]
    public void A_late_result_of_an_earlier_attempt_is_not_taken()
    {
        var (run, _) = Accepted(Chain(retries: 1));
        Take(run, Done(0, output: """{"parts":[1]}"""));
        var again = Assert.IsType<WakeAt>(Assert.Single(Take(run, Failed(1))));
        Assert.Equal(new SubmitTasks(1, 0, 1, 2, AttemptCause.ExitCode), Assert.Single(Take(run, new RetryCame(again.At, 1, 0))));
        Assert.Empty(Take(run, Done(1, attempt: 1)));
        Assert.NotEmpty(Take(run, Done(1, attempt: 2)));
        Assert.Empty(Take(run, Done(1, attempt: 2)));
    }

    [Fact]
    public void A_failure_blocks_what_comes_after_it_and_fails_the_run_with_its_words()
    {
        var (run, _) = Accepted(Chain());
        Take(run, Failed(0));
        Assert.Equal(RunPhase.Failed, run.Phase);
        Assert.Equal(StagePhase.Blocked, run.Stages[2].Phase);
        Assert.Contains("exit code 3: no such luck", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AttemptCause.OutOfMemory, 4)]
    [InlineData(AttemptCause.NodeLost, 5)]
    [InlineData(AttemptCause.WorkerLost, 3)]
    [InlineData(AttemptCause.ExitCode, 0)]
    public void What_the_task_is_not_to_blame_for_is_tried_again_so_many_times(AttemptCause cause, int times)
    {
        var (run, _) = Accepted(Chain());
        for (var attempt = 1; attempt <= times; attempt++)
            Assert.Equal(new SubmitTasks(0, 0, 1, attempt + 1, cause, cause == AttemptCause.WorkerLost ? attempt : 0), Assert.Single(Take(run, Failed(0, 0, attempt, cause))));
        Take(run, Failed(0, 0, times + 1, cause));
        Assert.Equal(RunPhase.Failed, run.Phase);
    }

    [Fact]
    public void A_task_that_has_ended_four_workers_is_poison_and_fails_whatever_retries_are_left()
    {
        var (run, _) = Accepted(Workflow.Create("p").Stage("serve", s => s.Handler("Serve").Retries(10)).Build());
        AttemptCause[] causes = [AttemptCause.WorkerLost, AttemptCause.HealthCheckFailed, AttemptCause.WorkerLost];
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            Assert.Equal(causes[attempt - 1], RunMachine.CauseOf(run, 0, 0, causes[attempt - 1]));
            Assert.Equal(new SubmitTasks(0, 0, 1, attempt + 1, causes[attempt - 1], attempt), Assert.Single(Take(run, Failed(0, 0, attempt, causes[attempt - 1]))));
        }

        Assert.Equal(AttemptCause.Poison, RunMachine.CauseOf(run, 0, 0, AttemptCause.WorkerLost));
        Assert.Equal(AttemptCause.ExitCode, RunMachine.CauseOf(run, 0, 0, AttemptCause.ExitCode));
        Take(run, Failed(0, 0, 4, AttemptCause.WorkerLost));
        Assert.Equal(RunPhase.Failed, run.Phase);
        Assert.Equal(AttemptCause.Poison, run.Stages[0].Task(0).LastCause);
        Assert.Contains("poison, it has ended 4 workers", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Output_that_lacks_what_was_declared_is_a_failure()
    {
        var (run, _) = Accepted(Chain());
        Take(run, Done(0, output: """{"pieces":[1]}"""));
        Assert.Equal(RunPhase.Failed, run.Phase);
        Assert.Contains("lacks parts", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelling_ends_what_waits_and_stops_what_runs()
    {
        var (run, _) = Accepted(Chain());
        Take(run, Done(0, output: """{"parts":[1,2]}"""));
        Take(run, new AttemptStarted(Start, 1, 0, 1, "a"));
        var commands = Take(run, new CancelAsked(Start, "enough"));
        Assert.Contains(new WithdrawTask(1, 0, 1), commands);
        Assert.Contains(new WithdrawTask(1, 1, 1), commands);
        Assert.Equal(RunPhase.Cancelling, run.Phase);
        Take(run, Failed(1, 0, 1, AttemptCause.Cancelled));
        Assert.Equal(RunPhase.Cancelled, run.Phase);
    }

    [Fact]
    public void A_paused_run_submits_on_resume_what_became_ready_meanwhile()
    {
        var (run, _) = Accepted(Chain());
        Take(run, new AttemptStarted(Start, 0, 0, 1, "a"));
        Take(run, new PauseAsked(Start, "later"));
        Assert.DoesNotContain(Take(run, Done(0, output: """{"parts":[1,2]}""")), c => c is SubmitTasks);
        Assert.Equal([new SubmitTasks(1, 0, 1, 1), new SubmitTasks(1, 1, 1, 1)], Take(run, new ResumeAsked(Start)));
    }

    [Fact]
    public void A_pause_hides_no_failure_and_is_no_reason_of_a_cancel()
    {
        var definition = Workflow.Create("w").Stage("bad", s => s.Run("false")).Stage("slow", s => s.Run("true")).Build();
        var (run, _) = Accepted(definition);
        Take(run, new AttemptStarted(Start, 1, 0, 1, "a"));
        Take(run, Failed(0));
        Take(run, new PauseAsked(Start, "by hand"));
        Assert.Equal("by hand", run.Note);
        Take(run, new ResumeAsked(Start));
        Take(run, Done(1));
        Assert.Equal(RunPhase.Failed, run.Phase);
        Assert.StartsWith("stage 'bad' failed", run.Error, StringComparison.Ordinal);

        var (other, _) = Accepted(definition);
        Take(other, new PauseAsked(Start, "by hand"));
        Take(other, new CancelAsked(Start, "enough"));
        Assert.Equal((RunPhase.Cancelled, "enough"), (other.Phase, other.Note));
    }

    [Fact]
    public void Memory_that_is_fixed_does_not_grow_and_is_not_tried_again_unasked()
    {
        foreach (var isFixed in (bool[])[true, false])
        {
            var (run, _) = Accepted(Workflow.Create("w").Stage("only", s => s.Run("true").Resources(new Resources(0, 64 << 20), isFixed)).Build());
            Take(run, new AttemptStarted(Start, 0, 0, 1, "a"));
            Take(run, Failed(0, cause: AttemptCause.OutOfMemory));
            Assert.Equal(isFixed ? RunPhase.Failed : RunPhase.Running, run.Phase);
        }
    }

    [Fact]
    public void A_cause_with_a_rule_of_its_own_is_counted_apart_and_waits_as_it_says()
    {
        var policy = RetryPolicy.None with
        {
            Max = 1, Backoff = TimeSpan.FromSeconds(8), Jitter = 0,
            Causes = [new CauseRetries(AttemptCause.OutOfMemory, 2, TimeSpan.Zero), new CauseRetries(AttemptCause.Timeout, 0), new CauseRetries(AttemptCause.NodeLost, 1)],
        };
        Assert.Equal([0, 0, null], Waits(AttemptCause.OutOfMemory, AttemptCause.OutOfMemory, AttemptCause.OutOfMemory));
        Assert.Equal([0, 8, 0, null], Waits(AttemptCause.OutOfMemory, AttemptCause.ExitCode, AttemptCause.OutOfMemory, AttemptCause.ExitCode));
        Assert.Equal([null], Waits(AttemptCause.Timeout));
        Assert.Equal([8, null], Waits(AttemptCause.NodeLost, AttemptCause.NodeLost));

        // The wait after each end, in seconds; null for the end of the task.
        double?[] Waits(params AttemptCause[] causes)
        {
            var (run, _) = Accepted(Workflow.Create("w").Stage("only", s => s.Run("true").Retries(policy)).Build());
            return [.. causes.Select((cause, i) =>
            {
                var commands = Take(run, Failed(0, attempt: i + 1, cause: cause));
                foreach (var wake in commands.OfType<WakeAt>()) Take(run, new RetryCame(wake.At, 0, 0));
                return run.IsOver ? (double?)null : commands.OfType<WakeAt>().Select(wake => (wake.At - Start).TotalSeconds).FirstOrDefault();
            })];
        }
    }

    [Fact]
    public void A_failure_is_told_in_the_units_of_the_file()
    {
        var (run, _) = Accepted(Workflow.Create("w").Stage("only", s => s.Run("true").Timeout(TimeSpan.FromMilliseconds(300))).Build());
        Take(run, Failed(0, cause: AttemptCause.Timeout));
        Assert.Contains("timeout of 300ms", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Recovery_voids_the_attempts_of_before()
    {
        var (run, _) = Accepted(Chain());
        Take(run, new AttemptStarted(Start, 0, 0, 1, "a"));
        var commands = new List<RunCommand>();
        RunMachine.Handle(run, new RunTakenOver(Start, "next"), commands);
        Assert.Equal([new SubmitTasks(0, 0, 1, 2)], commands);
        Assert.Empty(Take(run, Done(0, attempt: 1, output: """{"parts":[]}""")));
        Assert.NotEmpty(Take(run, Done(0, attempt: 2, output: """{"parts":[]}""")));
    }

    [Fact]
    public void A_run_that_was_taken_over_is_the_same_whenever_its_events_are_read()
    {
        var definition = Chain();
        RunEvent[] events =
        [
            new RunAccepted(Start, "w", definition.Version, JsonElement.Parse("{}"), Owner: "first"), new AttemptStarted(Start, 0, 0, 1, "a"), new PauseAsked(Start, "later"),
            new RunTakenOver(Start, "next"), new RunTakenOver(Start, "third"), new ResumeAsked(Start),
        ];
        var (run, commands) = (new RunState(new RunId("r1"), definition), new List<RunCommand>());
        foreach (var happened in events) RunMachine.Handle(run, happened, commands);
        Assert.Equal("third", run.Owner);
        Assert.Equal(new SubmitTasks(0, 0, 1, 3), commands[^1]);
        Assert.Equal((TaskPhase.Queued, 3), (run.Stages[0].Task(0).Phase, run.Stages[0].Task(0).Attempts));
    }

    [Fact]
    public void A_rerun_takes_over_what_succeeded_and_runs_the_rest_anew()
    {
        var (run, _) = Accepted(Chain());
        Take(run, Done(0, output: """{"parts":[7]}"""));
        Take(run, Failed(1));
        Assert.Equal(RunPhase.Failed, run.Phase);
        var reused = RunReuse.Of(run, from: null);
        Assert.Equal(["split"], reused.Keys);

        var again = new RunState(new RunId("r2"), run.Definition);
        var commands = new List<RunCommand>();
        RunMachine.Handle(again, new RunAccepted(Start, "w", run.Definition.Version, JsonElement.Parse("{}"), RerunOf: "r1", Reused: JsonElement.Parse("""{"split":{"parts":[7]}}""")), commands);
        Assert.Equal([new SettleStage(0, false), new SubmitTasks(1, 0, 1, 1)], commands);
        Assert.Equal("[7]", again.Stages[1].Items is [var item] ? $"[{item}]" : "");
        Take(again, Done(1));
        Take(again, Done(2));
        Assert.Equal(RunPhase.Succeeded, again.Phase);
        Assert.Equal(["split"], RunReuse.Of(again, from: 1).Keys);
        Assert.Empty(RunReuse.Of(again, from: 0));
    }

    [Fact]
    public void A_paused_stage_waits_while_the_others_go_on()
    {
        var (run, _) = Accepted(Chain());
        Take(run, new PauseAsked(Start, "p", Stage: 1));
        Take(run, new AttemptStarted(Start, 0, 0, 1, "a"));
        Assert.Equal([new SettleStage(0, false)], Take(run, Done(0, output: """{"parts":[1,2]}""")));
        Assert.Equal(RunPhase.Running, run.Phase);
        // The run's own pause is another: a stage goes on once both are gone.
        Take(run, new PauseAsked(Start, "q"));
        Assert.Empty(Take(run, new ResumeAsked(Start, Stage: 1)));
        Assert.Equal([new SubmitTasks(1, 0, 1, 1), new SubmitTasks(1, 1, 1, 1)], Take(run, new ResumeAsked(Start)));
    }

    [Fact]
    public void Pausing_a_stage_takes_its_waiting_tasks_back_and_leaves_those_that_run()
    {
        var (run, _) = Accepted(Chain());
        Take(run, new AttemptStarted(Start, 0, 0, 1, "a"));
        Take(run, Done(0, output: """{"parts":[1,2]}"""));
        Take(run, new AttemptStarted(Start, 1, 0, 1, "a"));
        Assert.Equal([new WithdrawTask(1, 1, 1, OnlyIfWaiting: true)], Take(run, new PauseAsked(Start, "p", Stage: 1)));
        Assert.Empty(Take(run, new PauseAsked(Start, "p", Stage: 1)));
        Assert.Empty(Take(run, Done(1, 0)));
        Assert.Equal([new SubmitTasks(1, 1, 1, 1)], Take(run, new ResumeAsked(Start, Stage: 1)));
    }

    [Fact]
    public void Recovery_of_a_paused_run_submits_nothing_before_it_is_resumed()
    {
        var (run, _) = Accepted(Chain());
        Take(run, new AttemptStarted(Start, 0, 0, 1, "a"));
        Take(run, new PauseAsked(Start, "p"));
        var commands = new List<RunCommand>();
        RunMachine.Handle(run, new RunTakenOver(Start, "next"), commands);
        Assert.Empty(commands);
        Assert.Equal([new SubmitTasks(0, 0, 1, 2)], Take(run, new ResumeAsked(Start)));
    }

    [Fact]
    public void Recovery_of_a_run_that_is_being_cancelled_starts_nothing()
    {
        var (run, _) = Accepted(Chain());
        Take(run, new AttemptStarted(Start, 0, 0, 1, "a"));
        Take(run, new CancelAsked(Start, "c"));
        var commands = new List<RunCommand>();
        RunMachine.Handle(run, new RunTakenOver(Start, "next"), commands);
        Assert.Empty(commands);
        Take(run, new AttemptFinished(Start, 0, 0, 1, AttemptCause.Cancelled));
        Assert.Equal(RunPhase.Cancelled, run.Phase);
    }

    /// <summary>Whatever ends in whatever order, with retries, cancels, pauses and stale news: the run comes to one end, and each task succeeds at most once.</summary>
    [Fact]
    public void Any_history_comes_to_exactly_one_end() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[1, 6], Gen.Int[0, 99].Array[400]).Sample((retries, parts, rolls) =>
        {
            var (run, first) = Accepted(Chain(retries));
            var open = new List<(int Stage, int Task, int Attempt)>();
            var (ends, successes, next) = (0, new Dictionary<(int, int), int>(), 0);
            Note(first);
            for (var step = 0; step < 2000 && !run.IsOver; step++)
            {
                var roll = rolls[next++ % rolls.Length];
                if (roll < 2) Note(Take(run, new PauseAsked(Start, "p")));
                if (run.Phase == RunPhase.Paused || roll is 5 or 6) Note(Take(run, new ResumeAsked(Start)));
                if (roll == 99 && step > 30) Note(Take(run, new CancelAsked(Start, "c")));
                if (open.Count == 0) continue;
                var (stage, task, attempt) = open[roll % open.Count];
                open.RemoveAt(roll % open.Count);
                if (roll % 7 == 0) Note(Take(run, new AttemptStarted(Start, stage, task, attempt, "a")));
                var well = run.Stages[stage].TaskCount > task && run.Stages[stage].Task(task).Attempts == attempt;
                var cause = roll < 70 ? AttemptCause.Succeeded : roll < 80 ? AttemptCause.ExitCode : AttemptCause.Preempted;
                var before = well && run.Stages[stage].Task(task).Phase is TaskPhase.Queued or TaskPhase.Running;
                var output = stage == 0 ? $$"""{"parts":[{{string.Join(",", Enumerable.Range(0, parts))}}]}""" : null;
                Note(Take(run, new AttemptFinished(Start, stage, task, attempt, cause, output)));
                if (well && before && cause == AttemptCause.Succeeded) successes[(stage, task)] = successes.GetValueOrDefault((stage, task)) + 1;
            }

            return run.IsOver && ends == 1 && successes.Values.All(n => n == 1);

            void Note(List<RunCommand> commands)
            {
                foreach (var command in commands)
                {
                    if (command is EndRun) ends++;
                    if (command is SubmitTasks submit) open.AddRange(Enumerable.Range(0, submit.Count).Select(i => (submit.Stage, submit.FirstTask + i, submit.Attempt)));
                    if (command is WakeAt wake) Note(Take(run, new RetryCame(wake.At, wake.Stage, wake.Task)));
                    if (command is WithdrawTask { OnlyIfWaiting: false } stop) Note(Take(run, new AttemptFinished(Start, stop.Stage, stop.Task, stop.Attempt, AttemptCause.Cancelled)));
                }
            }
        }, iter: 2000);
}

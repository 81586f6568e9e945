using System.Text.Json;
using CsCheck;
using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Core.Workflows;

namespace Foreflow.Core.Tests.Runs;

/// <summary>Two attempts of a task at once: the first that succeeds is taken, once, and the other is called off.</summary>
public class HedgedRunTests
{
    private static readonly Instant Start = Instant.FromUnixSeconds(1_000_000);

    private static readonly HedgeReason Late = new(9, 3, 40, 0, 40);

    private static readonly WorkflowDefinition Two = Workflow.Create("w")
        .Stage("twice", s => s.Foreach("range(0, 3)").Run("true").Idempotent().Retries(2))
        .Stage("once", s => s.Needs("twice").Run("true").Retries(2))
        .Build();

    private static RunState Accepted()
    {
        var run = new RunState(new RunId("r1"), Two);
        Take(run, new RunAccepted(Start, "w", Two.Version, JsonElement.Parse("{}")));
        return run;
    }

    /// <summary>A run whose first task runs twice: attempt 1, and attempt 2 beside it.</summary>
    private static RunState Hedged()
    {
        var run = Accepted();
        Take(run, new AttemptStarted(Start, 0, 0, 1, "a"));
        Take(run, new AttemptStarted(Start, 0, 0, 2, "b", Hedge: Late));
        return run;
    }

    private static List<RunCommand> Take(RunState run, RunEvent happened)
    {
        var commands = new List<RunCommand>();
        RunMachine.Handle(run, happened, commands);
        return commands;
    }

    private static AttemptFinished End(int attempt, AttemptCause cause, int stage = 0, int task = 0) => new(Start, stage, task, attempt, cause, ExitCode: 1);

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public void The_first_that_succeeds_is_taken_and_the_other_is_called_off(int winner, int loser)
    {
        var run = Hedged();
        Assert.Equal([new WithdrawTask(0, 0, loser, Cause: AttemptCause.Superseded)], Take(run, End(winner, AttemptCause.Succeeded)));
        Assert.Equal(TaskPhase.Succeeded, run.Stages[0].Task(0).Phase);
        Assert.Empty(Take(run, End(loser, AttemptCause.Superseded)));
        Assert.Empty(Take(run, End(loser, AttemptCause.Succeeded)));
        Assert.Equal(2, run.Stages[0].Open);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public void One_that_fails_says_nothing_while_the_other_runs(int first, int last)
    {
        var run = Hedged();
        Assert.Empty(Take(run, End(first, AttemptCause.ExitCode)));
        Assert.True(run.Stages[0].Task(0).Awaits(last));
        Assert.False(run.Stages[0].Task(0).Awaits(first));
        Assert.Empty(Take(run, End(first, AttemptCause.Succeeded)));
        // The last to end speaks for both: one retry is spent, and its number is new.
        var wake = Assert.IsType<WakeAt>(Assert.Single(Take(run, End(last, AttemptCause.ExitCode))));
        Assert.Equal(new SubmitTasks(0, 0, 1, 3, AttemptCause.ExitCode), Assert.Single(Take(run, new RetryCame(wake.At, 0, 0))));
        Assert.Equal(1, run.Stages[0].Task(0).RetriesUsed);
    }

    [Fact]
    public void A_hedge_is_taken_only_beside_an_attempt_that_runs_of_a_stage_that_may_be_done_twice()
    {
        var run = Accepted();
        Assert.False(RunMachine.CanHedge(run, 0, 0, 2));
        Take(run, new AttemptStarted(Start, 0, 0, 2, "b", Hedge: Late));
        Assert.Equal(1, run.Stages[0].Task(0).Attempts);
        Take(run, new AttemptStarted(Start, 0, 0, 1, "a"));
        Assert.True(RunMachine.CanHedge(run, 0, 0, 2));
        Assert.False(RunMachine.CanHedge(run, 0, 0, 3));
        Take(run, new AttemptStarted(Start, 0, 0, 2, "b", Hedge: Late));
        Assert.False(RunMachine.CanHedge(run, 0, 0, 3));
        for (var t = 0; t < 3; t++) Take(run, End(1, AttemptCause.Succeeded, 0, t));
        Take(run, new AttemptStarted(Start, 1, 0, 1, "a"));
        Assert.Equal(StagePhase.Running, run.Stages[1].Phase);
        Assert.False(RunMachine.CanHedge(run, 1, 0, 2));
        Take(run, new AttemptStarted(Start, 1, 0, 2, "b", Hedge: Late));
        Assert.Equal(1, run.Stages[1].Task(0).Attempts);
    }

    [Fact]
    public void A_paused_run_is_not_hedged()
    {
        var run = Accepted();
        Take(run, new AttemptStarted(Start, 0, 0, 1, "a"));
        Take(run, new PauseAsked(Start, "lunch"));
        Assert.False(RunMachine.CanHedge(run, 0, 0, 2));
    }

    [Fact]
    public void Cancelling_calls_both_off_and_waits_for_both()
    {
        var run = Hedged();
        var commands = Take(run, new CancelAsked(Start, "enough"));
        Assert.Contains(new WithdrawTask(0, 0, 1), commands);
        Assert.Contains(new WithdrawTask(0, 0, 2), commands);
        Take(run, End(2, AttemptCause.Cancelled));
        Assert.Equal(RunPhase.Cancelling, run.Phase);
        Take(run, End(1, AttemptCause.Cancelled));
        Assert.Equal(RunPhase.Cancelled, run.Phase);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_a_crash_with_two_running_one_attempt_is_made_under_a_new_number(bool oneHadFailed)
    {
        var run = Hedged();
        if (oneHadFailed) Take(run, End(2, AttemptCause.ExitCode));
        var commands = new List<RunCommand>();
        RunMachine.Handle(run, new RunTakenOver(Start, "next"), commands);
        Assert.Equal([new SubmitTasks(0, 0, 1, 3, oneHadFailed ? AttemptCause.ExitCode : null), new SubmitTasks(0, 1, 1, 2), new SubmitTasks(0, 2, 1, 2)], commands);
        Assert.Empty(Take(run, End(1, AttemptCause.Succeeded)));
        Assert.Empty(Take(run, End(2, AttemptCause.Succeeded)));
        Assert.NotEqual(TaskPhase.Succeeded, run.Stages[0].Task(0).Phase);
    }

    /// <summary>Ten thousand lives of a run with hedges, failures, crashes and late answers, each told by the seed of its case.</summary>
    [Fact]
    public void Whatever_happens_a_result_is_taken_once_numbers_are_new_and_the_run_ends() =>
        Gen.ULong.Sample(Life.Play, iter: 10_000, seed: "0000KTO5YTe1");

    /// <summary>Plays pool and nodes: starts what is submitted, hedges what it likes, ends attempts in any order, crashes now and then.</summary>
    private sealed class Life(ulong seed)
    {
        private readonly List<RunEvent> _events = [];
        private readonly List<(int Stage, int Task, int Attempt)> _running = [];
        private readonly List<(int Stage, int Task, int Attempt)> _calledOff = [];
        private readonly HashSet<(int, int, int)> _numbers = [];
        private readonly HashSet<(int, int)> _done = [];
        private RunState _run = new(new RunId("r1"), Two);
        private ulong _step;

        public static void Play(ulong seed) => new Life(seed).Play();

        private double Roll(ulong purpose) => Draw.Uniform(seed, _step, purpose);

        private void Play()
        {
            Happen(new RunAccepted(Start, "w", Two.Version, JsonElement.Parse("{}")));
            while (!_run.IsOver)
            {
                Assert.True(_step++ < 2000, "the run does not end");
                if (Roll(0) < 0.03) Crash();
                else if (Roll(1) < 0.3) Hedge();
                else if (Roll(2) < 0.005) Happen(new CancelAsked(Start, "enough"));
                else EndOne();
            }
        }

        private void Hedge()
        {
            if (_running.Count == 0) return;
            var (stage, task, attempt) = _running[(int)(Roll(3) * _running.Count)];
            var takes = RunMachine.CanHedge(_run, stage, task, attempt + 1);
            Assert.True(!takes || stage == 0, "a stage that may not be done twice is hedged");
            if (takes) Begin(new AttemptStarted(Start, stage, task, attempt + 1, "b", Hedge: Late));
            else
            {
                var before = _run.Stages[stage].Task(task).Attempts;
                if (_run.Stages[stage].Task(task).Attempts != attempt) return;
                Happen(new AttemptStarted(Start, stage, task, attempt + 1, "b", Hedge: Late), kept: false);
                Assert.Equal(before, _run.Stages[stage].Task(task).Attempts);
            }
        }

        private void Begin(AttemptStarted started)
        {
            Assert.True(_numbers.Add((started.Stage, started.Task, started.Attempt)), $"attempt {started.Attempt} of task {started.Task} is started twice");
            _running.Add((started.Stage, started.Task, started.Attempt));
            Assert.InRange(_running.Count(r => r.Stage == started.Stage && r.Task == started.Task && !_calledOff.Contains(r)), 1, started.Stage == 0 ? 2 : 1);
            Happen(started);
        }

        private void EndOne()
        {
            if (_running.Count == 0) return;
            var ended = _running[(int)(Roll(4) * _running.Count)];
            _running.Remove(ended);
            // One that is called off may succeed before it hears of it.
            var cause = _calledOff.Contains(ended) && Roll(5) < 0.8 ? (_run.Phase == RunPhase.Cancelling ? AttemptCause.Cancelled : AttemptCause.Superseded)
                : Roll(6) < 0.6 ? AttemptCause.Succeeded : Roll(7) < 0.5 ? AttemptCause.ExitCode : AttemptCause.NodeLost;
            Happen(new AttemptFinished(Start, ended.Stage, ended.Task, ended.Attempt, cause, ExitCode: 1));
        }

        /// <summary>All that ran is gone; the state is that of the events, and what is to be done is said anew.</summary>
        private void Crash()
        {
            var folded = new RunState(new RunId("r1"), Two);
            foreach (var happened in _events) RunMachine.Handle(folded, happened, new List<RunCommand>());
            for (var s = 0; s < folded.Stages.Count; s++)
                for (var t = 0; t < folded.Stages[s].TaskCount; t++)
                    Assert.Equal(_done.Contains((s, t)), folded.Stages[s].Task(t).Phase == TaskPhase.Succeeded);
            (_run, _) = (folded, _running.RemoveAll(_ => true));
            _calledOff.Clear();
            var commands = new List<RunCommand>();
            RunMachine.Handle(_run, new RunTakenOver(Start, "next"), commands);
            Perform(commands);
            if (_run.Phase != RunPhase.Cancelling) return;
            for (var s = 0; s < _run.Stages.Count; s++)
                for (var t = 0; t < _run.Stages[s].TaskCount; t++)
                    foreach (var attempt in (int[])[_run.Stages[s].Task(t).Hedged, _run.Stages[s].Task(t).Attempts])
                        if (_run.Stages[s].Task(t).Awaits(attempt)) Happen(new AttemptFinished(Start, s, t, attempt, AttemptCause.Cancelled));
        }

        private void Happen(RunEvent happened, bool kept = true)
        {
            var succeeded = happened is AttemptFinished { Cause: AttemptCause.Succeeded } f && _run.Stages[f.Stage].Task(f.Task).Phase != TaskPhase.Succeeded;
            var commands = Take(_run, happened);
            if (kept) _events.Add(happened);
            if (succeeded && happened is AttemptFinished e && _run.Stages[e.Stage].Task(e.Task).Phase == TaskPhase.Succeeded)
                Assert.True(_done.Add((e.Stage, e.Task)), "a result is taken twice");
            Perform(commands);
        }

        private void Perform(List<RunCommand> commands)
        {
            foreach (var command in commands)
            {
                switch (command)
                {
                    case WithdrawTask c:
                        Assert.Contains((c.Stage, c.Task, c.Attempt), _running);
                        _calledOff.Add((c.Stage, c.Task, c.Attempt));
                        break;
                    case SubmitTasks c:
                        for (var i = 0; i < c.Count; i++) Begin(new AttemptStarted(Start, c.Stage, c.FirstTask + i, c.Attempt, "a"));
                        break;
                    case WakeAt c:
                        Happen(new RetryCame(c.At, c.Stage, c.Task));
                        break;
                }
            }
        }
    }
}

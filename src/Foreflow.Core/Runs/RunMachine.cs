using System.Collections.Immutable;
using System.Text.Json;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Expressions;

namespace Foreflow.Core.Runs;

/// <summary>
/// A run as a state machine: takes an event, changes the state, says what is to be done. No clock, no I/O: the same
/// events give the same states and commands, live, replayed and simulated.
/// </summary>
public static class RunMachine
{
    /// <summary>Folds one event in and adds what is to be done to <paramref name="commands"/>. Events that come too late change nothing.</summary>
    /// <exception cref="InvalidOperationException">The first event is not <see cref="RunAccepted"/>, or a later one is.</exception>
    public static void Handle(RunState run, RunEvent happened, ICollection<RunCommand> commands)
    {
        if (run.AcceptedAt is null != happened is RunAccepted)
            throw new InvalidOperationException($"run {run.Id}: {happened.GetType().Name} out of turn");
        switch (happened)
        {
            case RunAccepted e: Accept(run, e, commands); break;
            case AttemptStarted e: Start(run, e); break;
            case AttemptFinished e: Finish(run, e, commands); break;
            case RetryCame e: Retry(run, e, commands); break;
            case CancelAsked e: Cancel(run, e, commands); break;
            case PauseAsked e: Pause(run, e, commands); break;
            case ResumeAsked e: Resume(run, e, commands); break;
            case RunTakenOver e: TakeOver(run, e, commands); break;
            case StageParked e: run.Stages[e.Stage].Parked = e.Why; break;
            case AttemptPaused e: run.Stages[e.Stage].Stand(new StandingAttempt(e.Task, e.Attempt, e.At, e.Why)); break;
            case AttemptResumed e: run.Stages[e.Stage].GoOn(e.Task, e.Attempt); break;
        }
    }

    /// <summary>The cause for which an attempt is taken to have ended: poison where it ended one worker too many.</summary>
    public static AttemptCause CauseOf(RunState run, int stage, int task, AttemptCause cause) =>
        RetryRules.EndsWorker(run, stage, cause) && run.Stages[stage].Tasks[task].WorkersEnded + 1 >= RetryRules.PoisonAfter ? AttemptCause.Poison : cause;

    /// <summary>
    /// What another shell must do for a run that was open: submit what waited or ran anew, wait for retries, say which
    /// stages are over. Of a run that was being cancelled the shell tells how the attempts that ran ended.
    /// </summary>
    private static void TakeOver(RunState run, RunTakenOver e, ICollection<RunCommand> commands)
    {
        if (run.IsOver) return;
        run.Owner = e.Owner;
        for (var s = 0; s < run.Stages.Count; s++)
        {
            var stage = run.Stages[s];
            if (stage.IsOver) commands.Add(new SettleStage(s, stage.Phase == StagePhase.Skipped));
            if (stage.Phase != StagePhase.Running) continue;
            for (var t = 0; t < stage.Tasks.Length; t++)
            {
                ref var task = ref stage.Tasks[t];
                if (task.Phase == TaskPhase.BackingOff) commands.Add(new WakeAt(task.RetryAt, s, t));
                else if (task.Phase is TaskPhase.Queued or TaskPhase.Running && Starts(run, stage)) Submit(stage, s, t, task.LastCause, commands);
                else if (task.Phase is TaskPhase.Queued or TaskPhase.Running && run.Phase != RunPhase.Cancelling)
                {
                    // Submitted when the run is resumed.
                    task.Renew();
                }
            }
        }
    }

    /// <summary>Whether an attempt may run beside the one that runs, under the next number: the stage says that its tasks may be done twice, and the task has not been hedged.</summary>
    public static bool CanHedge(RunState run, int stage, int task, int attempt)
    {
        var (definition, state) = (run.Definition.Stages[stage], run.Stages[stage]);
        if (!definition.Idempotent || !Starts(run, state) || state.IsOver || state.Error is not null || task >= state.Tasks.Length) return false;
        ref readonly var hedged = ref state.Tasks[task];
        return hedged.Phase == TaskPhase.Running && hedged is { Hedged: 0, NewestIsOver: false } && attempt == hedged.Attempts + 1;
    }

    /// <summary>Whether tasks of a stage are handed to the pool now.</summary>
    private static bool Starts(RunState run, StageRun stage) => run.Phase == RunPhase.Running && !stage.Paused;

    internal static NeedsOutcome OutcomeOfNeeds(RunState run, int stage)
    {
        var needs = run.Definition.Graph.Parents[stage];
        var (failed, skipped) = (false, 0);
        foreach (var need in needs)
        {
            var phase = run.Stages[need].Phase;
            if (phase == StagePhase.Skipped) skipped++;
            else if (phase != StagePhase.Succeeded) failed = true;
        }

        return new NeedsOutcome(failed, needs.Length > 0 && skipped == needs.Length);
    }

    private static void Accept(RunState run, RunAccepted e, ICollection<RunCommand> commands)
    {
        run.AcceptedAt = e.At;
        run.Owner = e.Owner;
        run.Folder = e.Folder;
        if (e.Inputs.ValueKind == JsonValueKind.Object && e.Inputs.GetPropertyCount() > 0)
            run.Inputs = e.Inputs.EnumerateObject().ToImmutableDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
        run.RerunOf = e.RerunOf;
        if (e.Reused is { ValueKind: JsonValueKind.Object } reused) run.Reused = reused.EnumerateObject().ToImmutableDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
        foreach (var stage in run.Definition.Graph.TopologicalOrder)
            if (run.Definition.Graph.Parents[stage].IsEmpty) Begin(run, stage, e.At, commands);
        EndIfDone(run, e.At, commands);
    }

    private static void Begin(RunState run, int index, Instant at, ICollection<RunCommand> commands)
    {
        var definition = run.Definition.Stages[index];
        var stage = run.Stages[index];
        if (!run.Reused.IsEmpty && run.Reused.TryGetValue(definition.Name, out var outputs))
        {
            stage.Reused = true;
            stage.StartedAt = at;
            stage.Outputs = outputs;
            Settle(run, index, StagePhase.Succeeded, at, commands);
            return;
        }

        if (!TryDecide(run, index, definition, out var decision, out var items, out var error))
        {
            Fail(run, index, at, error!, commands);
            return;
        }

        if (decision != StageDecision.Run)
        {
            stage.Outputs = StageOutputs.Skipped(definition);
            Settle(run, index, decision == StageDecision.Skip ? StagePhase.Skipped : StagePhase.Blocked, at, commands);
            return;
        }

        stage.StartedAt = at;
        stage.Phase = StagePhase.Running;
        stage.Items = items;
        stage.Tasks = new TaskRun[items.Length];
        stage.Open = items.Length;
        if (items.IsEmpty)
        {
            Succeed(run, index, at, commands);
            return;
        }

        for (var t = 0; t < stage.Tasks.Length; t++) stage.Tasks[t].Attempts = 1;
        if (Starts(run, stage)) commands.Add(new SubmitTasks(index, 0, items.Length, 1));
    }

    /// <summary>Whether a stage whose needs are over runs, and with which elements. Most have no expression: they need no view of the others' outputs.</summary>
    private static bool TryDecide(
        RunState run, int index, StageDefinition definition, out StageDecision decision, out ImmutableArray<JsonElement> items, out string? error)
    {
        (items, error) = (TaskInput.NoElements, null);
        if (definition.When is null && definition.Foreach is null)
        {
            decision = StageCondition.Without(OutcomeOfNeeds(run, index));
            return true;
        }

        var scope = run.Scope(index);
        if (!StageCondition.TryDecide(definition, scope, out decision, out error)) return false;
        return decision != StageDecision.Run || TaskInput.TryExpand(definition, scope, out items, out error);
    }

    private static void Start(RunState run, AttemptStarted e)
    {
        ref var task = ref run.Stages[e.Stage].Tasks[e.Task];
        if (e.Hedge is not null)
        {
            if (CanHedge(run, e.Stage, e.Task, e.Attempt)) (task.Hedged, task.Attempts) = (task.Attempts, e.Attempt);
            return;
        }

        if (e.Attempt < task.Attempts || task.Phase is not (TaskPhase.Queued or TaskPhase.Running)) return;
        (task.Hedged, task.NewestIsOver) = (0, false);
        task.Attempts = e.Attempt;
        task.Phase = TaskPhase.Running;
        task.StartedAt = e.At;
        run.Stages[e.Stage].Parked = null;
    }

    private static void Finish(RunState run, AttemptFinished e, ICollection<RunCommand> commands)
    {
        var stage = run.Stages[e.Stage];
        ref var task = ref stage.Tasks[e.Task];
        stage.GoOn(e.Task, e.Attempt);
        if (!task.Awaits(e.Attempt)) return;
        var cause = CauseOf(run, e.Stage, e.Task, e.Cause);
        var error = e.Error;
        if (RetryRules.EndsWorker(run, e.Stage, cause)) task.WorkersEnded++;
        if (cause == AttemptCause.Succeeded)
        {
            if (StageOutputs.TryRead(run.Definition.Stages[e.Stage], e.Output, out var outputs, out error)) task.Outputs = outputs;
            else cause = AttemptCause.BadOutput;
        }

        task.LastCause = cause;
        if (task.Beside(e.Attempt) is var beside and > 0)
        {
            // Of two, the first that succeeds is taken; one that fails says nothing while the other may still succeed.
            if (cause != AttemptCause.Succeeded)
            {
                if (e.Attempt == task.Hedged) task.Hedged = 0;
                else task.NewestIsOver = true;
                return;
            }

            commands.Add(new WithdrawTask(e.Stage, e.Task, beside, Cause: AttemptCause.Superseded));
        }

        if (cause == AttemptCause.Succeeded) Close(run, e.Stage, ref task, TaskPhase.Succeeded, e.At, commands);
        else if (run.Phase == RunPhase.Cancelling || cause == AttemptCause.Cancelled) Close(run, e.Stage, ref task, TaskPhase.Cancelled, e.At, commands);
        else if (stage.Error is null && RetryRules.Next(run, e.Stage, e.Task, ref task, cause, e.At) is { } retryAt) Again(run, e.Stage, e.Task, ref task, retryAt, e.At, commands);
        else
        {
            stage.Error ??= Describe(run, e, cause, error);
            Close(run, e.Stage, ref task, TaskPhase.Failed, e.At, commands);
            if (!stage.IsOver) WithdrawQueued(stage, e.Stage, run, e.At, commands);
        }
    }

    private static void Again(RunState run, int stage, int index, ref TaskRun task, Instant retryAt, Instant at, ICollection<RunCommand> commands)
    {
        if (retryAt > at || !Starts(run, run.Stages[stage]))
        {
            task.Phase = TaskPhase.BackingOff;
            task.RetryAt = retryAt;
            commands.Add(new WakeAt(retryAt, stage, index));
            return;
        }

        Submit(run.Stages[stage], stage, index, task.LastCause, commands);
    }

    private static void Retry(RunState run, RetryCame e, ICollection<RunCommand> commands)
    {
        var stage = run.Stages[e.Stage];
        if (!Starts(run, stage) || stage.Phase != StagePhase.Running || stage.Tasks[e.Task].Phase != TaskPhase.BackingOff) return;
        Submit(stage, e.Stage, e.Task, stage.Tasks[e.Task].LastCause, commands);
    }

    /// <summary>The next attempt of a task.</summary>
    private static void Submit(StageRun stage, int index, int taskIndex, AttemptCause? after, ICollection<RunCommand> commands)
    {
        ref var task = ref stage.Tasks[taskIndex];
        task.Renew();
        commands.Add(new SubmitTasks(index, taskIndex, 1, task.Attempts, after, task.WorkersEnded));
    }

    private static void Close(RunState run, int index, ref TaskRun task, TaskPhase phase, Instant at, ICollection<RunCommand> commands)
    {
        var stage = run.Stages[index];
        task.Phase = phase;
        stage.Open--;
        if (stage.Open > 0) return;
        if (run.Phase == RunPhase.Cancelling) Settle(run, index, StagePhase.Cancelled, at, commands);
        else if (stage.Error is not null) Fail(run, index, at, stage.Error, commands);
        else if (Array.Exists(stage.Tasks, t => t.Phase == TaskPhase.Cancelled)) Settle(run, index, StagePhase.Cancelled, at, commands);
        else Succeed(run, index, at, commands);
    }

    private static void Succeed(RunState run, int index, Instant at, ICollection<RunCommand> commands)
    {
        var stage = run.Stages[index];
        var definition = run.Definition.Stages[index];
        stage.Outputs = definition.Foreach is null
            ? stage.Tasks[0].Outputs
            : StageOutputs.Gather(definition, Array.ConvertAll(stage.Tasks, t => t.Outputs));
        Settle(run, index, StagePhase.Succeeded, at, commands);
    }

    private static void Fail(RunState run, int index, Instant at, string error, ICollection<RunCommand> commands)
    {
        run.Stages[index].Error = error;
        run.Stages[index].Outputs = StageOutputs.Skipped(run.Definition.Stages[index]);
        Settle(run, index, StagePhase.Failed, at, commands);
    }

    private static void Settle(RunState run, int index, StagePhase phase, Instant at, ICollection<RunCommand> commands)
    {
        var stage = run.Stages[index];
        stage.Phase = phase;
        stage.EndedAt = at;
        run.OpenStages--;
        commands.Add(new SettleStage(index, phase == StagePhase.Skipped));
        if (phase == StagePhase.Failed) run.Error ??= $"stage '{run.Definition.Stages[index].Name}' failed: {stage.Error}";
        foreach (var child in run.Definition.Graph.Children[index])
        {
            if (run.Stages[child].Phase != StagePhase.Waiting || !NeedsAreOver(run, child)) continue;
            if (run.Phase == RunPhase.Cancelling) Settle(run, child, StagePhase.Cancelled, at, commands);
            else Begin(run, child, at, commands);
        }

        EndIfDone(run, at, commands);
    }

    private static bool NeedsAreOver(RunState run, int stage)
    {
        foreach (var need in run.Definition.Graph.Parents[stage])
            if (!run.Stages[need].IsOver) return false;
        return true;
    }

    private static bool AnyWentWrong(RunState run)
    {
        for (var i = 0; i < run.Stages.Count; i++)
            if (run.Stages[i].Phase is StagePhase.Failed or StagePhase.Cancelled) return true;
        return false;
    }

    private static void EndIfDone(RunState run, Instant at, ICollection<RunCommand> commands)
    {
        if (run.OpenStages > 0 || run.IsOver) return;
        run.EndedAt = at;
        run.Phase = run.Phase == RunPhase.Cancelling ? RunPhase.Cancelled
            : AnyWentWrong(run) ? RunPhase.Failed
            : RunPhase.Succeeded;
        commands.Add(new EndRun(run.Phase, run.Error));
    }

    private static void Cancel(RunState run, CancelAsked e, ICollection<RunCommand> commands)
    {
        if (run.IsOver || run.Phase == RunPhase.Cancelling) return;
        run.Phase = RunPhase.Cancelling;
        run.Error ??= e.Why;
        Abandon(run, e.At, commands);
    }

    /// <summary>Ends what does not run, and asks for the end of what does.</summary>
    private static void Abandon(RunState run, Instant at, ICollection<RunCommand> commands)
    {
        for (var s = 0; s < run.Stages.Count; s++)
        {
            var stage = run.Stages[s];
            if (stage.Phase == StagePhase.Waiting && !stage.IsOver && NeedsAreOver(run, s))
            {
                Settle(run, s, StagePhase.Cancelled, at, commands);
                continue;
            }

            if (stage.Phase != StagePhase.Running) continue;
            for (var t = 0; t < stage.Tasks.Length && !stage.IsOver; t++)
            {
                ref var task = ref stage.Tasks[t];
                if (task.Awaits(task.Hedged)) commands.Add(new WithdrawTask(s, t, task.Hedged));
                if (task.Awaits(task.Attempts)) commands.Add(new WithdrawTask(s, t, task.Attempts));
                if (task.Phase is TaskPhase.Queued or TaskPhase.BackingOff) Close(run, s, ref task, TaskPhase.Cancelled, at, commands);
            }
        }
    }

    /// <summary>Once a task has failed for good, tasks of the same stage that have not started are not worth starting.</summary>
    private static void WithdrawQueued(StageRun stage, int index, RunState run, Instant at, ICollection<RunCommand> commands)
    {
        for (var t = 0; t < stage.Tasks.Length && !stage.IsOver; t++)
        {
            ref var task = ref stage.Tasks[t];
            if (task.Phase is not (TaskPhase.Queued or TaskPhase.BackingOff)) continue;
            if (task.Phase == TaskPhase.Queued) commands.Add(new WithdrawTask(index, t, task.Attempts));
            Close(run, index, ref task, TaskPhase.Cancelled, at, commands);
        }
    }

    private static void Pause(RunState run, PauseAsked e, ICollection<RunCommand> commands)
    {
        if (e.Stage is { } only)
        {
            if (run.Stages[only].IsOver || run.Stages[only].Paused) return;
            run.Stages[only].PausedWhy = e.Why;
            if (run.Phase == RunPhase.Running) Hold(run, only, commands);
            return;
        }

        if (run.Phase != RunPhase.Running) return;
        run.Phase = RunPhase.Paused;
        run.WhyPaused = e.Why;
        for (var s = 0; s < run.Stages.Count; s++)
            if (!run.Stages[s].Paused) Hold(run, s, commands);
    }

    private static void Hold(RunState run, int index, ICollection<RunCommand> commands)
    {
        var tasks = run.Stages[index].Phase == StagePhase.Running ? run.Stages[index].Tasks : [];
        for (var t = 0; t < tasks.Length; t++)
            if (tasks[t].Phase == TaskPhase.Queued) commands.Add(new WithdrawTask(index, t, tasks[t].Attempts, OnlyIfWaiting: true));
    }

    private static void Resume(RunState run, ResumeAsked e, ICollection<RunCommand> commands)
    {
        if (e.Stage is { } only)
        {
            if (!run.Stages[only].Paused) return;
            run.Stages[only].PausedWhy = null;
            Release(run, only, e.At, commands);
            return;
        }

        if (run.Phase != RunPhase.Paused) return;
        run.Phase = RunPhase.Running;
        run.WhyPaused = null;
        for (var s = 0; s < run.Stages.Count; s++) Release(run, s, e.At, commands);
    }

    private static void Release(RunState run, int index, Instant at, ICollection<RunCommand> commands)
    {
        var stage = run.Stages[index];
        if (stage.Phase != StagePhase.Running || !Starts(run, stage)) return;
        for (var t = 0; t < stage.Tasks.Length; t++)
        {
            ref var task = ref stage.Tasks[t];
            // The same attempt again: where the pool had started it already, it takes this for what it is.
            if (task.Phase == TaskPhase.Queued) commands.Add(new SubmitTasks(index, t, 1, task.Attempts, task.LastCause, task.WorkersEnded));
            else if (task.Phase == TaskPhase.BackingOff) commands.Add(new WakeAt(Instant.Max(at, task.RetryAt), index, t));
        }
    }

    private static string Describe(RunState run, AttemptFinished e, AttemptCause cause, string? error)
    {
        var task = run.Stages[e.Stage].TaskCount > 1 ? $"task {e.Task}: " : "";
        var what = cause switch
        {
            AttemptCause.ExitCode => e.ExitCode is { } code ? $"exit code {code}" : "failed",
            AttemptCause.Signal => $"ended by signal {e.ExitCode}",
            AttemptCause.OutOfMemory => "out of memory",
            AttemptCause.Timeout => $"ran longer than its timeout of {DurationText.Format(run.Definition.Stages[e.Stage].Timeout ?? TimeSpan.Zero)}",
            AttemptCause.WorkerLost => "its worker died",
            AttemptCause.NodeLost => "its node was lost",
            AttemptCause.BadOutput => "bad output",
            AttemptCause.HealthCheckFailed => "its worker failed the health check",
            AttemptCause.StartFailed => "could not start",
            AttemptCause.Poison => $"poison, it has ended {RetryRules.PoisonAfter} workers, the last",
            _ => cause.ToString(),
        };
        return string.IsNullOrWhiteSpace(error) ? task + what : $"{task}{what}: {error.Trim()}";
    }
}

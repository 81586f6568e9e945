using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;
using Foreflow.Core.Workflows;
using Foreflow.Simulator.Events;
using Foreflow.Simulator.Measures;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator;

/// <summary>Runs and their tasks: what the live engine's run grains and nodes do.</summary>
public sealed partial class Simulation
{
    private readonly List<IEnumerator<Instant>> _streams = [];
    private readonly List<WorkflowState> _workflows = [];
    private readonly Dictionary<long, SimulatedRun> _runs = [];
    private readonly Dictionary<long, TaskLink> _links = [];
    private readonly Dictionary<long, AttemptOutcome> _outcomes = [];
    private long _nextRun = 1;
    private long _nextTicket = 1;
    private int _open;

    private void Register(int workflow)
    {
        var model = _scenario.Workflows[workflow];
        var largest = _scenario.Nodes.Aggregate(Resources.Zero, (most, node) => Resources.Max(most, node.Capacity));
        var spec = WorkflowSpecs.From(model.Definition, largest);
        var first = _snapshot.Stages.Count;
        Apply(new WorkflowRegistered(_scenario.Start, _snapshot.Workflows.Count, first, spec));
        _workflows.Add(_snapshot.Workflows[^1]);
        foreach (var stage in spec.Stages) _meters.Add(new StageMeter($"{model.Definition.Name}/{stage.Name}", stage.SlotsPerReplica, stage.Kind == StageKind.Worker));
    }

    /// <summary>Arrivals before the simulated part: the policies know that they came, and nothing else.</summary>
    private void TellHistory()
    {
        if (_scenario.History == TimeSpan.Zero) return;
        var past = Enumerable.Range(0, _scenario.Workflows.Length)
            .SelectMany(w => _scenario.Workflows[w].Arrivals.Between(_scenario.Start, _now, StreamSeed(w)).Select(at => (At: at, Workflow: w)))
            .OrderBy(a => a.At).ThenBy(a => a.Workflow);
        foreach (var (at, workflow) in past)
        {
            var number = _nextRun++;
            Apply(new RunArrived(at, number, new RunId("past"), workflow));
            Apply(new RunEnded(at, number));
        }
    }

    private void ScheduleArrival(int workflow)
    {
        var stream = _streams[workflow];
        if (!stream.MoveNext()) return;
        _queue.Add(stream.Current, EventKind.Arrival, workflow);
        _open++;
    }

    private void Arrive(int workflow)
    {
        _open--;
        var model = _scenario.Workflows[workflow];
        var number = _nextRun++;
        var counts = _measuredFrom != Instant.Never;
        var run = new SimulatedRun(number, workflow, model, Draw.Mix(StreamSeed(workflow), (ulong)number), _workflows[workflow].FirstStage, counts);
        if (counts) _runMeter.Arrived++;
        _runs.Add(number, run);
        Apply(new RunArrived(_now, number, run.State.Id, workflow));
        Handle(run, new RunAccepted(_now, model.Definition.Name, model.Definition.Version, DefinitionRewriting.InputsOf(model, run.Seed)));
        ScheduleArrival(workflow);
    }

    private void Handle(SimulatedRun run, RunEvent happened)
    {
        RunMachine.Handle(run.State, happened, _commands);
        for (var i = 0; i < _commands.Count; i++) Perform(run, _commands[i]);
        _commands.Clear();
    }

    private void Perform(SimulatedRun run, RunCommand command)
    {
        switch (command)
        {
            case SubmitTasks submit:
                Submit(run, submit);
                break;
            case SettleStage settle:
                Apply(new StageSettled(_now, run.Number, StageIndex(run, settle.Stage), settle.Skipped));
                break;
            case WakeAt wake:
                _queue.Add(Instant.Max(_now, wake.At), EventKind.RetryComes, run.Number, ((long)wake.Stage << 32) | (uint)wake.Task);
                break;
            case WithdrawTask withdraw:
                Withdraw(run, withdraw);
                break;
            case EndRun:
                Apply(new RunEnded(_now, run.Number));
                _runs.Remove(run.Number);
                if (run.Counts) _runMeter.Ended(run.State, _now, run.LongestSeconds, run.CoreSeconds);
                break;
        }
    }

    private void Submit(SimulatedRun run, SubmitTasks submit)
    {
        var first = _nextTicket;
        _nextTicket += submit.Count;
        for (var i = 0; i < submit.Count; i++) _links.Add(first + i, new TaskLink(run, submit.Stage, submit.FirstTask + i, submit.Attempt));
        var stage = StageIndex(run, submit.Stage);
        var earlier = submit.AfterCause is null ? default : run.Grant(submit.Stage, submit.FirstTask);
        // An event has one size of input for all its tasks.
        var recorded = run.Model.Stages[submit.Stage].Recorded;
        var together = recorded.IsEmpty ? submit.Count : 1;
        for (var i = 0; i < submit.Count; i += together)
            Apply(new TasksReady(
                _now, run.Number, stage, first + i, submit.FirstTask + i, together, run.State.Stages[submit.Stage].TaskCount,
                recorded.IsEmpty ? null : recorded[submit.FirstTask + i].InputBytes, submit.Attempt,
                submit.AfterCause, earlier.Bytes, earlier.Kills, submit.WorkersEnded));
        _meters[stage].Ready(_now.Ticks, submit.Count);
    }

    private void Withdraw(SimulatedRun run, WithdrawTask withdraw)
    {
        var stage = _snapshot.Stages[StageIndex(run, withdraw.Stage)];
        for (var i = 0; i < stage.Queued; i++)
        {
            var waiting = stage.Waiting(i);
            if (waiting.Run != run.Number || waiting.Index != withdraw.Task) continue;
            Apply(new TaskWithdrawn(_now, waiting.Ticket));
            _links.Remove(waiting.Ticket);
            _meters[stage.Index].Withdrawn(_now.Ticks);
            return;
        }

        if (withdraw.OnlyIfWaiting) return;
        foreach (var running in stage.InFlight)
        {
            if (running.Run != run.Number || running.Index != withdraw.Task || _links[running.Ticket].Attempt != withdraw.Attempt) continue;
            _queue.Add(_now, EventKind.AttemptEnds, running.Ticket, (long)withdraw.Cause);
            return;
        }
    }

    /// <summary>A task goes to a node: how long it will take and how it will end is drawn now.</summary>
    private void Start(in Assignment work)
    {
        var link = _links[work.Ticket];
        var entry = _snapshot.Task(work.Ticket)!;
        var stage = _snapshot.Stages[entry.Stage];
        Handle(link.Run, new AttemptStarted(_now, link.Stage, link.Task, link.Attempt, ""));
        CarryOut(work, link, stage);
        var wait = _now - entry.ReadyAt;
        _meters[stage.Index].Started(_now.Ticks, wait.TotalSeconds, entry.ReadyAt >= _measuredFrom);
        if (stage.Spec.Kind == StageKind.Worker && wait > stage.Spec.MaxWait) _violations.Note(entry.ReadyAt + stage.Spec.MaxWait, _now);
        NoteClaimed(work.Granted.CpuMillicores);
    }

    /// <summary>A second attempt of a running task goes to a node: what holds the first one up is drawn anew for it.</summary>
    private void StartHedge(Hedge hedge)
    {
        var hedged = _links[hedge.Hedged];
        var link = hedged with { Attempt = hedged.Attempt + 1 };
        _links.Add(hedge.Work.Ticket, link);
        Handle(link.Run, new AttemptStarted(_now, link.Stage, link.Task, link.Attempt, "", Hedge: hedge.Reason));
        var stage = _snapshot.Stages[_snapshot.Task(hedge.Hedged)!.Stage];
        CarryOut(hedge.Work, link, stage);
        _meters[stage.Index].Hedged(_now.Ticks);
        NoteClaimed(hedge.Work.Granted.CpuMillicores);
    }

    private void CarryOut(in Assignment work, in TaskLink link, StageState stage)
    {
        var outcome = AttemptOutcome.Of(link.Run.Model.Stages[link.Stage], _scenario.Failures, link, stage.LimitsMemory ? work.Granted.MemoryBytes : 0);
        if (outcome.MemoryBytes > 0) _outcomes[work.Ticket] = outcome;
        var end = new PlannedEnd(_now + TimeSpan.FromTicks((long)(outcome.Seconds * TimeSpan.TicksPerSecond)), outcome.Cause);
        if (stage.Priority == Priority.Batch && stage.Spec.Kind == StageKind.Run) _pausable[work.Ticket] = end;
        _queue.Add(end.At, EventKind.AttemptEnds, work.Ticket, (long)end.Cause);
    }

    /// <summary>An attempt ends; false when it ended before for another reason.</summary>
    private bool EndAttempt(long ticket, AttemptCause cause)
    {
        if (!_links.Remove(ticket, out var link)) return false;
        var entry = _snapshot.Task(ticket)!;
        var usage = _outcomes.Count > 0 && _outcomes.Remove(ticket, out var outcome) ? outcome.UsageAfter(_now - entry.StartedAt, entry.InputBytes) : null;
        var isResult = cause == AttemptCause.Succeeded && link.Run.State.Stages[link.Stage].Task(link.Task).Awaits(link.Attempt);
        if (cause is not (AttemptCause.Succeeded or AttemptCause.Superseded)) link.Run.NoteGrant(link.Stage, link.Task, entry.Granted.MemoryBytes, cause);
        if (_pausable.Remove(ticket)) _leftWhenPaused.Remove(ticket);
        NoteClaimed(-entry.Held.CpuMillicores);
        Apply(new AttemptEnded(_now, ticket, cause, usage));
        _meters[entry.Stage].Ended(_now.Ticks, isResult);
        if (cause != AttemptCause.Superseded) link.Run.Worked(link.Stage, (_now - entry.StartedAt).TotalSeconds, entry.Granted.CpuCores);
        if (entry.Replica >= 0 && _snapshot.Replica(entry.Replica) is { Phase: ReplicaPhase.Draining, InFlight: 0 } drained) EndReplica(drained, AttemptCause.Cancelled);
        Handle(link.Run, new AttemptFinished(_now, link.Stage, link.Task, link.Attempt, cause, ExitCode: cause == AttemptCause.ExitCode ? 1 : null));
        return true;
    }

    /// <summary>A waiting task ends without having run.</summary>
    private void Refuse(long ticket)
    {
        if (!_links.Remove(ticket, out var link)) return;
        var stage = _snapshot.Task(ticket)!.Stage;
        Apply(new AttemptEnded(_now, ticket, AttemptCause.StartFailed));
        _meters[stage].Withdrawn(_now.Ticks);
        Handle(link.Run, new AttemptFinished(_now, link.Stage, link.Task, link.Attempt, AttemptCause.StartFailed));
    }

    private bool Retry(long number, long detail)
    {
        if (!_runs.TryGetValue(number, out var run)) return false;
        Handle(run, new RetryCame(_now, (int)(detail >> 32), (int)(uint)detail));
        return true;
    }

    private int StageIndex(SimulatedRun run, int stage) => run.FirstStage + _workflows[run.Workflow].Spec.Positions[stage];
}

using System.Diagnostics;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Core.Snapshot;
using Foreflow.Core.Workflows;
using Foreflow.Simulator.Events;
using Foreflow.Simulator.Measures;
using Foreflow.Simulator.Reports;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator;

/// <summary>
/// One scenario under one policy set with one seed: discrete events on the same control cycle, run machine and ledger as
/// live. It is a shell like the engine: it feeds events, carries plans out and measures; what to do is in the plan.
/// </summary>
public sealed partial class Simulation
{
    private readonly Scenario _scenario;
    private readonly PolicySet _policies;
    private readonly ulong _seed;
    private readonly PoolState _pool;
    private readonly ClusterSnapshot _snapshot;
    private readonly EventQueue _queue = new();
    private readonly List<RunCommand> _commands = [];
    private readonly List<StageMeter> _meters = [];
    private readonly ViolationMeter _violations = new();
    private readonly ReservationMeter _reservations = new();
    private readonly RunMeter _runMeter;
    private readonly Timeline? _timeline;
    private readonly SimulationTap? _tap;
    private readonly Instant _end;
    private Instant _now;
    private Instant _measuredFrom = Instant.Never;
    private Instant _cycleScheduled = Instant.Never;
    private long _coldStartsBefore;
    private long _levelChanges;
    private long _decisions;
    private bool _isOver;

    private Simulation(Scenario scenario, PolicySet policies, ulong seed, bool withTimeline, SimulationTap? tap)
    {
        (_scenario, _policies, _seed) = (scenario, policies, seed);
        _snapshot = new ClusterSnapshot(scenario.Settings with { Seed = Draw.Mix(seed, 0x5EED) }, (stage, _) => scenario.KnownOf(stage));
        _pool = new PoolState(_snapshot);
        _runMeter = new RunMeter(scenario.Nodes.Sum(n => n.Capacity.CpuCores));
        _now = scenario.Start + scenario.History;
        _end = scenario.Duration is { } duration ? _now + scenario.WarmUp + duration : Instant.Never;
        if (withTimeline) _timeline = new Timeline();
        _tap = tap;
        tap?.Opened(_pool);
    }

    /// <summary>Events taken from the queue so far.</summary>
    public long Events { get; private set; }

    /// <summary>Runs a simulation to its end.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="policies">Who decides.</param>
    /// <param name="seed">Seed of everything random.</param>
    /// <param name="progress">Told now and then how far it is, 0 to 1, or NaN where only the end of the last run will tell; null where nobody asks.</param>
    /// <param name="withTimeline">True to keep what a report draws.</param>
    /// <param name="tap">Told every event and plan; null where nobody asks.</param>
    /// <exception cref="SimulationException">A plan does not pass the checker.</exception>
    public static SimulationResult Run(
        Scenario scenario, PolicySet policies, ulong seed, Action<double>? progress = null, bool withTimeline = false, SimulationTap? tap = null,
        CancellationToken cancel = default)
    {
        var simulation = new Simulation(scenario, policies, seed, withTimeline, tap);
        var started = Stopwatch.GetTimestamp();
        simulation.Prepare();
        simulation.Loop(progress, cancel);
        return simulation.Finish(Stopwatch.GetElapsedTime(started));
    }

    private void Prepare()
    {
        Apply(new SettingsChanged(_scenario.Start, _snapshot.Settings));
        for (var i = 0; i < _scenario.Nodes.Length; i++) Join(i, _scenario.Start);
        for (var i = 0; i < _scenario.Workflows.Length; i++) Register(i);
        TellHistory();
        // Before the arrivals: a run that arrives at this very moment counts.
        _queue.Add(_now + _scenario.WarmUp, EventKind.MeasuringStarts);
        for (var i = 0; i < _scenario.Workflows.Length; i++)
        {
            _streams.Add(_scenario.Workflows[i].Arrivals.Between(_now, _end, StreamSeed(i)).GetEnumerator());
            ScheduleArrival(i);
        }

        foreach (var outage in _scenario.Failures.Outages)
        {
            _queue.Add(_now + outage.At, EventKind.NodeFails, outage.Node, ByOutage);
            _queue.Add(_now + outage.At + outage.For, EventKind.NodeReturns, outage.Node);
        }

        for (var i = 0; i < _scenario.Nodes.Length; i++) ScheduleNodeFailure(i);
        if (_scenario.Background is not null) _queue.Add(_now, EventKind.BackgroundChanges);
        if (_end != Instant.Never) _queue.Add(_end, EventKind.End);
        Apply(new TimePassed(_now));
        Step();
    }

    private void Loop(Action<double>? progress, CancellationToken cancel)
    {
        while (!_isOver && _queue.TryTake(out var next))
        {
            _now = next.At;
            Events++;
            Handle(next);
            if ((Events & 0xFF) != 0) continue;
            cancel.ThrowIfCancellationRequested();
            progress?.Invoke(_end == Instant.Never ? double.NaN : (_now - _scenario.Start - _scenario.History) / (_end - _scenario.Start - _scenario.History));
        }
    }

    private void Handle(in SimulatedEvent next)
    {
        switch (next.Kind)
        {
            case EventKind.Arrival:
                Arrive((int)next.Subject);
                break;
            case EventKind.AttemptEnds:
                if (IsPutOff(next)) return;
                if (!EndAttempt(next.Subject, (AttemptCause)next.Detail)) return;
                break;
            case EventKind.ReplicaReady:
                if (_snapshot.Replica(next.Subject) is null) return;
                BecomeReady(next.Subject);
                break;
            case EventKind.ReplicaFails:
                if (_snapshot.Replica(next.Subject) is not { } replica) return;
                EndReplica(replica, AttemptCause.WorkerLost);
                break;
            case EventKind.RetryComes:
                if (!Retry(next.Subject, next.Detail)) return;
                break;
            case EventKind.CycleDue:
                if (next.Ticks != _cycleScheduled.Ticks) return;
                _cycleScheduled = Instant.Never;
                Apply(new TimePassed(_now));
                break;
            case EventKind.NodeFails:
                Lose((int)next.Subject, next.Detail);
                break;
            case EventKind.NodeReturns:
                Join((int)next.Subject, _now);
                ScheduleNodeFailure((int)next.Subject);
                break;
            case EventKind.BackgroundChanges:
                ChangeBackground();
                break;
            case EventKind.MeasuringStarts:
                BeginMeasuring();
                return;
            case EventKind.End:
                _isOver = true;
                return;
        }

        Step();
    }

    /// <summary>Decides what is due and carries it out, as the live engine does after every event.</summary>
    private void Step()
    {
        if (!ControlCycle.IsDue(_pool))
        {
            ScheduleCycle();
            return;
        }

        var plan = ControlCycle.Next(_pool, _policies);
        var wrong = PlanChecker.Check(_snapshot, plan);
        if (wrong.Count > 0) throw new SimulationException($"{_scenario.Name}, {plan.Policy}, {_now}: plan {plan.Generation} does not pass the checker: {string.Join("; ", wrong)}");
        if (!plan.Full && plan.IsEmpty)
        {
            ScheduleCycle();
            return;
        }

        _pool.Carry(plan);
        _tap?.Carried(plan);
        _reservations.Take(plan, _pool.Ledger);
        foreach (var ticket in plan.Paused) Pause(ticket);
        foreach (var ticket in plan.Resumed) Resume(ticket);
        foreach (var refused in plan.Refused) Refuse(refused.Ticket);
        foreach (var ticket in plan.Preempted) _queue.Add(_now, EventKind.AttemptEnds, ticket, (long)AttemptCause.Preempted);
        foreach (ref readonly var work in plan.Work.AsSpan()) Start(work);
        foreach (var hedge in plan.Hedges) StartHedge(hedge);
        foreach (var decision in plan.Replicas)
        {
            _decisions++;
            if (decision.Starts.Length + decision.Drains.Length > 0) _levelChanges++;
            foreach (var start in decision.Starts) Order(start.Replica, decision.Stage);
            foreach (var drain in decision.Drains)
                if (_snapshot.Replica(drain) is { InFlight: 0 } idle) EndReplica(idle, AttemptCause.Cancelled);
        }

        if (plan.Full) _timeline?.Take(plan, _snapshot, _meters, _reservations.Held);
        ScheduleCycle();
    }

    private void ScheduleCycle()
    {
        var due = _pool.NextDecisionAt;
        // With nothing left to happen the last cycle would call for another for ever.
        if (_end == Instant.Never && _runs.Count == 0 && _open == 0) return;
        if (_cycleScheduled != Instant.Never && _cycleScheduled <= due) return;
        _cycleScheduled = Instant.Max(due, _now);
        _queue.Add(_cycleScheduled, EventKind.CycleDue);
    }

    private void BeginMeasuring()
    {
        _measuredFrom = _now;
        foreach (var meter in _meters) meter.Begin(_now.Ticks);
        _violations.Begin(_now, _end);
        _reservations.Begin();
        (_levelChanges, _decisions) = (0, 0);
        _coldStartsBefore = _snapshot.Stages.Sum(s => s.ColdStartsMet);
        BeginNodeMeter();
    }

    private SimulationResult Finish(TimeSpan elapsed)
    {
        foreach (var stage in _snapshot.Stages)
        {
            var meter = _meters[stage.Index];
            meter.Advance(_now.Ticks);
            for (var i = 0; i < stage.Queued; i++)
                if (stage.Waiting(i).ReadyAt >= _measuredFrom) meter.StillWaits((_now - stage.Waiting(i).ReadyAt).TotalSeconds);
            if (!meter.IsServed) continue;
            for (var i = 0; i < stage.Queued; i++) _violations.Note(stage.Waiting(i).ReadyAt + stage.Spec.MaxWait, _now);
        }

        var seconds = _measuredFrom == Instant.Never ? 0 : (_now - _measuredFrom).TotalSeconds;
        var measured = new Measurement
        {
            Stages = _meters,
            Seconds = seconds,
            Minutes = (int)Math.Ceiling(seconds / 60),
            ViolatedMinutes = _violations.Violated,
            ColdStarts = _snapshot.Stages.Sum(s => s.ColdStartsMet) - _coldStartsBefore,
            MakespanSeconds = _runMeter.MakespanSeconds,
            MakespanLowerBoundSeconds = _runMeter.LowerBoundSeconds,
            Makespans = _runMeter.Makespans,
            NodeUtilisation = NodeUtilisation(seconds),
            ReclaimedHours = _reservations.ReclaimedHours,
            WastedHours = _reservations.WastedHours,
            LevelChanges = _levelChanges,
            Decisions = _decisions,
            RunsArrived = _runMeter.Arrived,
            RunsCompleted = _runMeter.Completed,
            RunsFailed = _runMeter.Failed,
        };
        return SimulationResult.Of(_policies.Replication.Name, _seed, measured, _scenario.Cost, Events, _snapshot.Sequence, elapsed, _timeline);
    }

    private void Apply(JournalEvent happened)
    {
        _pool.Apply(happened);
        _tap?.Applied(happened);
    }

    private ulong StreamSeed(int workflow) => Draw.Mix(_seed, Draw.Mix(_scenario.Workflows[workflow].Definition.Name));
}

/// <summary>A simulation cannot go on: the message says where and why.</summary>
public sealed class SimulationException(string message) : Exception(message);

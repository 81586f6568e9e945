using System.Collections.Immutable;
using System.Diagnostics;
using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Core.Workflows;
using Foreflow.Simulator.Events;
using Foreflow.Simulator.Measures;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator.Policies;

/// <summary>Fixed levels that a look at the whole scenario gives.</summary>
/// <param name="Peak">Replicas busy at once at the most.</param>
/// <param name="Mean">Replicas busy on average, rounded up.</param>
public sealed record FixedLevels(ImmutableDictionary<StageId, int> Peak, ImmutableDictionary<StageId, int> Mean);

/// <summary>
/// The clairvoyant: knows arrivals and run times, and pays the same start-up for a replica. Its levels are found stage by
/// stage, from the first ones down the graph, by dynamic programming over the tasks as the stages before hand them on
/// (<see cref="LevelProgram"/>). What it pays is what a schedule pays that can be carried out, never more than that of the
/// simple rule which lets a task wait for a slot as long as it may and then warms a replica. To delay a stage for the sake
/// of one behind it is not considered, nor is the capacity of nodes.
/// </summary>
public sealed class Clairvoyant
{
    private readonly Scenario _scenario;
    private readonly ulong _seed;
    private readonly EventQueue _queue = new();
    private readonly List<ReplicaFleet> _fleets = [];
    private readonly List<int> _firstStage = [];
    private readonly List<IEnumerator<Instant>> _streams = [];
    private readonly Dictionary<long, TaskLink> _links = [];
    private readonly List<RunCommand> _commands = [];
    private readonly ViolationMeter _violations = new();
    private readonly RunMeter _runMeter;
    private readonly Instant _from;
    private readonly Instant _measuredFrom;
    private readonly Instant _end;
    private Instant _now;
    private long _nextRun = 1;
    private long _nextTicket = 1;
    private long _events;

    private Clairvoyant(Scenario scenario, ulong seed, Dictionary<AttemptKey, long>?[] plans)
    {
        (_scenario, _seed) = (scenario, seed);
        _from = scenario.Start + scenario.History;
        _measuredFrom = _from + scenario.WarmUp;
        _end = scenario.Duration is { } duration ? _measuredFrom + duration : Instant.Never;
        _runMeter = new RunMeter(scenario.Nodes.Sum(n => n.Capacity.CpuCores));
        _violations.Begin(_measuredFrom, _end);
        foreach (var workflow in scenario.Workflows)
        {
            _firstStage.Add(_fleets.Count);
            for (var i = 0; i < workflow.Stages.Length; i++) _fleets.Add(new ReplicaFleet(workflow, i, _measuredFrom, _end, _violations, plans[_fleets.Count]));
        }
    }

    /// <summary>Runs a scenario with full knowledge.</summary>
    public static (SimulationResult Result, FixedLevels Levels) Run(Scenario scenario, ulong seed, Action<double>? progress = null, CancellationToken cancel = default)
    {
        var best = Solve(scenario, seed, progress, cancel);
        return (best.Result, Levels(best.Fleets));
    }

    /// <summary>The best found, and the fleets of it.</summary>
    internal static Solution Solve(Scenario scenario, ulong seed, Action<double>? progress = null, CancellationToken cancel = default)
    {
        var started = Stopwatch.GetTimestamp();
        var depths = scenario.Workflows.SelectMany(w => w.Definition.Graph.Levels()).ToArray();
        var deepest = depths.DefaultIfEmpty(0).Max();
        Clairvoyant Pass(Dictionary<AttemptKey, long>?[] plans, int pass)
        {
            var clairvoyant = new Clairvoyant(scenario, seed, plans);
            clairvoyant._events = clairvoyant.Loop(share => progress?.Invoke(Math.Min(1, (pass + share) / (deepest + 2))), cancel);
            return clairvoyant;
        }

        var simple = Pass(new Dictionary<AttemptKey, long>?[depths.Length], 0);
        var best = simple.Finish(Stopwatch.GetElapsedTime(started));
        // Where the most replicas are too few, tasks that a stage has held back come to the next one in bunches: then those
        // before are left as they are.
        for (var first = 0; first <= deepest; first++)
        {
            var plans = new Dictionary<AttemptKey, long>?[depths.Length];
            var last = simple;
            for (var depth = first; depth <= deepest; depth++)
            {
                for (var stage = 0; stage < depths.Length; stage++)
                    if (depths[stage] == depth && last._fleets[stage].IsServed) plans[stage] = last._fleets[stage].Plan(cancel);
                last = Pass(plans, depth + 1);
            }

            var found = last.Finish(Stopwatch.GetElapsedTime(started));
            if (Costs(found).CompareTo(Costs(best)) < 0) return found;
        }

        return best;
    }

    /// <summary>A schedule of everything: what it comes to, and the replicas it takes.</summary>
    internal sealed record Solution(SimulationResult Result, IReadOnlyList<ReplicaFleet> Fleets);

    private static (int Late, double Hours) Costs(Solution done) => (done.Fleets.Sum(f => f.Late), done.Result["replicaHours"]);

    private static FixedLevels Levels(IReadOnlyList<ReplicaFleet> fleets) => new(
        fleets.ToImmutableDictionary(f => f.Stage, f => Math.Max(1, f.Use.Peak)),
        fleets.ToImmutableDictionary(f => f.Stage, f => Math.Max(1, (int)Math.Ceiling(f.MeanReplicas))));

    private long Loop(Action<double>? progress, CancellationToken cancel)
    {
        // Runs are numbered and seeded as in a simulation, so that they meet the same times.
        for (var w = 0; w < _scenario.Workflows.Length; w++)
        {
            if (_scenario.History > TimeSpan.Zero) _nextRun += _scenario.Workflows[w].Arrivals.Between(_scenario.Start, _from, StreamSeed(w)).LongCount();
            _streams.Add(_scenario.Workflows[w].Arrivals.Between(_from, _end, StreamSeed(w)).GetEnumerator());
        }

        for (var w = 0; w < _streams.Count; w++) ScheduleArrival(w);
        long events = 0;
        while (_queue.TryTake(out var next) && next.At < _end)
        {
            _now = next.At;
            switch (next.Kind)
            {
                case EventKind.Arrival:
                    Arrive((int)next.Subject);
                    break;
                case EventKind.AttemptEnds:
                    End(next.Subject, (AttemptCause)next.Detail);
                    break;
                case EventKind.RetryComes:
                    var link = _links[next.Subject];
                    _links.Remove(next.Subject);
                    Handle(link.Run, new RetryCame(_now, link.Stage, link.Task));
                    break;
            }

            if ((++events & 0xFFFF) != 0) continue;
            cancel.ThrowIfCancellationRequested();
            if (_end != Instant.Never) progress?.Invoke((_now - _from) / (_end - _from));
        }

        return events;
    }

    private void ScheduleArrival(int workflow)
    {
        if (_streams[workflow].MoveNext()) _queue.Add(_streams[workflow].Current, EventKind.Arrival, workflow);
    }

    private void Arrive(int workflow)
    {
        var model = _scenario.Workflows[workflow];
        var number = _nextRun++;
        var counts = _now >= _measuredFrom;
        var run = new SimulatedRun(number, workflow, model, Draw.Mix(StreamSeed(workflow), (ulong)number), _firstStage[workflow], counts);
        if (counts) _runMeter.Arrived++;
        Handle(run, new RunAccepted(_now, model.Definition.Name, model.Definition.Version, DefinitionRewriting.InputsOf(model, run.Seed)));
        ScheduleArrival(workflow);
    }

    private void Handle(SimulatedRun run, RunEvent happened)
    {
        RunMachine.Handle(run.State, happened, _commands);
        var commands = _commands.ToArray();
        _commands.Clear();
        foreach (var command in commands)
        {
            switch (command)
            {
                case SubmitTasks submit:
                    for (var i = 0; i < submit.Count; i++) Start(new TaskLink(run, submit.Stage, submit.FirstTask + i, submit.Attempt));
                    break;
                case WakeAt wake:
                    var ticket = _nextTicket++;
                    _links[ticket] = new TaskLink(run, wake.Stage, wake.Task, 0);
                    _queue.Add(Instant.Max(_now, wake.At), EventKind.RetryComes, ticket);
                    break;
                case EndRun:
                    if (run.Counts) _runMeter.Ended(run.State, _now, run.LongestSeconds, run.CoreSeconds);
                    break;
            }
        }
    }

    private void Start(in TaskLink task)
    {
        var outcome = AttemptOutcome.Of(task.Run.Model.Stages[task.Stage], _scenario.Failures, task, 0);
        var start = _fleets[task.Run.FirstStage + task.Stage].Assign(
            _now, TimeSpan.FromTicks((long)(outcome.Seconds * TimeSpan.TicksPerSecond)), new AttemptKey(task.Run.Number, task.Task, task.Attempt));
        ref var longest = ref task.Run.LongestSeconds[task.Stage];
        longest = Math.Max(longest, outcome.Seconds);
        var ticket = _nextTicket++;
        _links[ticket] = task;
        _queue.Add(start + TimeSpan.FromTicks((long)(outcome.Seconds * TimeSpan.TicksPerSecond)), EventKind.AttemptEnds, ticket, (long)outcome.Cause);
    }

    private void End(long ticket, AttemptCause cause)
    {
        if (!_links.Remove(ticket, out var link)) return;
        Handle(link.Run, new AttemptFinished(_now, link.Stage, link.Task, link.Attempt, cause, ExitCode: cause == AttemptCause.ExitCode ? 1 : null));
    }

    private Solution Finish(TimeSpan elapsed)
    {
        var until = _end == Instant.Never ? _now : _end;
        foreach (var fleet in _fleets) fleet.Close(until);
        var seconds = (until - _measuredFrom).TotalSeconds;
        var measured = new Measurement
        {
            Stages = [.. _fleets.Select(f => f.Meter)],
            Seconds = seconds,
            Minutes = (int)Math.Ceiling(seconds / 60),
            ViolatedMinutes = _violations.Violated,
            MakespanSeconds = _runMeter.MakespanSeconds,
            MakespanLowerBoundSeconds = _runMeter.LowerBoundSeconds,
            LevelChanges = _fleets.Sum(f => f.Use.Changes),
            Decisions = _fleets.Sum(f => f.Use.Changes),
            RunsArrived = _runMeter.Arrived,
            RunsCompleted = _runMeter.Completed,
            RunsFailed = _runMeter.Failed,
        };
        return new Solution(SimulationResult.Of("oracle", _seed, measured, _scenario.Cost, _events, _events, elapsed, null), _fleets);
    }

    private ulong StreamSeed(int workflow) => Draw.Mix(_seed, Draw.Mix(_scenario.Workflows[workflow].Definition.Name));
}

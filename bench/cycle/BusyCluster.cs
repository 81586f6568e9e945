using System.Collections.Immutable;
using Foreflow.Bench.Ledger;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Bench.Cycle;

/// <summary>A made-up cluster in the middle of its day: workflows of five worker stages in a row, an arrival each 20 seconds.</summary>
internal sealed class BusyCluster
{
    private const int StagesPerWorkflow = 5;
    private readonly ulong _seed;
    private readonly int _workflows;
    private readonly SortedDictionary<(Instant At, long Order), Action> _due = [];
    private Instant _now = Instant.FromUnixSeconds(1_000_000);
    private long _order;
    private long _run;
    private long _ticket;
    private OutcomeBook? _outcomes;

    public BusyCluster(int nodes, int stages, ulong seed)
    {
        (_seed, _workflows) = (seed, stages / StagesPerWorkflow);
        for (var n = 0; n < nodes; n++) Pool.Apply(new NodeJoined(_now, n, new NodeId($"n{n}"), new Resources(16_000, 64L << 30)));
        for (var w = 0; w < _workflows; w++)
        {
            Pool.Apply(new WorkflowRegistered(_now, w, w * StagesPerWorkflow, new WorkflowSpec
            {
                Name = $"w{w}",
                Stages = [.. Enumerable.Range(0, StagesPerWorkflow).Select(i => new StageSpec
                {
                    Name = $"s{i}", Kind = StageKind.Worker, Needs = i == 0 ? [] : [i - 1], Request = new Resources(500, 128 << 20),
                    StartUpSecondsPrior = 30, ExecutionSecondsPrior = 10, MaxReplicas = 64,
                })],
            }));
            Arrive(w);
        }
    }

    public PoolState Pool { get; } = new(new ClusterSnapshot(new PoolSettings()));

    public void WarmUp(int cycles)
    {
        for (var i = 0; i < cycles; i++)
        {
            Live();
            Carry(ControlCycle.Decide(Pool, PolicySet.Ahead));
        }
    }

    /// <summary>Lets a cycle period pass.</summary>
    public void Live()
    {
        var until = _now + Pool.Snapshot.Settings.CyclePeriod;
        while (_due.Count > 0 && _due.First().Key.At <= until)
        {
            var (key, action) = _due.First();
            _due.Remove(key);
            _now = key.At;
            action();
            if (Pool.Snapshot.QueuedTasks > 0) Carry(ControlCycle.Schedule(Pool, PolicySet.Ahead));
        }

        _now = until;
        Pool.Apply(new TimePassed(_now));
    }

    /// <summary>Processor milliseconds it took to follow the decisions of the last plan, and of those before.</summary>
    public double OutcomesMilliseconds { get; private set; }

    public void Carry(CyclePlan plan)
    {
        Pool.Carry(plan);
        _outcomes ??= new OutcomeBook(Pool);
        var started = ThreadClock.Nanoseconds;
        _outcomes.Carried(plan);
        OutcomesMilliseconds = (ThreadClock.Nanoseconds - started) / 1e6;
        _outcomes.Take();
        foreach (var work in plan.Work)
        {
            var task = Pool.Snapshot.Task(work.Ticket)!;
            In(5 + (10 * Draw.Uniform(_seed, (ulong)work.Ticket, 1)), () => Finish(work.Ticket, task.Run, task.Stage));
        }

        foreach (var start in plan.Replicas.SelectMany(r => r.Starts)) In(30, () => Pool.Apply(new ReplicaReady(_now, start.Replica)));
        foreach (var drained in plan.Replicas.SelectMany(r => r.Drains)) In(20, () =>
        {
            var ended = new ReplicaEnded(_now, drained, AttemptCause.Succeeded);
            Pool.Apply(ended);
            _outcomes.Applied(ended);
        });
    }

    private void In(double seconds, Action action) => _due.Add((_now + TimeSpan.FromSeconds(seconds), _order++), action);

    private void Arrive(int workflow) => In(-20 * Math.Log(1 - Draw.Uniform(_seed, (ulong)workflow, (ulong)_order)), () =>
    {
        var run = ++_run;
        Pool.Apply(new RunArrived(_now, run, new RunId($"r{run}"), workflow));
        Ready(run, workflow * StagesPerWorkflow);
        Arrive(workflow);
    });

    private void Ready(long run, int stage) => Pool.Apply(new TasksReady(_now, run, stage, ++_ticket, 0, 1, 1));

    private void Finish(long ticket, long run, int stage)
    {
        Pool.Apply(new AttemptEnded(_now, ticket, AttemptCause.Succeeded));
        Pool.Apply(new StageSettled(_now, run, stage));
        if (stage % StagesPerWorkflow < StagesPerWorkflow - 1) Ready(run, stage + 1);
        else Pool.Apply(new RunEnded(_now, run));
    }
}

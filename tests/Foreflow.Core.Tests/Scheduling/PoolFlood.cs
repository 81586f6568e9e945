using Foreflow.Core.Model;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Scheduling;

/// <summary>
/// A pool to which some workflows submit more than it can do, and others little. Attempts last 5 to 60 s, replicas start in
/// 10 s; tasks that are stopped wait again. Each plan is checked, and each stage with waiting tasks must start one of them
/// every so often.
/// </summary>
internal sealed class PoolFlood
{
    public const double StepSeconds = 2;
    public const double LongestSeconds = 60;
    public const double StartUpSeconds = 10;

    private readonly ulong _seed;
    private readonly int _floods;
    private readonly WorkflowSpec[] _specs;
    private readonly Dictionary<int, Instant> _lastStart = [];
    private readonly SortedDictionary<long, Instant> _ends = [];
    private readonly SortedDictionary<long, Instant> _ready = [];
    private readonly Dictionary<long, TimeSpan> _left = [];
    private readonly Dictionary<long, (long Run, int Stage, int Attempt)> _tasks = [];
    private Instant _now = Instant.FromUnixSeconds(1_000_000);
    private long _next = 1;

    /// <summary>A pool of nodes of 4 cores and 8 GiB.</summary>
    /// <param name="specs">Workflows of one stage; the first <paramref name="floods"/> of them flood the pool.</param>
    public PoolFlood(ulong seed, int nodes, int floods, WorkflowSpec[] specs)
    {
        (_seed, _floods, _specs) = (seed, floods, specs);
        for (var n = 0; n < nodes; n++) Pool.Apply(new NodeJoined(_now, n, new NodeId($"n{n}"), new Resources(4000, 8L << 30)));
        for (var w = 0; w < specs.Length; w++) Pool.Apply(new WorkflowRegistered(_now, w, w, specs[w]));
    }

    public PoolState Pool { get; } = new(new ClusterSnapshot(new PoolSettings { Mode = PoolMode.Off }));

    /// <summary>Longest time a stage had tasks waiting and started none, in seconds, by stage.</summary>
    public Dictionary<int, double> LongestGap { get; } = [];

    public Dictionary<int, int> Started { get; } = [];

    public Dictionary<int, int> Finished { get; } = [];

    /// <summary>
    /// The most that may lie between two starts of a stage: its longest attempt, its patience, and for each stage, at the gate and
    /// then on the node, a full cycle, the longest attempt in the way, and the start of a replica; for what can be paused, its
    /// patience and those turns once more.
    /// </summary>
    public double Bound(int stage) => LongestSeconds + (OneWait(stage) * (_specs[stage].Priority == Priority.Batch ? 2 : 1));

    private double OneWait(int stage) =>
        LongestWaiting.Patience(_specs[stage].Priority, 1).TotalSeconds
        + (2 * _specs.Length * (LongestSeconds + StartUpSeconds + Pool.Snapshot.Settings.CyclePeriod.TotalSeconds + (2 * StepSeconds)));

    public void Run(double seconds)
    {
        for (var step = 0; step < seconds / StepSeconds; step++)
        {
            _now += TimeSpan.FromSeconds(StepSeconds);
            foreach (var ticket in _ends.Where(e => e.Value <= _now).Select(e => e.Key).ToArray()) End(ticket, AttemptCause.Succeeded);
            foreach (var replica in _ready.Where(r => r.Value <= _now).Select(r => r.Key).ToArray())
            {
                _ready.Remove(replica);
                if (Pool.Snapshot.Replica(replica) is not null) Pool.Apply(new ReplicaReady(_now, replica));
            }

            for (var w = 0; w < _floods; w++)
            {
                var burst = (int)(Draw.Uniform(_seed, (ulong)step, 1_000 + (ulong)w) * 40);
                for (var i = Pool.Snapshot.Stages[w].Queued; i < 200 && burst-- > 0; i++) Arrive(w);
            }

            for (var w = _floods; w < _specs.Length; w++)
                if (step == w || Draw.Uniform(_seed, (ulong)step, (ulong)(1 + w)) < 0.001) Arrive(w);
            Step();
        }
    }

    private void Arrive(int workflow)
    {
        var number = _next++;
        Pool.Apply(new RunArrived(_now, number, new RunId($"r{number}"), workflow));
        Ready(number, workflow, number, 1);
    }

    private void Ready(long run, int stage, long ticket, int attempt)
    {
        _tasks[ticket] = (run, stage, attempt);
        Pool.Apply(new TasksReady(_now, run, stage, ticket, 0, 1, 1, attempt));
    }

    private void End(long ticket, AttemptCause cause)
    {
        _tasks.Remove(ticket, out var task);
        _ends.Remove(ticket);
        _left.Remove(ticket);
        var replica = Pool.Snapshot.Task(ticket)!.Replica;
        Pool.Apply(new AttemptEnded(_now, ticket, cause));
        if (Pool.Snapshot.Replica(replica) is { Phase: ReplicaPhase.Draining, InFlight: 0 }) Pool.Apply(new ReplicaEnded(_now, replica, AttemptCause.Cancelled));
        if (cause == AttemptCause.Preempted)
        {
            Ready(task.Run, task.Stage, _next++, task.Attempt + 1);
            return;
        }

        Finished[task.Stage] = Finished.GetValueOrDefault(task.Stage) + 1;
        Pool.Apply(new StageSettled(_now, task.Run, task.Stage));
        Pool.Apply(new RunEnded(_now, task.Run));
    }

    private void Step()
    {
        Pool.Apply(new TimePassed(_now));
        var plan = ControlCycle.Next(Pool, PolicySet.Ahead);
        var wrong = PlanChecker.Check(Pool.Snapshot, plan);
        Assert.True(wrong.Count == 0, $"seed {_seed}: {string.Join("; ", wrong)}");
        Pool.Carry(plan);
        foreach (var work in plan.Work)
        {
            var task = Pool.Snapshot.Task(work.Ticket)!;
            Started[task.Stage] = Started.GetValueOrDefault(task.Stage) + 1;
            NoteGap(task.Stage, task.ReadyAt);
            _lastStart[task.Stage] = _now;
            _ends[work.Ticket] = _now + TimeSpan.FromSeconds(5 + ((LongestSeconds - 5) * Draw.Uniform(_seed, (ulong)work.Ticket, 99)));
        }

        foreach (var ticket in plan.Paused)
            if (_ends.Remove(ticket, out var end)) _left[ticket] = end - _now;
        foreach (var ticket in plan.Resumed)
            if (_left.Remove(ticket, out var left)) _ends[ticket] = _now + left;
        foreach (var start in plan.Replicas.SelectMany(r => r.Starts)) _ready[start.Replica] = _now + TimeSpan.FromSeconds(StartUpSeconds);
        foreach (var drain in plan.Replicas.SelectMany(r => r.Drains))
            if (Pool.Snapshot.Replica(drain) is { InFlight: 0 }) Pool.Apply(new ReplicaEnded(_now, drain, AttemptCause.Cancelled));
        foreach (var ticket in plan.Preempted) End(ticket, AttemptCause.Preempted);
        // What still waits counts too: a task that never starts has no wait to measure.
        foreach (var stage in Pool.Snapshot.WaitingStages) NoteGap(stage.Index, stage.Waiting(0).ReadyAt);
    }

    private void NoteGap(int stage, Instant readyAt)
    {
        var since = Instant.Max(readyAt, _lastStart.GetValueOrDefault(stage, new Instant(long.MinValue)));
        LongestGap[stage] = Math.Max(LongestGap.GetValueOrDefault(stage), (_now - since).TotalSeconds);
    }
}

using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Cycle;

/// <summary>Feeds a pool events at made-up times, checks every plan and carries it out.</summary>
internal sealed class PoolDriver
{
    private readonly PolicySet _policies;

    public PoolDriver(PoolSettings settings, PolicySet policies)
    {
        _policies = policies;
        Pool = new PoolState(new ClusterSnapshot(settings));
        Outcomes = new OutcomeBook(Pool);
    }

    public PoolState Pool { get; }

    public OutcomeBook Outcomes { get; }

    /// <summary>Told every event and every plan that was carried out.</summary>
    public Action<JournalEvent>? Applied { get; set; }

    /// <inheritdoc cref="Applied"/>
    public Action<CyclePlan>? Carried { get; set; }

    public Instant Now { get; private set; } = Instant.FromUnixSeconds(1_000_000);

    public CyclePlan Last { get; private set; } = null!;

    public CyclePlan? LastFull { get; private set; }

    public List<string> Log { get; } = [];

    public List<Hedge> Hedges { get; } = [];

    public List<ReplicaDecision> Decisions { get; } = [];

    public void Happen(Func<Instant, JournalEvent> happened)
    {
        var e = happened(Now);
        Pool.Apply(e);
        Outcomes.Applied(e);
        Applied?.Invoke(e);
        var due = ControlCycle.IsDue(Pool);
        Last = ControlCycle.Next(Pool, _policies);
        Assert.True(due || Last is { Full: false, IsEmpty: true }, "a plan that is not said to be due decides something");
        if (Last.Full) LastFull = Last;
        Hedges.AddRange(Last.Hedges);
        Decisions.AddRange(Last.Replicas);
        var wrong = PlanChecker.Check(Pool.Snapshot, Last);
        Assert.True(wrong.Count == 0, string.Join("; ", wrong));
        Pool.Carry(Last);
        Outcomes.Carried(Last);
        Carried?.Invoke(Last);
        if (!Last.IsEmpty)
        {
            Log.Add($"{Last.At.Ticks} {string.Join(",", Last.Work)} {string.Join(",", Last.Replicas.Select(r => $"{r.Stage}:{r.Before}>{r.Target} {string.Join(",", r.Starts)} {string.Join(",", r.Drains)}"))} {string.Join(",", Last.Claims.Select(c => $"{c.Operation} {c.Claim.Id}"))}");
        }
    }

    /// <summary>Lets time pass in steps of a tenth of a second.</summary>
    public void Advance(double seconds)
    {
        for (var i = 0; i < (int)Math.Round(seconds * 10); i++)
        {
            Now += TimeSpan.FromMilliseconds(100);
            Happen(t => new TimePassed(t));
        }
    }
}

/// <summary>Makes up a life for two-stage runs: arrivals, ends, failures, replicas that come and die, others on the nodes.</summary>
internal sealed class RandomLife(PoolDriver driver, ulong seed)
{
    private readonly List<(long Run, int Stage, int Tasks)> _stages = [];
    private long _run;
    private long _ticket = 1;
    private ulong _step;

    private double Roll(ulong purpose) => Draw.Uniform(seed, _step, purpose);

    public void Step()
    {
        _step++;
        driver.Advance(Math.Ceiling(Roll(0) * 5) / 10);
        var snapshot = driver.Pool.Snapshot;
        if (Roll(1) < 0.3) Arrive();
        foreach (var stage in snapshot.Stages.ToArray())
        {
            foreach (var replica in stage.Replicas.ToArray())
            {
                if (replica.Phase == ReplicaPhase.Starting && Roll((ulong)(100 + replica.Number)) < 0.3) driver.Happen(t => new ReplicaReady(t, replica.Number));
                else if (replica.Phase == ReplicaPhase.Draining && replica.InFlight == 0) driver.Happen(t => new ReplicaEnded(t, replica.Number, AttemptCause.Succeeded));
                else if (replica.InFlight == 0 && Roll((ulong)(200 + replica.Number)) < 0.02) driver.Happen(t => new ReplicaEnded(t, replica.Number, AttemptCause.Signal));
            }

            foreach (var task in stage.InFlight.ToArray())
                if (Roll((ulong)(10_000 + task.Ticket)) < 0.4) Finish(task);
        }

        if (Roll(2) < 0.1) driver.Happen(t => new NodeSampled(t, 0, new Resources((long)(Roll(3) * 4000), 1 << 30)));
    }

    private void Arrive()
    {
        var run = ++_run;
        driver.Happen(t => new RunArrived(t, run, new RunId($"r{run}"), 0));
        Ready(run, 0, 1);
    }

    private void Ready(long run, int stage, int tasks)
    {
        var first = _ticket;
        _ticket += tasks;
        _stages.Add((run, stage, tasks));
        driver.Happen(t => new TasksReady(t, run, stage, first, 0, tasks, tasks));
    }

    private void Finish(TaskEntry task)
    {
        driver.Happen(t => new AttemptEnded(t, task.Ticket, AttemptCause.Succeeded));
        var at = _stages.FindIndex(s => s.Run == task.Run && s.Stage == task.Stage);
        var (run, stage, left) = _stages[at];
        _stages[at] = (run, stage, left - 1);
        if (left > 1) return;
        driver.Happen(t => new StageSettled(t, run, stage));
        if (stage == 0) Ready(run, 1, 1 + (int)(Roll((ulong)(50_000 + run)) * 5));
        else driver.Happen(t => new RunEnded(t, run));
    }
}

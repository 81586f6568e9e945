using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Replication;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Cycle;

/// <summary>Workers that crash, tasks that crash them.</summary>
public class QuarantineTests
{
    private readonly PoolDriver _driver = new(new PoolSettings(), PolicySet.Waiting);
    private long _nextTicket = 1;
    private long _nextRun = 1;

    private ClusterSnapshot Snapshot => _driver.Pool.Snapshot;

    private void Register(params StageSpec[] stages)
    {
        _driver.Happen(t => new NodeJoined(t, 0, new NodeId("a"), new Resources(8000, 8L << 30)));
        _driver.Happen(t => new WorkflowRegistered(t, 0, 0, new WorkflowSpec { Name = "w", Stages = [.. stages] }));
    }

    private static StageSpec Worker(string name, int max = 4, int slots = 1) => new()
    {
        Name = name, Kind = StageKind.Worker, Request = new Resources(100, 1 << 20), ResourcesFixed = true, MaxReplicas = max, SlotsPerReplica = slots,
    };

    private long Arrive(int stage, int tasks, int workersEnded = 0)
    {
        var (run, first) = (_nextRun++, _nextTicket);
        _nextTicket += tasks;
        _driver.Happen(t => new RunArrived(t, run, new RunId($"r{run}"), 0));
        _driver.Happen(t => new TasksReady(t, run, stage, first, 0, tasks, tasks, WorkersEnded: workersEnded));
        // A cycle that follows a surprise comes a second after the one before at the latest.
        _driver.Advance(1);
        return first;
    }

    private IEnumerable<long> Starting(int stage) => Snapshot.Stages[stage].Replicas.Where(r => r.Phase == ReplicaPhase.Starting).Select(r => r.Number);

    /// <summary>Every replica that starts ends at once, for so long; returns when each was started, in seconds from the first.</summary>
    private List<double> Crash(int stage, double seconds, AttemptCause cause = AttemptCause.ExitCode)
    {
        var starts = new List<Instant>();
        var until = _driver.Now + TimeSpan.FromSeconds(seconds);
        while (_driver.Now < until)
        {
            foreach (var replica in Starting(stage).ToArray())
            {
                starts.Add(Snapshot.Replica(replica)!.StartedAt);
                _driver.Happen(t => new ReplicaEnded(t, replica, cause, "exit code 3: nope"));
            }

            if (!Starting(stage).Any()) _driver.Advance(0.1);
        }

        return [.. starts.Select(s => Math.Round((s - starts[0]).TotalSeconds, 1))];
    }

    [Fact]
    public void A_crash_loop_is_tried_ever_more_seldom()
    {
        Register(Worker("serve", max: 1));
        Arrive(0, 1);
        Assert.Equal([0, 0, 0, 1, 3, 7, 15, 31, 63, 123, 183], Crash(0, 200).Select(Math.Floor));
    }

    [Fact]
    public void However_many_tasks_wait_one_replica_is_tried_and_when_it_answers_all_come()
    {
        Register(Worker("serve", max: 4));
        Arrive(0, 10);
        Crash(0, 5);
        for (var i = 0; i < 100 && !Starting(0).Any(); i++) _driver.Advance(0.1);
        var trial = Assert.Single(Starting(0));
        _driver.Advance(6);
        Assert.Single(Starting(0));
        Assert.Single(_driver.LastFull!.Quarantined);

        _driver.Happen(t => new ReplicaReady(t, trial));
        _driver.Advance(1);
        Assert.Single(Snapshot.Stages[0].Replicas);
        _driver.Happen(t => new AttemptEnded(t, Snapshot.Stages[0].InFlight.Single().Ticket, AttemptCause.Succeeded));
        _driver.Advance(6);
        Assert.Equal(4, Snapshot.Stages[0].Replicas.Count);
        Assert.Empty(_driver.LastFull!.Quarantined);
    }

    [Fact]
    public void A_trial_that_lives_for_ten_seconds_ends_the_quarantine_without_a_task()
    {
        Register(Worker("serve", max: 4) with { MinReplicas = 3 });
        _driver.Advance(6);
        Crash(0, 5);
        for (var i = 0; i < 100 && !Starting(0).Any(); i++) _driver.Advance(0.1);
        _driver.Happen(t => new ReplicaReady(t, Starting(0).Single()));
        _driver.Advance(9);
        Assert.Single(Snapshot.Stages[0].Replicas);
        _driver.Advance(7);
        Assert.Equal(3, Snapshot.Stages[0].Replicas.Count);
    }

    [Fact]
    public void The_checker_finds_starts_that_should_not_be()
    {
        Register(Worker("serve", max: 4));
        Arrive(0, 1);
        Crash(0, 10);
        for (var i = 0; i < 200 && !Starting(0).Any(); i++) _driver.Advance(0.1);
        _driver.Happen(t => new ReplicaEnded(t, Starting(0).Single(), AttemptCause.ExitCode));
        var stage = Snapshot.Stages[0];
        CyclePlan With(int starts) => _driver.Last with
        {
            Generation = Snapshot.Generation + 1,
            Replicas =
            [
                ReplicaDecision.Of(stage, stage.ActiveReplicas + starts, new ReplicaReason { Rule = "r" }) with
                {
                    Starts = [.. Enumerable.Range(0, starts).Select(i => new ReplicaStart(Snapshot.NextReplica + i, 0, stage.Spec.Request, Ahead: false))],
                },
            ],
        };
        Assert.Contains(PlanChecker.Check(Snapshot, With(1)), f => f.Contains("failed in a row, the last at", StringComparison.Ordinal));
        _driver.Advance(1.5);
        Assert.DoesNotContain(PlanChecker.Check(Snapshot, With(1)), f => f.Contains("failed in a row", StringComparison.Ordinal));
        Assert.Contains(PlanChecker.Check(Snapshot, With(2)), f => f.Contains("tries more than one replica", StringComparison.Ordinal));
    }

    [Fact]
    public void Other_stages_are_not_held_up()
    {
        Register(Worker("bad"), Worker("good"));
        Arrive(0, 4);
        Crash(0, 8);
        var first = Arrive(1, 2);
        foreach (var replica in Starting(1).ToArray()) _driver.Happen(t => new ReplicaReady(t, replica));
        Assert.Equal([first, first + 1], Snapshot.Stages[1].InFlight.Select(t => t.Ticket).Order());
    }

    [Fact]
    public void No_room_is_kept_for_a_stage_that_is_not_to_start_however_long_it_waits()
    {
        Register(Worker("bad") with { Request = new Resources(8000, 1 << 20) }, Worker("good") with { Request = new Resources(8000, 1 << 20) });
        Arrive(0, 1);
        // Nothing of it has run for longer than any patience.
        Crash(0, 400, AttemptCause.Signal);
        Assert.True(Snapshot.Stages[0].Queued > 0 || _driver.LastFull!.Refused.Length > 0);
        while (Starting(0).Any()) Crash(0, 0.1);
        var first = Arrive(1, 1);
        _driver.Happen(t => new ReplicaReady(t, Starting(1).Single()));
        Assert.Equal([first], Snapshot.Stages[1].InFlight.Select(t => t.Ticket));
    }

    [Fact]
    public void Nothing_is_given_to_a_replica_whose_task_has_told_its_end()
    {
        Register(Worker("serve", max: 1, slots: 2));
        var first = Arrive(0, 2);
        _driver.Happen(t => new ReplicaReady(t, Starting(0).Single()));
        _driver.Happen(t => new AttemptEnded(t, first, AttemptCause.WorkerLost));
        var later = Arrive(0, 1);
        Assert.Equal([first + 1], Snapshot.Stages[0].InFlight.Select(t => t.Ticket));
        _driver.Happen(t => new AttemptEnded(t, first + 1, AttemptCause.WorkerLost));
        _driver.Happen(t => new ReplicaEnded(t, Snapshot.Stages[0].Replicas.Single().Number, AttemptCause.Signal));
        _driver.Happen(t => new ReplicaReady(t, Starting(0).Single()));
        Assert.Equal([later], Snapshot.Stages[0].InFlight.Select(t => t.Ticket));
    }

    [Fact]
    public void A_replica_that_dies_beside_one_that_serves_is_replaced_at_once_however_often()
    {
        Register(Worker("serve", max: 2) with { MinReplicas = 2 });
        _driver.Advance(6);
        foreach (var replica in Starting(0).ToArray()) _driver.Happen(t => new ReplicaReady(t, replica));
        _driver.Advance(2);
        for (var kill = 0; kill < 20; kill++)
        {
            var newest = Snapshot.Stages[0].Replicas[^1].Number;
            _driver.Happen(t => new ReplicaEnded(t, newest, AttemptCause.Signal));
            // In the plan that answers the event, not in the next cycle.
            var next = Assert.Single(Starting(0));
            _driver.Happen(t => new ReplicaReady(t, next));
            _driver.Advance(0.3);
        }
    }

    [Fact]
    public void Tasks_of_a_worker_that_cannot_be_started_at_all_are_given_up_after_three_tries_and_later_ones_after_one_more()
    {
        Register(Worker("serve", max: 1));
        var first = Arrive(0, 2);
        for (var i = 0; i < 2; i++) _driver.Happen(t => new ReplicaEnded(t, Starting(0).Single(), AttemptCause.StartFailed, "no such command"));
        Assert.Empty(_driver.Last.Refused);
        _driver.Happen(t => new ReplicaEnded(t, Starting(0).Single(), AttemptCause.StartFailed, "no such command"));
        Assert.Equal([first, first + 1], _driver.Last.Refused.Select(r => r.Ticket));
        Assert.Equal("no worker starts: 3 failed in a row, the last: no such command", _driver.Last.Refused[0].Why);
        foreach (var (ticket, _) in _driver.Last.Refused) _driver.Happen(t => new AttemptEnded(t, ticket, AttemptCause.StartFailed));

        _driver.Advance(30);
        var later = Arrive(0, 1);
        _driver.Advance(6);
        Assert.Empty(_driver.LastFull!.Refused);
        _driver.Happen(t => new ReplicaEnded(t, Starting(0).Single(), AttemptCause.StartFailed, "no such command"));
        Assert.Equal([later], _driver.Last.Refused.Select(r => r.Ticket));
    }

    [Fact]
    public void Tasks_of_a_worker_that_crashes_wait_for_five_minutes()
    {
        Register(Worker("serve", max: 1));
        var first = Arrive(0, 1);
        Crash(0, 290);
        Assert.Empty(_driver.LastFull!.Refused);
        Crash(0, 80);
        Assert.Equal([first], _driver.LastFull!.Refused.Select(r => r.Ticket));
    }

    [Fact]
    public void A_task_that_has_ended_a_worker_is_served_alone()
    {
        Register(Worker("serve", max: 1, slots: 4));
        Arrive(0, 2);
        _driver.Happen(t => new ReplicaReady(t, Starting(0).Single()));
        var suspect = Arrive(0, 1, workersEnded: 1);
        var later = Arrive(0, 1);
        Assert.Equal(2, Snapshot.Stages[0].InFlight.Count);
        foreach (var running in Snapshot.Stages[0].InFlight.ToArray()) _driver.Happen(t => new AttemptEnded(t, running.Ticket, AttemptCause.Succeeded));
        Assert.Equal([suspect], Snapshot.Stages[0].InFlight.Select(t => t.Ticket));
        _driver.Happen(t => new AttemptEnded(t, suspect, AttemptCause.Succeeded));
        Assert.Equal([later], Snapshot.Stages[0].InFlight.Select(t => t.Ticket));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_task_that_ends_its_workers_is_to_blame_and_not_the_stage(bool taskIsToldFirst)
    {
        Register(Worker("serve", max: 1));
        for (var ended = 0; ended < 6; ended++)
        {
            var ticket = Arrive(0, 1, workersEnded: ended);
            _driver.Happen(t => new ReplicaReady(t, Starting(0).Single()));
            var replica = Snapshot.Stages[0].Replicas.Single().Number;
            if (taskIsToldFirst) _driver.Happen(t => new AttemptEnded(t, ticket, AttemptCause.WorkerLost));
            _driver.Happen(t => new ReplicaEnded(t, replica, AttemptCause.Signal));
            if (!taskIsToldFirst) _driver.Happen(t => new AttemptEnded(t, ticket, AttemptCause.WorkerLost));
        }

        // The first may have been another's fault.
        Assert.Equal(1, Snapshot.Stages[0].Health.Failures);
    }

    [Fact]
    public void The_checker_sees_a_quarantine_that_is_not_kept()
    {
        Register(Worker("serve", max: 4));
        Arrive(0, 4);
        Crash(0, 0.3);
        var decision = new ReplicaDecision
        {
            Stage = 0, StageName = "w/serve", Before = 0, Target = 1, Reason = new ReplicaReason { Rule = "waiting" },
            Starts = [new ReplicaStart(Snapshot.NextReplica, 0, new Resources(100, 1 << 20), false)],
        };
        var plan = _driver.Last with { Generation = Snapshot.Generation + 1, At = Snapshot.Now, Replicas = [decision] };
        Assert.Contains(PlanChecker.Check(Snapshot, plan), fault => fault.Contains("failed in a row", StringComparison.Ordinal));
    }

    [Fact]
    public void A_stage_at_a_gate_has_no_more_replicas_than_the_gate_lets_work_and_none_idle_while_it_is_shut_for_long()
    {
        var gate = ImmutableSortedDictionary<string, int>.Empty.Add("db", 2);
        _driver.Happen(t => new NodeJoined(t, 0, new NodeId("a"), new Resources(8000, 8L << 30)));
        _driver.Happen(t => new WorkflowRegistered(t, 0, 0, new WorkflowSpec
        {
            Name = "w", GateCapacities = gate,
            Stages = [Worker("serve", max: 8) with { Gates = ImmutableSortedDictionary<string, int>.Empty.Add("db", 1) }, Worker("long", max: 8) with { Gates = gate }],
        }));
        for (var i = 0; i < 50; i++)
            Snapshot.Stages[1].Profile.Record(new AttemptRecord(_driver.Now, AttemptCause.Succeeded, new AttemptUsage { WallTime = TimeSpan.FromMinutes(20) }));
        Arrive(0, 10);
        Assert.Equal(2, Starting(0).Count());
        foreach (var replica in Starting(0).ToArray()) _driver.Happen(t => new ReplicaReady(t, replica));

        // The other stage's task came later: it takes the gate when these two are done, and holds it for 20 minutes.
        foreach (var running in Snapshot.Stages[0].InFlight.ToArray()) _driver.Happen(t => new TaskWithdrawn(t, running.Ticket));
        for (var i = 3; i <= 10; i++)
        {
            var ticket = i;
            _driver.Happen(t => new TaskWithdrawn(t, ticket));
        }

        Arrive(1, 1);
        _driver.Happen(t => new ReplicaReady(t, Starting(1).Single()));
        foreach (var running in Snapshot.Stages[0].InFlight.ToArray()) _driver.Happen(t => new AttemptEnded(t, running.Ticket, AttemptCause.Succeeded));
        Assert.Single(Snapshot.Stages[1].InFlight);
        Arrive(0, 2);
        _driver.Advance(6);
        Assert.DoesNotContain(Snapshot.Stages[0].Replicas, r => r.Phase != ReplicaPhase.Draining);

        // Shortly before the time they are there again.
        for (var minutes = 0; minutes < 25 && !Starting(0).Any(); minutes++) _driver.Advance(60);
        Assert.InRange((_driver.Now - Snapshot.Stages[1].InFlight.Single().StartedAt).TotalMinutes, 17, 25);
    }
}

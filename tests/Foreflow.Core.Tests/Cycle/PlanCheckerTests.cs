using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Reservation;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Cycle;

/// <summary>Spoils a good plan in one place at a time: each must be found.</summary>
public class PlanCheckerTests
{
    private static readonly Resources Small = new(500, 64 << 20);
    private readonly PoolState _pool = new(new ClusterSnapshot(new PoolSettings()));
    private Instant _now = Instant.FromUnixSeconds(1_000_000);
    private readonly CyclePlan _plan;

    public PlanCheckerTests()
    {
        _pool.Apply(new NodeJoined(_now, 0, new NodeId("a"), new Resources(4000, 8L << 30)));
        _pool.Apply(new NodeJoined(_now, 1, new NodeId("b"), new Resources(4000, 8L << 30)));
        _pool.Apply(new WorkflowRegistered(_now, 0, 0, new WorkflowSpec
        {
            Name = "w",
            GateCapacities = ImmutableSortedDictionary<string, int>.Empty.Add("db", 2),
            Stages =
            [
                new StageSpec { Name = "load", Kind = StageKind.Run, Request = Small, ResourcesFixed = true, Gates = ImmutableSortedDictionary<string, int>.Empty.Add("db", 1) },
                new StageSpec { Name = "serve", Kind = StageKind.Worker, Needs = [0], Request = Small, MaxReplicas = 4 },
            ],
        }));
        _pool.Apply(new RunArrived(_now, 1, new RunId("r"), 0));
        _pool.Apply(new TasksReady(_now, 1, 1, 1, 0, 2, 2));
        Carry();
        foreach (var replica in _pool.Snapshot.Stages[1].Replicas.ToArray()) _pool.Apply(new ReplicaReady(_now, replica.Number));
        Carry();
        // A third task of the worker stage and two of the other: the next plan starts replicas and work of both kinds.
        _pool.Apply(new TasksReady(_now, 1, 1, 3, 2, 2, 4));
        _pool.Apply(new TasksReady(_now, 1, 0, 5, 0, 2, 2));
        _now += TimeSpan.FromSeconds(5);
        _pool.Apply(new TimePassed(_now));
        _plan = ControlCycle.Decide(_pool, PolicySet.Waiting);
    }

    private void Carry()
    {
        _now += TimeSpan.FromSeconds(5);
        _pool.Apply(new TimePassed(_now));
        _pool.Carry(ControlCycle.Decide(_pool, PolicySet.Waiting));
    }

    private void Finds(CyclePlan spoilt, string words)
    {
        var found = PlanChecker.Check(_pool.Snapshot, spoilt);
        Assert.Contains(found, f => f.Contains(words, StringComparison.Ordinal));
    }

    private CyclePlan With(Func<ReplicaDecision, ReplicaDecision> change) => _plan with { Replicas = [change(_plan.Replicas[0])] };

    private CyclePlan WithWork(Func<Assignment, Assignment> change) => _plan with { Work = _plan.Work.SetItem(0, change(_plan.Work[0])) };

    private CyclePlan WithClaim(Func<ClaimStep, ClaimStep> change) => _plan with { Claims = _plan.Claims.SetItem(0, change(_plan.Claims[0])) };

    [Fact]
    public void The_plan_itself_is_sound_and_has_everything_to_spoil()
    {
        Assert.Empty(PlanChecker.Check(_pool.Snapshot, _plan));
        Assert.NotEmpty(_plan.Replicas[0].Starts);
        Assert.Equal(2, _plan.Work.Length);
        Assert.NotEmpty(_plan.Claims);
    }

    [Fact]
    public void Generation_and_time_are_checked()
    {
        Finds(_plan with { Generation = _plan.Generation + 1 }, "does not follow");
        Finds(_plan with { At = _plan.At + TimeSpan.FromSeconds(1) }, "made for");
    }

    [Fact]
    public void Replicas_are_checked()
    {
        Finds(With(d => d with { Target = d.Target + 1 }), "do not lead to");
        Finds(With(d => d with { Before = d.Before + 1, Target = d.Target + 1 }), "are there before");
        Finds(With(d => d with { Reason = d.Reason with { Rule = "" } }), "without a reason");
        Finds(With(d => d with { Starts = d.Starts.SetItem(0, d.Starts[0] with { Replica = 99 }) }), "out of turn");
        Finds(With(d => d with { Starts = d.Starts.SetItem(0, d.Starts[0] with { Granted = new Resources(9000, 1) }) }), "claimed");
        Finds(With(d => d with { Starts = d.Starts.SetItem(0, d.Starts[0] with { Node = 1 - d.Starts[0].Node }) }), "claim");
        Finds(With(d => d with { Starts = [], Drains = [77], Target = d.Before - 1 }), "not its own");
        Finds(_plan with { Replicas = [_plan.Replicas[0], _plan.Replicas[0]] }, "decided twice");
        var drained = _pool.Snapshot.Stages[1].Replicas[0].Number;
        Finds(With(d => d with { Starts = [], Drains = [drained, drained], Target = d.Before - 2 }), "twice");
    }

    [Fact]
    public void Drains_and_bounds_are_checked()
    {
        var (ready, stage) = (_pool.Snapshot.Stages[1].Replicas[0].Number, _pool.Snapshot.Stages[1]);
        Finds(With(d => d with { Drains = [ready], Target = d.Target - 1 }), "starts and drains at once");
        Finds(With(d => d with { Starts = [.. d.Starts, .. Enumerable.Range(0, 3).Select(i => d.Starts[^1] with { Replica = d.Starts[^1].Replica + 1 + i })], Target = d.Target + 3 }), $"at most {stage.Spec.MaxReplicas}");
        // Carried out, its replicas start; while tasks wait for them they must not be drained, nor a worker drained below the least.
        _pool.Carry(_plan);
        var starting = stage.Replicas.First(r => r.Phase == ReplicaPhase.Starting).Number;
        var drain = new ReplicaDecision { Stage = 1, StageName = "w/serve", Before = stage.ActiveReplicas, Target = stage.ActiveReplicas - 1, Reason = _plan.Replicas[0].Reason, Drains = [starting] };
        Finds(_plan with { Generation = _plan.Generation + 1, Replicas = [drain], Work = [], Claims = [] }, "which waiting tasks wait for");
    }

    [Fact]
    public void The_least_number_of_replicas_is_checked()
    {
        var pool = new PoolState(new ClusterSnapshot(new PoolSettings()));
        pool.Apply(new NodeJoined(_now, 0, new NodeId("a"), new Resources(4000, 8L << 30)));
        pool.Apply(new WorkflowRegistered(_now, 0, 0, new WorkflowSpec { Name = "w", Stages = [new StageSpec { Name = "serve", Kind = StageKind.Worker, Request = Small, MinReplicas = 1 }] }));
        var first = ControlCycle.Decide(pool, PolicySet.Waiting);
        pool.Carry(first);
        var kept = Assert.Single(pool.Snapshot.Stages[0].Replicas);
        var drain = first.Replicas[0] with { Before = 1, Target = 0, Starts = [], Drains = [kept.Number] };
        Assert.Contains(
            PlanChecker.Check(pool.Snapshot, first with { Generation = first.Generation + 1, Replicas = [drain], Claims = [] }),
            f => f.Contains("at least 1", StringComparison.Ordinal));
    }

    [Fact]
    public void Lost_nodes_and_the_past_are_checked()
    {
        var past = Claim.Soft(new ClaimId(6), 0, Small, _now - TimeSpan.FromMinutes(9), _now - TimeSpan.FromMinutes(5), 0.5, 19, _now, 1);
        Finds(_plan with { Claims = _plan.Claims.Add(new ClaimStep(ClaimOperation.Reserve, past, "foreseen")) }, "a time that is past");
        _pool.Apply(new NodeLost(_now, _plan.Replicas[0].Starts[0].Node));
        Finds(_plan, "on a lost node");
        Finds(_plan, "is not there");
    }

    [Fact]
    public void Work_is_checked()
    {
        Finds(WithWork(w => w with { Ticket = 1 }), "does not wait");
        Finds(WithWork(w => w with { Ticket = _plan.Work[1].Ticket }), "starts twice");
        Finds(WithWork(w => w with { Granted = new Resources(9000, 1) }), "claimed");
        Finds(WithWork(w => w with { Ticket = 3, Replica = 55 }), "does not take it");
        Finds(_plan with { Work = _plan.Work.Add(new Assignment(3, 0, 1, Resources.Zero, AssignmentReason.WarmReplica)) }, "more than its");
        _pool.Apply(new NodeLost(_now, _plan.Work[0].Node));
        Finds(_plan, "lost node");
    }

    [Fact]
    public void Gates_are_checked()
    {
        _pool.Apply(new SettingsChanged(_now, new PoolSettings { Gates = ImmutableSortedDictionary<string, int>.Empty.Add("db", 1) }));
        Finds(_plan, "gate db");
    }

    [Fact]
    public void Claims_are_checked()
    {
        Finds(WithClaim(c => c with { Reason = "" }), "without a reason");
        Finds(_plan with { Claims = [] }, "no claim");
        Finds(_plan with { Claims = _plan.Claims.Add(_plan.Claims[0]) }, "entered twice");
        Finds(_plan with { Claims = _plan.Claims.Add(_plan.Claims[0] with { Operation = ClaimOperation.Reclaim }) }, "cannot be taken back");
        var soft = Claim.Soft(new ClaimId(6), 0, Small, _now, _now + TimeSpan.FromMinutes(1), 0.5, 19, _now + TimeSpan.FromMinutes(1), 1);
        CyclePlan Reserving(Claim claim) => _plan with { Claims = _plan.Claims.Add(new ClaimStep(ClaimOperation.Reserve, claim, "foreseen")) };
        Assert.Empty(PlanChecker.Check(_pool.Snapshot, Reserving(soft)));
        Finds(Reserving(soft with { Confidence = 1.5 }), "confidence");
        Finds(Reserving(soft with { Until = soft.From }), "no time");
        Finds(Reserving(soft with { Amount = new Resources(90_000, 1) }), "more than node");
        Finds(Reserving(soft with { Node = 7 }), "is not there");
        Finds(_plan with { Preempted = [1] }, "preempt");
    }

    [Fact]
    public void The_budget_for_replicas_ahead_of_need_is_checked()
    {
        _pool.Apply(new SettingsChanged(_now, new PoolSettings { SpeculativeShare = 0 }));
        Finds(With(d => d with { Starts = [.. d.Starts.Select(s => s with { Ahead = true })] }), "budget");
    }

    [Fact]
    public void Pauses_are_checked()
    {
        Finds(_plan with { Paused = [5] }, "pauses ticket 5, which does not run");
        Finds(_plan with { Paused = [1] }, "ticket 1 is paused: no claim of its memory");
        Finds(_plan with { Paused = [1] }, "but 0 steps on the ladder say so");
        Finds(_plan with { Resumed = [1] }, "resumes ticket 1, which is not paused");
        Finds(_plan with { Ladder = [new LadderStep(LadderRung.Pause, 0, 0, "")] }, "without a reason");
        Finds(_plan with { Ladder = [new LadderStep(LadderRung.Pause, 0, 0, "why"), new LadderStep(LadderRung.Reclaim, 0, 0, "why")] }, "the ladder goes down");
    }
}

using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Replication;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Cycle;

public class ControlCycleTests
{
    private static readonly Resources FourCores = new(4000, 8L << 30);

    private static WorkflowSpec TwoStages(int maxReplicas = 4, int slots = 1) => new()
    {
        Name = "w",
        Stages =
        [
            new StageSpec { Name = "split", Kind = StageKind.Run, Request = new Resources(500, 64 << 20), ExecutionSecondsPrior = 3 },
            new StageSpec
            {
                Name = "count", Kind = StageKind.Worker, Needs = [0], Request = new Resources(500, 64 << 20),
                MaxReplicas = maxReplicas, SlotsPerReplica = slots, StartUpSecondsPrior = 2, MaxWait = TimeSpan.FromSeconds(0.5),
            },
        ],
    };

    private static readonly PoolSettings Quick = new()
    {
        CyclePeriod = TimeSpan.FromSeconds(0.5),
        FineStep = TimeSpan.FromSeconds(0.5),
        FineHorizon = TimeSpan.FromSeconds(30),
        IdleTimeout = TimeSpan.FromSeconds(5),
    };

    private static PoolDriver Start(PolicySet policies, PoolSettings? settings = null)
    {
        var driver = new PoolDriver(settings ?? Quick, policies);
        driver.Happen(t => new NodeJoined(t, 0, new NodeId("a"), FourCores));
        driver.Happen(t => new WorkflowRegistered(t, 0, 0, TwoStages()));
        return driver;
    }

    [Fact]
    public void Every_name_of_a_policy_is_known() => Assert.All(PolicySet.Names, name => Assert.Equal(name, PolicySet.Named(name)?.Replication.Name));

    [Theory]
    [InlineData("reactive")]
    [InlineData("waiting")]
    public void A_policy_that_follows_starts_a_replica_only_when_a_task_waits(string policy)
    {
        var driver = Start(PolicySet.Named(policy)!);
        driver.Happen(t => new RunArrived(t, 1, new RunId("r1"), 0));
        driver.Happen(t => new TasksReady(t, 1, 0, 1, 0, 1, 1));
        Assert.Single(driver.Last.Work);
        driver.Advance(2);
        Assert.Empty(driver.Pool.Snapshot.Stages[1].Replicas);
        driver.Happen(t => new AttemptEnded(t, 1, AttemptCause.Succeeded));
        driver.Happen(t => new StageSettled(t, 1, 0));
        driver.Happen(t => new TasksReady(t, 1, 1, 2, 0, 1, 1));
        driver.Advance(0.1);
        Assert.NotEmpty(driver.Pool.Snapshot.Stages[1].Replicas);
    }

    [Fact]
    public void Reactive_decides_each_period_and_steers_to_its_target()
    {
        var driver = Start(PolicySet.Reactive);
        driver.Happen(t => new RunArrived(t, 1, new RunId("r1"), 0));
        driver.Happen(t => new TasksReady(t, 1, 1, 1, 0, 1, 1));
        driver.Advance(0.1);
        // One task on nothing: 1 / 0.7 replicas, rounded up.
        Assert.Equal(2, driver.Pool.Snapshot.Stages[1].Replicas.Count);
        foreach (var number in new long[] { 1, 2 }) driver.Happen(t => new ReplicaReady(t, number));
        driver.Happen(t => new TasksReady(t, 1, 1, 2, 0, 5, 6));
        driver.Advance(10);
        Assert.Equal(2, driver.Pool.Snapshot.Stages[1].Replicas.Count);
        driver.Advance(6);
        Assert.Equal(4, driver.Pool.Snapshot.Stages[1].Replicas.Count);
    }

    [Fact]
    public void Pause_resume_authorises_as_far_as_there_is_room_and_gives_back_at_once()
    {
        var driver = Start(PolicySet.Named("pause-resume")!);
        // Three of four cores are taken by the stage before: room for two replicas of half a core.
        driver.Happen(t => new RunArrived(t, 1, new RunId("r1"), 0));
        driver.Happen(t => new TasksReady(t, 1, 0, 1, 0, 6, 6));
        Assert.Equal(6, driver.Last.Work.Length);
        driver.Advance(2);
        Assert.Empty(driver.Pool.Snapshot.Stages[1].Replicas);

        driver.Happen(t => new TasksReady(t, 1, 1, 10, 0, 3, 3));
        driver.Advance(1);
        var stage = driver.Pool.Snapshot.Stages[1];
        Assert.Equal(2, stage.Replicas.Count);
        var paused = new PauseResumeReplication().Target(driver.Pool.Snapshot, stage, null, null);
        Assert.Equal((2, 3, "paused: room for 0 of 1 more replicas"), (paused.Replicas, paused.Reason.NeededReplicas, paused.Reason.LimitedBy));

        driver.Happen(t => new AttemptEnded(t, 1, AttemptCause.Succeeded));
        driver.Advance(1);
        Assert.Equal(3, stage.Replicas.Count);

        foreach (var replica in stage.Replicas.Select(r => r.Number).ToArray()) driver.Happen(t => new ReplicaReady(t, replica));
        foreach (var ticket in new long[] { 10, 11, 12 }) driver.Happen(t => new AttemptEnded(t, ticket, AttemptCause.Succeeded));
        driver.Advance(1);
        Assert.Equal(0, stage.ActiveReplicas);
    }

    [Fact]
    public void Ahead_starts_a_replica_while_the_stage_before_it_still_runs()
    {
        var driver = Start(PolicySet.Ahead);
        driver.Happen(t => new RunArrived(t, 1, new RunId("r1"), 0));
        driver.Happen(t => new TasksReady(t, 1, 0, 1, 0, 1, 1));
        driver.Advance(2);
        var replica = Assert.Single(driver.Pool.Snapshot.Stages[1].Replicas);
        Assert.Equal(ReplicaPhase.Starting, replica.Phase);
    }

    [Fact]
    public void In_mode_recommend_the_advice_is_given_and_not_followed()
    {
        var driver = Start(PolicySet.Ahead, Quick with { Mode = PoolMode.Recommend });
        driver.Happen(t => new RunArrived(t, 1, new RunId("r1"), 0));
        driver.Happen(t => new TasksReady(t, 1, 0, 1, 0, 1, 1));
        var advised = false;
        for (var i = 0; i < 20; i++)
        {
            driver.Advance(0.1);
            advised |= driver.LastFull?.Advice.Any(a => a.Stage == 1 && a.Target == 1) ?? false;
        }

        Assert.True(advised);
        Assert.Empty(driver.Pool.Snapshot.Stages[1].Replicas);
    }

    [Fact]
    public void Attempts_too_short_to_measure_never_ask_for_more_than_a_busy_node_leaves()
    {
        var driver = Start(PolicySet.Waiting);
        driver.Happen(t => new NodeSampled(t, 0, FourCores));
        driver.Happen(t => new RunArrived(t, 1, new RunId("r1"), 0));
        for (var ticket = 1; ticket <= 20; ticket++)
        {
            driver.Happen(t => new TasksReady(t, 1, 0, ticket, ticket - 1, 1, 20));
            Assert.Equal(ticket, Assert.Single(driver.Last.Work).Ticket);
            // One millisecond that took four of processor time.
            var usage = new AttemptUsage { WallTime = TimeSpan.FromMilliseconds(1), CpuSeconds = 0.004 };
            driver.Happen(t => new AttemptEnded(t, ticket, AttemptCause.Succeeded, usage));
        }
    }

    [Fact]
    public void Every_plan_of_any_history_passes_the_checker_and_replays_alike()
    {
        var policies = new[] { PolicySet.Reactive, PolicySet.Ahead, PolicySet.Named("threshold-ahead")!, PolicySet.Waiting };
        for (var seed = 0UL; seed < 24; seed++)
        {
            int Pick(ulong purpose, int from, int to) => from + (int)(Draw.Uniform(seed, purpose, 0) * (to - from + 1));
            var (policy, maxReplicas, slots) = (policies[Pick(1, 0, 3)], Pick(2, 1, 4), Pick(3, 1, 3));
            Assert.Equal(Play(seed, policy, maxReplicas, slots), Play(seed, policy, maxReplicas, slots));
        }
    }

    [Fact]
    public void A_replica_that_a_plan_drains_gets_no_task_in_that_plan() => Play(23794, PolicySet.Ahead, 4, 1);

    /// <summary>Plays a random history; the driver checks each plan. Returns the plans in short.</summary>
    private static List<string> Play(ulong seed, PolicySet policies, int maxReplicas, int slots)
    {
        var driver = new PoolDriver(Quick, policies);
        driver.Happen(t => new NodeJoined(t, 0, new NodeId("a"), FourCores));
        driver.Happen(t => new NodeJoined(t, 1, new NodeId("b"), new Resources(2000, 4L << 30)));
        driver.Happen(t => new WorkflowRegistered(t, 0, 0, TwoStages(maxReplicas, slots)));
        var life = new RandomLife(driver, seed);
        for (var step = 0; step < 120; step++) life.Step();
        return driver.Log;
    }
}

using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Cycle;

public class GivingWayTests
{
    private static PoolDriver Start(int leastReplicas = 0, Priority priority = Priority.Normal, string? gate = null)
    {
        var driver = new PoolDriver(new PoolSettings { CyclePeriod = TimeSpan.FromSeconds(0.5), GatesByLease = gate is not null }, PolicySet.Reactive);
        driver.Happen(t => new NodeJoined(t, 0, new NodeId("a"), new Resources(1000, 8L << 30)));
        driver.Happen(t => new WorkflowRegistered(t, 0, 0, new WorkflowSpec
        {
            Name = "served",
            Priority = priority,
            Stages =
            [
                new StageSpec
                {
                    Name = "serve", Kind = StageKind.Worker, Request = new Resources(250, 64 << 20),
                    MinReplicas = leastReplicas, MaxReplicas = 3, StartUpSecondsPrior = 1,
                },
            ],
        }));
        driver.Happen(t => new WorkflowRegistered(t, 1, 1, new WorkflowSpec
        {
            Name = "large",
            GateCapacities = gate is null ? ImmutableSortedDictionary<string, int>.Empty : ImmutableSortedDictionary<string, int>.Empty.Add(gate, 1),
            Stages =
            [
                new StageSpec
                {
                    Name = "report", Kind = StageKind.Run, Request = new Resources(600, 64 << 20), MaxWait = TimeSpan.FromSeconds(2),
                    Gates = gate is null ? ImmutableSortedDictionary<string, int>.Empty : ImmutableSortedDictionary<string, int>.Empty.Add(gate, 1),
                },
            ],
        }));
        driver.Happen(t => new RunArrived(t, 1, new RunId("r1"), 0));
        driver.Happen(t => new TasksReady(t, 1, 0, 1, 0, 3, 1));
        driver.Advance(0.5);
        foreach (var replica in driver.Pool.Snapshot.Stages[0].Replicas.ToArray()) driver.Happen(t => new ReplicaReady(t, replica.Number));
        driver.Advance(0.5);
        foreach (var task in driver.Pool.Snapshot.Stages[0].InFlight.ToArray()) driver.Happen(t => new AttemptEnded(t, task.Ticket, AttemptCause.Succeeded));
        Assert.Equal(3, driver.Pool.Snapshot.Stages[0].ActiveReplicas);
        return driver;
    }

    [Fact]
    public void Idle_replicas_stop_for_a_task_that_has_waited_too_long_and_no_more_of_them_than_it_needs()
    {
        var driver = Start();
        driver.Happen(t => new RunArrived(t, 2, new RunId("r2"), 1));
        driver.Happen(t => new TasksReady(t, 2, 1, 10, 0, 1, 1));
        driver.Advance(1.5);
        Assert.Equal(3, driver.Pool.Snapshot.Stages[0].ActiveReplicas);
        driver.Advance(1.2);
        var stopping = driver.Pool.Snapshot.Stages[0].Replicas.Where(r => r.Phase == ReplicaPhase.Draining).ToArray();
        Assert.Equal(2, stopping.Length);
        Assert.Contains(driver.Log, l => l.Contains("0:3>1", StringComparison.Ordinal));

        // One is gone: its room is kept, whatever the policy would like to start there.
        driver.Happen(t => new ReplicaEnded(t, stopping[0].Number, AttemptCause.Succeeded));
        driver.Advance(30);
        Assert.Equal(1, driver.Pool.Snapshot.Stages[0].ActiveReplicas);
        driver.Happen(t => new ReplicaEnded(t, stopping[1].Number, AttemptCause.Succeeded));
        Assert.True(driver.Pool.Snapshot.Task(10) is { Running: true });
    }

    [Theory]
    [InlineData(2, Priority.Normal)]
    [InlineData(0, Priority.Critical)]
    public void The_least_number_of_replicas_and_those_of_a_more_important_workflow_stay(int leastReplicas, Priority priority)
    {
        var driver = Start(leastReplicas, priority);
        driver.Happen(t => new RunArrived(t, 2, new RunId("r2"), 1));
        driver.Happen(t => new TasksReady(t, 2, 1, 10, 0, 1, 1));
        driver.Advance(20);
        Assert.Equal(3, driver.Pool.Snapshot.Stages[0].ActiveReplicas);
    }

    [Fact]
    public void Of_equals_the_stage_that_tasks_wait_for_gets_the_room_before_replicas_ahead_of_need()
    {
        var driver = new PoolDriver(new PoolSettings { CyclePeriod = TimeSpan.FromSeconds(0.5), SpeculativeShare = 1 }, PolicySet.Ahead);
        driver.Happen(t => new NodeJoined(t, 0, new NodeId("a"), new Resources(1000, 8L << 30)));
        driver.Happen(t => new WorkflowRegistered(t, 0, 0, new WorkflowSpec
        {
            Name = "two",
            Stages =
            [
                new StageSpec { Name = "kept", Kind = StageKind.Worker, Request = new Resources(600, 64 << 20), MinReplicas = 1, MaxReplicas = 2 },
                new StageSpec { Name = "asked", Kind = StageKind.Worker, Request = new Resources(600, 64 << 20), MaxReplicas = 2 },
            ],
        }));
        driver.Happen(t => new RunArrived(t, 1, new RunId("r1"), 0));
        driver.Happen(t => new TasksReady(t, 1, 1, 1, 0, 1, 1));
        driver.Advance(1);

        Assert.Equal((0, 1), (driver.Pool.Snapshot.Stages[0].ActiveReplicas, driver.Pool.Snapshot.Stages[1].ActiveReplicas));
    }

    [Fact]
    public void Nobody_stops_for_a_task_that_waits_for_the_lease_of_its_gate()
    {
        var driver = Start(gate: "db");
        driver.Happen(t => new RunArrived(t, 2, new RunId("r2"), 1));
        driver.Happen(t => new TasksReady(t, 2, 1, 10, 0, 1, 1));
        driver.Advance(20);
        Assert.Equal(3, driver.Pool.Snapshot.Stages[0].ActiveReplicas);
    }

    [Fact]
    public void A_task_that_fits_nowhere_at_all_stops_nobody()
    {
        var driver = Start();
        driver.Happen(t => new NodeSampled(t, 0, new Resources(500, 0)));
        driver.Happen(t => new RunArrived(t, 2, new RunId("r2"), 1));
        driver.Happen(t => new TasksReady(t, 2, 1, 10, 0, 1, 1));
        driver.Advance(20);
        Assert.Equal(3, driver.Pool.Snapshot.Stages[0].ActiveReplicas);
    }
}

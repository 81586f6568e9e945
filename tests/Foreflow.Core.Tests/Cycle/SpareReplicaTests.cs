using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Cycle;

/// <summary>One more replica on another node while nothing wants its room. Every plan passes the checker on the way.</summary>
public class SpareReplicaTests
{
    private static readonly Resources Node = new(4000, 8L << 30);

    private static readonly PoolSettings Quick = new()
    {
        CyclePeriod = TimeSpan.FromSeconds(0.5),
        FineStep = TimeSpan.FromSeconds(0.5),
        FineHorizon = TimeSpan.FromSeconds(30),
    };

    private static readonly StageSpec Serve = new()
    {
        Name = "serve", Kind = StageKind.Worker, Request = new Resources(1000, 64 << 20), ResourcesFixed = true, MinReplicas = 1, MaxReplicas = 4,
        Resilient = true, StartUpSecondsPrior = 1, MaxWait = TimeSpan.FromSeconds(0.5),
    };

    private static readonly StageSpec Load = new() { Name = "load", Kind = StageKind.Run, Request = new Resources(3500, 64 << 20), ResourcesFixed = true };

    private static PoolDriver Start(int nodes, StageSpec serve, PoolSettings? settings = null, Priority priority = Priority.Normal)
    {
        var driver = new PoolDriver(settings ?? Quick, PolicySet.Waiting);
        for (var n = 0; n < nodes; n++) driver.Happen(t => new NodeJoined(t, n, new NodeId($"n{n}"), Node));
        driver.Happen(t => new WorkflowRegistered(t, 0, 0, new WorkflowSpec { Name = "w", Priority = priority, Stages = [serve, Load] }));
        Settle(driver);
        return driver;
    }

    private static void Settle(PoolDriver driver, double seconds = 2)
    {
        for (var i = 0; i < seconds * 2; i++)
        {
            driver.Advance(0.5);
            foreach (var replica in driver.Pool.Snapshot.Stages[0].Replicas.ToArray())
            {
                if (replica.Phase == ReplicaPhase.Starting) driver.Happen(t => new ReplicaReady(t, replica.Number));
                else if (replica is { Phase: ReplicaPhase.Draining, InFlight: 0 }) driver.Happen(t => new ReplicaEnded(t, replica.Number, AttemptCause.Succeeded));
            }
        }
    }

    private static StageState Stage(PoolDriver driver) => driver.Pool.Snapshot.Stages[0];

    private static void Task(PoolDriver driver, long ticket, int stage)
    {
        if (driver.Pool.Snapshot.Run(1) is null) driver.Happen(t => new RunArrived(t, 1, new RunId("r1"), 0));
        driver.Happen(t => new TasksReady(t, 1, stage, ticket, (int)ticket, 1, 9));
    }

    [Fact]
    public void A_stage_that_asks_for_it_gets_one_on_another_node_and_the_reason_is_told()
    {
        var driver = Start(2, Serve);
        var replicas = Stage(driver).Replicas;
        Assert.Equal([false, true], replicas.Select(r => r.Spare));
        Assert.Equal(2, replicas.Select(r => r.Node).Distinct().Count());
        Assert.Equal(1, Stage(driver).ActiveReplicas);
        Assert.Contains(driver.Decisions.Select(d => Explanations.Of(d)), d => d == $"w/serve: a spare replica starts beside 1: all replicas are on n{replicas[0].Node}; one stands by on n{replicas[1].Node} while nothing else wants its room, 0 waiting, 0 running, rule resilience");
        Settle(driver, 10);
        Assert.Equal(2, replicas.Count);
    }

    [Theory]
    [InlineData(true, Priority.Normal, 2, 1)]
    [InlineData(false, Priority.Critical, 2, 1)]
    [InlineData(false, Priority.Normal, 2, 0)]
    [InlineData(true, Priority.Critical, 1, 0)]
    public void It_takes_a_second_node_and_a_stage_that_merits_it(bool resilient, Priority priority, int nodes, int spares) =>
        Assert.Equal(spares, Stage(Start(nodes, Serve with { Resilient = resilient }, priority: priority)).Replicas.Count(r => r.Spare));

    [Fact]
    public void None_is_made_where_there_is_no_room_for_two_or_acting_ahead_is_off()
    {
        Assert.Single(Stage(Start(2, Serve with { Request = new Resources(2500, 64 << 20) })).Replicas);
        Assert.Single(Stage(Start(2, Serve, Quick with { Mode = PoolMode.Recommend })).Replicas);
        Assert.Single(Stage(Start(2, Serve with { MaxReplicas = 1 })).Replicas);
    }

    [Fact]
    public void When_the_node_of_the_others_is_lost_it_counts_and_nothing_waits()
    {
        var driver = Start(3, Serve);
        var (lost, spare) = (Stage(driver).Replicas[0], Stage(driver).Replicas[1]);
        driver.Happen(t => new NodeLost(t, lost.Node));
        driver.Happen(t => new ReplicaEnded(t, lost.Number, AttemptCause.NodeLost));
        driver.Advance(0.5);
        Assert.Equal((1, false), (Stage(driver).ActiveReplicas, spare.Spare));
        Task(driver, 1, 0);
        Assert.Equal(spare.Number, Assert.Single(driver.Last.Work).Replica);
        // And the next one stands by on the node that is left.
        Settle(driver);
        Assert.Contains(Stage(driver).Replicas, r => r.Spare && r.Node != spare.Node);
    }

    [Fact]
    public void When_one_more_is_wanted_it_counts_and_none_is_started()
    {
        var driver = Start(2, Serve);
        var spare = Stage(driver).Replicas[1].Number;
        Task(driver, 1, 0);
        Task(driver, 2, 0);
        driver.Advance(1);
        Assert.Equal((2, 2), (Stage(driver).ActiveReplicas, Stage(driver).Replicas.Count));
        Assert.Contains(driver.Decisions, d => d.Promoted is [var promoted] && promoted == spare && d.Starts.IsEmpty && d.Target == 2);
    }

    [Fact]
    public void It_goes_first_when_work_waits_for_room_and_stays_away_for_a_while()
    {
        var driver = Start(2, Serve);
        // Neither node has 3.5 of 4 cores left: the one with the spare replica would have.
        Task(driver, 1, 1);
        driver.Advance(0.5);
        Assert.Equal(ReplicaPhase.Draining, Stage(driver).Replicas[1].Phase);
        Assert.Contains(driver.Decisions.Select(d => Explanations.Of(d)), d => d.StartsWith("w/serve: the spare replica goes beside 1: w/load waits for room", StringComparison.Ordinal));
        Settle(driver, 0.5);
        Assert.Contains(driver.Pool.Snapshot.Stages[1].InFlight, t => t.Ticket == 1);
        driver.Happen(t => new AttemptEnded(t, 1, AttemptCause.Succeeded));
        Settle(driver, 50);
        Assert.Single(Stage(driver).Replicas);
        Settle(driver, 20);
        Assert.Equal(2, Stage(driver).Replicas.Count);
    }

    [Fact]
    public void It_goes_when_the_others_are_on_several_nodes_or_there_are_none()
    {
        var driver = Start(3, Serve with { MinReplicas = 2 });
        Assert.DoesNotContain(Stage(driver).Replicas, r => r.Spare);

        driver = Start(2, Serve with { MinReplicas = 0 });
        Assert.Empty(Stage(driver).Replicas);
    }

    /// <summary>A random life of two workflows, one of them critical, on nodes that come and go: the checker is silent at every plan.</summary>
    [Theory]
    [InlineData(11UL)]
    [InlineData(12UL)]
    [InlineData(13UL)]
    public void Whatever_happens_plans_are_sound_and_a_stage_has_one_at_most(ulong seed)
    {
        var driver = new PoolDriver(Quick, PolicySet.Ahead);
        for (var n = 0; n < 3; n++) driver.Happen(t => new NodeJoined(t, n, new NodeId($"n{n}"), Node));
        driver.Happen(t => new WorkflowRegistered(t, 0, 0, new WorkflowSpec
        {
            Name = "w",
            Priority = Priority.Critical,
            Stages = [Load with { Name = "split", Request = new Resources(1000, 64 << 20) }, Serve with { Name = "count", Needs = [0], MinReplicas = 0, SlotsPerReplica = 12, Request = new Resources(500, 64 << 20) }],
        }));
        var life = new RandomLife(driver, seed);
        var had = 0;
        for (var i = 0; i < 1500; i++)
        {
            life.Step();
            var spares = driver.Pool.Snapshot.Stages.Max(s => s.Replicas.Count(r => r is { Spare: true, Phase: not ReplicaPhase.Draining }));
            Assert.InRange(spares, 0, 1);
            had += spares;
        }

        Assert.True(had > 0, "no spare replica was ever there");
        driver.Outcomes.Close();
    }
}

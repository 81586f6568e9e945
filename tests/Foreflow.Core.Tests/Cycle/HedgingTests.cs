using System.Text.Json;
using Foreflow.Core.Model;
using Foreflow.Core.Outcomes;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Cycle;

/// <summary>Which late attempts get a second one beside them, where, and how many. Every plan passes the checker on the way.</summary>
public class HedgingTests
{
    private static readonly Resources Node = new(4000, 8L << 30);

    private static readonly PoolSettings Quick = new()
    {
        CyclePeriod = TimeSpan.FromSeconds(0.5),
        FineStep = TimeSpan.FromSeconds(0.5),
        FineHorizon = TimeSpan.FromSeconds(30),
    };

    private static StageSpec Stage(StageKind kind) => new()
    {
        Name = "s", Kind = kind, Request = new Resources(1000, 64 << 20), Idempotent = true, MinReplicas = kind == StageKind.Worker ? 2 : 0, StartUpSecondsPrior = 0.1,
    };

    [Theory]
    [InlineData(StageKind.Run)]
    [InlineData(StageKind.Worker)]
    [InlineData(StageKind.Handler)]
    public void One_that_outlives_95_percent_gets_a_second_attempt_on_another_node(StageKind kind)
    {
        var pool = new Pool(Stage(kind));
        pool.Teach(40);
        var late = pool.StartOne();
        pool.Driver.Advance(0.9);
        Assert.Empty(pool.Hedges);
        pool.Driver.Advance(0.4);

        var (hedged, work, reason) = Assert.Single(pool.Hedges);
        Assert.Equal((late, -late), (hedged, work.Ticket));
        Assert.NotEqual(pool.Snapshot.Task(late)!.Node, work.Node);
        Assert.InRange(reason.LateAfterSeconds, 1, 1.1);
        Assert.InRange(reason.ElapsedSeconds, reason.LateAfterSeconds, 1.3);
        Assert.Equal((40, 0, 41), (reason.Observations, reason.Hedges, reason.Attempts));
        pool.Driver.Advance(5);
        Assert.Single(pool.Hedges);
    }

    [Fact]
    public void It_is_hedged_within_a_tick_of_being_late_not_only_by_full_cycles()
    {
        var pool = new Pool(Stage(StageKind.Run), Quick with { CyclePeriod = TimeSpan.FromSeconds(30) });
        pool.Teach(40);
        pool.Driver.Advance(31);
        pool.StartOne();
        Assert.InRange((pool.Driver.Pool.NextDecisionAt - pool.Driver.Now).TotalSeconds, 0.9, 1.1);
        pool.Driver.Advance(1.2);
        Assert.Single(pool.Hedges);
    }

    [Fact]
    public void Nothing_is_hedged_that_may_not_be_done_twice_or_that_a_gate_guards()
    {
        foreach (var spec in (StageSpec[])[Stage(StageKind.Run) with { Idempotent = false }, Stage(StageKind.Run) with { Gates = Stage(StageKind.Run).Gates.Add("db", 1) }])
        {
            var pool = new Pool(spec);
            pool.Teach(40);
            pool.StartOne();
            pool.Driver.Advance(20);
            Assert.Empty(pool.Hedges);
        }
    }

    [Fact]
    public void Nothing_is_called_late_before_enough_is_known()
    {
        var pool = new Pool(Stage(StageKind.Run));
        pool.Teach(18);
        pool.StartOne();
        pool.Driver.Advance(20);
        Assert.Empty(pool.Hedges);
    }

    [Theory]
    [InlineData(0.05, 2)]
    [InlineData(0.1, 4)]
    [InlineData(0, 0)]
    public void No_more_are_hedged_than_the_share_allows(double share, int allowed)
    {
        var pool = new Pool(Stage(StageKind.Run) with { Request = new Resources(250, 64 << 20) }, Quick with { HedgeShare = share });
        pool.Teach(40);
        for (var i = 0; i < 6; i++) pool.StartOne();
        pool.Driver.Advance(20);
        Assert.Equal(allowed, pool.Hedges.Count);
    }

    [Fact]
    public void Without_room_nothing_is_hedged_and_on_the_same_node_only_where_no_other_has_room()
    {
        var pool = new Pool(Stage(StageKind.Run), nodes: 1);
        pool.Teach(40);
        var late = pool.StartOne();
        pool.Driver.Advance(2);
        Assert.Equal(pool.Snapshot.Task(late)!.Node, Assert.Single(pool.Hedges).Work.Node);

        pool = new Pool(Stage(StageKind.Run) with { Request = new Resources(3000, 64 << 20), ResourcesFixed = true }, nodes: 1);
        pool.Teach(40);
        pool.StartOne();
        pool.Driver.Advance(20);
        Assert.Empty(pool.Hedges);
    }

    [Fact]
    public void A_replica_is_never_given_the_task_that_it_is_late_with_again()
    {
        var pool = new Pool(Stage(StageKind.Worker) with { MinReplicas = 1, MaxReplicas = 1, SlotsPerReplica = 4 });
        pool.Teach(40);
        pool.StartOne();
        pool.Driver.Advance(20);
        Assert.Empty(pool.Hedges);
    }

    [Fact]
    public void Work_that_needs_the_room_of_a_hedge_gets_it()
    {
        var pool = new Pool(Stage(StageKind.Run) with { Request = new Resources(2000, 64 << 20), ResourcesFixed = true }, nodes: 1);
        pool.Teach(40);
        pool.StartOne();
        pool.Driver.Advance(2);
        var hedge = Assert.Single(pool.Hedges).Work.Ticket;
        pool.StartOne();
        Assert.Equal([hedge], pool.Driver.Last.Preempted);
        Assert.Single(pool.Driver.Last.Work);
    }

    [Fact]
    public void Of_two_that_succeed_one_counts_and_one_that_was_outrun_is_no_failure()
    {
        var pool = new Pool(Stage(StageKind.Run));
        pool.Teach(40);
        var late = pool.StartOne(stageTasks: 2);
        pool.Driver.Advance(2);
        Assert.Single(pool.Hedges);
        var run = pool.Snapshot.Run(pool.Snapshot.Task(late)!.Run)!;
        pool.Driver.Happen(t => new AttemptEnded(t, -late, AttemptCause.Succeeded));
        Assert.Equal(1, run.Outstanding[0]);
        pool.Driver.Happen(t => new AttemptEnded(t, late, AttemptCause.Succeeded));
        Assert.Equal(1, run.Outstanding[0]);

        late = pool.StartOne();
        pool.Driver.Advance(2);
        var before = pool.Snapshot.Stages[0].Profile.ExecutionSeconds.Count;
        pool.Driver.Happen(t => new AttemptEnded(t, late, AttemptCause.Superseded));
        Assert.Equal(before, pool.Snapshot.Stages[0].Profile.ExecutionSeconds.Count);
        Assert.Equal(1, pool.Snapshot.Stages[0].Profile.Outcome(AttemptCause.Superseded).Count);
        Assert.All(pool.Snapshot.Nodes, n => Assert.True(n.Claimed.IsNonNegative));
    }

    [Theory]
    [InlineData(true, Verdict.Hit, "done after 0.5 s: hit")]
    [InlineData(false, Verdict.Waste, "the first was done after another 0.5 s: waste")]
    [InlineData(null, Verdict.Lost, "neither had succeeded after 0.5 s: lost")]
    public void What_became_of_a_second_attempt_is_told(bool? second, Verdict verdict, string words)
    {
        var pool = new Pool(Stage(StageKind.Run));
        pool.Teach(40);
        var late = pool.StartOne();
        pool.Driver.Advance(1.1);
        var decided = Assert.Single(pool.Hedges);
        pool.Driver.Advance(0.5);
        pool.Driver.Happen(t => new AttemptEnded(t, second == true ? -late : late, second is null ? AttemptCause.ExitCode : AttemptCause.Succeeded));
        pool.Driver.Happen(t => new AttemptEnded(t, second == true ? late : -late, second is null ? AttemptCause.ExitCode : AttemptCause.Superseded));
        var outcome = Assert.Single(pool.Driver.Outcomes.Take().OfType<HedgeOutcome>());
        Assert.Equal((verdict, decided.Reason, "w/s"), (outcome.Verdict, outcome.Reason, outcome.StageName));
        Assert.NotEqual(outcome.Node, outcome.HedgedNode);
        Assert.EndsWith(words, OutcomeWords.Of(outcome), StringComparison.Ordinal);
        Assert.Equal(outcome, JsonSerializer.Deserialize(JsonSerializer.Serialize(outcome, OutcomeJson.Default.Outcome), OutcomeJson.Default.Outcome));
    }

    /// <summary>Spoils a plan with a hedge in one place at a time: each is found.</summary>
    [Fact]
    public void The_checker_finds_a_hedge_that_should_not_be()
    {
        foreach (var kind in (StageKind[])[StageKind.Run, StageKind.Worker])
        {
            var pool = new Pool(Stage(kind) with { MinReplicas = kind == StageKind.Worker ? 4 : 0 });
            pool.Teach(40);
            var late = pool.StartOne();
            var fresh = pool.StartOne();
            pool.Driver.Advance(0.9);
            // The state in which the plan with the hedge is made is left as it is: the plan is not carried out.
            pool.Driver.Pool.Apply(new TimePassed(pool.Driver.Now + TimeSpan.FromSeconds(0.2)));
            var plan = ControlCycle.Decide(pool.Driver.Pool, PolicySet.Waiting);
            var hedge = plan.Hedges[0];
            Assert.Empty(PlanChecker.Check(pool.Snapshot, plan));

            Finds(plan with { Hedges = [hedge with { Hedged = 9999 }] }, "does not run");
            Finds(plan with { Hedges = [hedge with { Work = hedge.Work with { Ticket = -9999 } }] }, "under ticket");
            Finds(plan with { Hedges = [hedge with { Reason = hedge.Reason with { LateAfterSeconds = 99 } }] }, "not late");
            Finds(plan with { Hedges = [hedge with { Reason = hedge.Reason with { Observations = 3 } }] }, "not late");
            Finds(plan with { Hedges = [hedge, hedge, hedge, hedge] }, "allowed");
            Finds(plan with { Hedges = [hedge with { Work = hedge.Work with { Node = pool.Snapshot.Task(hedge.Hedged)!.Node } }] }, "on its own node");
            if (kind == StageKind.Worker) Finds(plan with { Hedges = [hedge with { Work = hedge.Work with { Replica = 77 } }] }, "does not take it");
            else Finds(plan with { Claims = [] }, "no claim");
            Assert.Contains(hedge.Hedged, (long[])[late, fresh]);

            void Finds(CyclePlan spoilt, string words) =>
                Assert.Contains(PlanChecker.Check(pool.Snapshot, spoilt), f => f.Contains(words, StringComparison.Ordinal));
        }
    }

    /// <summary>Long lives of several stages with stragglers, crashes and lost nodes: the checker is silent at every plan, the share is kept, and nothing is left claimed.</summary>
    [Theory]
    [InlineData(1UL)]
    [InlineData(2UL)]
    [InlineData(3UL)]
    [InlineData(4UL)]
    [InlineData(5UL)]
    public void Whatever_happens_plans_are_sound_and_the_share_is_kept(ulong seed)
    {
        var life = new StragglingLife(seed);
        life.Run(3000);
        foreach (var stage in life.Snapshot.Stages)
        {
            Assert.True(stage.Hedges <= 0.05 * stage.TasksStarted, $"{stage.Id}: {stage.Hedges} of {stage.TasksStarted}");
            Assert.True(stage.Spec.Idempotent ? stage.Hedges > 0 : stage.Hedges == 0, $"{stage.Id}: {stage.Hedges} hedges");
        }

        life.Drain();
        Assert.All(life.Snapshot.Stages, s => Assert.Empty(s.InFlight));
        Assert.All(life.Snapshot.Nodes.Where(n => n.Alive), n => Assert.Equal(life.Snapshot.Stages.SelectMany(s => s.Replicas).Where(r => r.Node == n.Index).Aggregate(Resources.Zero, (sum, r) => sum + r.Granted), n.Claimed));
    }

    /// <summary>A pool of one stage whose tasks take a second unless they are left running.</summary>
    private sealed class Pool
    {
        private long _number;

        public Pool(StageSpec stage, PoolSettings? settings = null, int nodes = 2)
        {
            Driver = new PoolDriver(settings ?? Quick, PolicySet.Waiting);
            for (var n = 0; n < nodes; n++) Driver.Happen(t => new NodeJoined(t, n, new NodeId($"n{n}"), Node));
            Driver.Happen(t => new WorkflowRegistered(t, 0, 0, new WorkflowSpec { Name = "w", Stages = [stage] }));
            Driver.Advance(1);
            foreach (var replica in Snapshot.Stages[0].Replicas.ToArray()) Driver.Happen(t => new ReplicaReady(t, replica.Number));
        }

        public PoolDriver Driver { get; }

        public ClusterSnapshot Snapshot => Driver.Pool.Snapshot;

        public IReadOnlyList<Hedge> Hedges => Driver.Hedges;

        public long StartOne(int stageTasks = 1)
        {
            var number = ++_number;
            Driver.Happen(t => new RunArrived(t, number, new RunId($"r{number}"), 0));
            Driver.Happen(t => new TasksReady(t, number, 0, number, 0, 1, stageTasks));
            Assert.Contains(Driver.Last.Work, w => w.Ticket == number);
            return number;
        }

        public void Teach(int tasks)
        {
            for (var i = 0; i < tasks; i++)
            {
                var ticket = StartOne();
                Driver.Advance(1);
                Driver.Happen(t => new AttemptEnded(t, ticket, AttemptCause.Succeeded));
                Driver.Happen(t => new RunEnded(t, ticket));
            }

            Driver.Advance(0.5);
        }
    }

    /// <summary>Three stages, one of which may not be done twice, on three nodes: one attempt in thirty hangs until it is outrun or half a minute is over.</summary>
    private sealed class StragglingLife
    {
        private readonly PoolDriver _driver = new(Quick, PolicySet.Ahead);
        private readonly Dictionary<long, Instant> _ends = [];
        private readonly ulong _seed;
        private long _number;
        private ulong _step;
        private int _nodes = 3;

        public StragglingLife(ulong seed)
        {
            _seed = seed;
            for (var n = 0; n < 3; n++) _driver.Happen(t => new NodeJoined(t, n, new NodeId($"n{n}"), Node));
            _driver.Happen(t => new WorkflowRegistered(t, 0, 0, new WorkflowSpec
            {
                Name = "w",
                Stages =
                [
                    Stage(StageKind.Run) with { Name = "run", Request = new Resources(500, 64 << 20) },
                    Stage(StageKind.Worker) with { Name = "worker", Request = new Resources(500, 64 << 20), SlotsPerReplica = 2, MaxReplicas = 6 },
                    Stage(StageKind.Run) with { Name = "once", Request = new Resources(500, 64 << 20), Idempotent = false },
                ],
            }));
        }

        public ClusterSnapshot Snapshot => _driver.Pool.Snapshot;

        private double Roll(ulong purpose) => Draw.Uniform(_seed, _step, purpose);

        public void Run(int steps)
        {
            for (var i = 0; i < steps; i++) Step(arrives: true);
        }

        public void Drain()
        {
            for (var i = 0; i < 2000 && Snapshot.Stages.Any(s => s.InFlight.Count + s.Queued > 0); i++) Step(arrives: false);
        }

        private void Step(bool arrives)
        {
            _step++;
            _driver.Advance(0.1);
            if (arrives && Roll(1) < 0.35) Arrive((int)(Roll(2) * 3));
            foreach (var replica in Snapshot.Stages.SelectMany(s => s.Replicas).ToArray())
            {
                if (replica.Phase == ReplicaPhase.Starting) _driver.Happen(t => new ReplicaReady(t, replica.Number));
                else if (replica.Phase == ReplicaPhase.Draining && replica.InFlight == 0) _driver.Happen(t => new ReplicaEnded(t, replica.Number, AttemptCause.Succeeded));
            }

            if (arrives && Roll(3) < 0.001 && _nodes < 8) LoseNode();
            foreach (var stage in Snapshot.Stages)
                foreach (var task in stage.InFlight.ToArray())
                    if (Snapshot.Task(task.Ticket) == task && EndOf(task) <= _driver.Now) End(task, AttemptCause.Succeeded);
            foreach (var ticket in _driver.Last.Preempted.Where(p => Snapshot.Task(p) is not null)) End(Snapshot.Task(ticket)!, AttemptCause.Preempted);
        }

        private Instant EndOf(TaskEntry task)
        {
            if (_ends.TryGetValue(task.Ticket, out var end)) return end;
            var hangs = Draw.Uniform(_seed, (ulong)task.Ticket, 7) < 1 / 30.0;
            return _ends[task.Ticket] = task.StartedAt + TimeSpan.FromSeconds(hangs ? 30 : 0.5 + (0.5 * Draw.Uniform(_seed, (ulong)task.Ticket, 8)));
        }

        private void Arrive(int stage)
        {
            var number = ++_number;
            _driver.Happen(t => new RunArrived(t, number, new RunId($"r{number}"), 0));
            _driver.Happen(t => new TasksReady(t, number, stage, number, 0, 1, 1));
        }

        private void LoseNode()
        {
            var node = Snapshot.Nodes.First(n => n.Alive).Index;
            _driver.Happen(t => new NodeLost(t, node));
            foreach (var replica in Snapshot.Stages.SelectMany(s => s.Replicas).Where(r => r.Node == node).ToArray()) _driver.Happen(t => new ReplicaEnded(t, replica.Number, AttemptCause.NodeLost));
            foreach (var task in Snapshot.Stages.SelectMany(s => s.InFlight).Where(t => t.Node == node).ToArray()) End(task, AttemptCause.NodeLost);
            _driver.Happen(t => new NodeJoined(t, _nodes, new NodeId($"n{_nodes}"), Node));
            _nodes++;
        }

        /// <summary>An attempt ends, and the one beside it once it succeeded, as a run has it.</summary>
        private void End(TaskEntry task, AttemptCause cause)
        {
            _driver.Happen(t => new AttemptEnded(t, task.Ticket, cause));
            var beside = Snapshot.Task(task.HedgeOf != 0 ? task.HedgeOf : task.HedgedBy);
            if (beside is not null && cause != AttemptCause.Succeeded) return;
            if (beside is not null) _driver.Happen(t => new AttemptEnded(t, beside.Ticket, AttemptCause.Superseded));
            if (cause == AttemptCause.Succeeded || Roll(9) < 0.5) _driver.Happen(t => new RunEnded(t, task.Run));
            else
            {
                var ticket = ++_number + 10_000_000;
                _driver.Happen(t => new TasksReady(t, task.Run, task.Stage, ticket, 0, 1, 1, Attempt: task.Attempt + 1, AfterCause: cause));
            }
        }
    }
}

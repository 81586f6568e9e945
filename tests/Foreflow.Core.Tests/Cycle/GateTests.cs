using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Cycle;

public class GateTests
{
    private static readonly Resources Small = new(10, 1 << 20);
    private readonly PoolState _pool = new(new ClusterSnapshot(new PoolSettings()));
    private Instant _now = Instant.FromUnixSeconds(1_000_000);
    private long _nextTicket = 1;

    private static ImmutableSortedDictionary<string, int> Units(params (string Gate, int Units)[] of) =>
        of.ToImmutableSortedDictionary(g => g.Gate, g => g.Units, StringComparer.Ordinal);

    private void Register(WorkflowSpec spec)
    {
        _pool.Apply(new NodeJoined(_now, 0, new NodeId("a"), new Resources(8000, 8L << 30)));
        _pool.Apply(new WorkflowRegistered(_now, 0, 0, spec));
    }

    private static StageSpec Stage(string name, params (string Gate, int Units)[] gates) =>
        new() { Name = name, Kind = StageKind.Run, Request = Small, ResourcesFixed = true, MaxReplicas = int.MaxValue, Gates = Units(gates) };

    /// <summary>A run arrives with tasks of a stage; returns the first ticket.</summary>
    private long Arrive(long run, int stage, int tasks)
    {
        _pool.Apply(new RunArrived(_now, run, new RunId($"r{run}"), 0));
        _pool.Apply(new TasksReady(_now, run, stage, _nextTicket, 0, tasks, tasks));
        _nextTicket += tasks;
        return _nextTicket - tasks;
    }

    private void Pass(double seconds)
    {
        _now += TimeSpan.FromSeconds(seconds);
        _pool.Apply(new TimePassed(_now));
    }

    /// <summary>Tickets that start now. Each plan passes the checker.</summary>
    private long[] Step()
    {
        var plan = ControlCycle.Next(_pool, PolicySet.Waiting);
        Assert.Empty(PlanChecker.Check(_pool.Snapshot, plan));
        _pool.Carry(plan);
        return [.. plan.Work.Select(w => w.Ticket)];
    }

    private void End(long ticket, AttemptCause cause = AttemptCause.Succeeded) => _pool.Apply(new AttemptEnded(_now, ticket, cause));

    [Theory]
    [InlineData(AttemptCause.Succeeded)]
    [InlineData(AttemptCause.ExitCode)]
    [InlineData(AttemptCause.NodeLost)]
    [InlineData(AttemptCause.Cancelled)]
    public void Units_are_held_while_an_attempt_runs_and_come_back_however_it_ends(AttemptCause cause)
    {
        Register(new WorkflowSpec { Name = "w", GateCapacities = Units(("db", 2)), Stages = [Stage("load", ("db", 1))] });
        Arrive(1, 0, 3);
        Assert.Equal([1, 2], Step());
        Assert.Empty(Step());
        End(1, cause);
        Assert.Equal([3], Step());
        Assert.Equal(2, _pool.Snapshot.GatesHeld["db"]);
        End(2);
        End(3);
        Assert.Equal(0, _pool.Snapshot.GatesHeld["db"]);
    }

    [Fact]
    public void Who_needs_many_units_has_its_turn_before_those_that_came_later_and_need_one()
    {
        Register(new WorkflowSpec { Name = "w", GateCapacities = Units(("db", 4)), Stages = [Stage("wide", ("db", 4)), Stage("small", ("db", 1)), Stage("free")] });
        var first = Arrive(1, 1, 2);
        Assert.Equal([first, first + 1], Step());
        Pass(1);
        var wide = Arrive(2, 0, 1);
        Assert.Empty(Step());
        Pass(1);
        var later = Arrive(3, 1, 1);
        var ungated = Arrive(4, 2, 1);
        Assert.Equal([ungated], Step());
        End(first);
        Assert.Empty(Step());
        End(first + 1);
        Assert.Equal([wide], Step());
        End(wide);
        Assert.Equal([later], Step());
    }

    [Fact]
    public void Tasks_of_many_runs_pass_in_the_order_in_which_they_came()
    {
        Register(new WorkflowSpec { Name = "w", GateCapacities = Units(("db", 1)), Stages = [Stage("a", ("db", 1)), Stage("b", ("db", 1))] });
        var order = new List<long>();
        for (var run = 1; run <= 6; run++)
        {
            Arrive(run, run % 2, 1);
            Pass(1);
        }

        for (var i = 0; i < 6; i++)
        {
            var started = Assert.Single(Step());
            order.Add(started);
            End(started);
        }

        Assert.Equal([1, 2, 3, 4, 5, 6], order);
    }

    [Fact]
    public void A_claim_that_no_capacity_can_meet_holds_up_nobody()
    {
        Register(new WorkflowSpec { Name = "w", GateCapacities = Units(("db", 2)), Stages = [Stage("wide", ("db", 3)), Stage("small", ("db", 1))] });
        Arrive(1, 0, 1);
        Pass(1);
        var small = Arrive(2, 1, 2);
        Assert.Equal([small, small + 1], Step());
        Assert.Contains(GateQueue.Denied(_pool.Snapshot), wait => wait is { Stage: 0, Limit: 2, Until: null });
    }

    [Fact]
    public void No_period_of_a_rate_has_more_than_its_units_and_it_opens_by_time_alone()
    {
        var rate = ImmutableSortedDictionary<string, GateRate>.Empty.Add("api", new GateRate(3, TimeSpan.FromSeconds(10)));
        Register(new WorkflowSpec { Name = "w", GateRates = rate, Stages = [Stage("call", ("api", 1))] });
        Arrive(1, 0, 20);
        var starts = new List<Instant>();
        var random = new Random(7);
        while (starts.Count < 20)
        {
            var started = Step();
            starts.AddRange(started.Select(_ => _now));
            foreach (var ticket in started) End(ticket);
            // Whatever happens in between, what is due next is never later than the gate's opening.
            var due = _pool.NextDecisionAt;
            Assert.True(due > _now || starts.Count == 20);
            Pass(Math.Min((due - _now).TotalSeconds, random.NextDouble() * 4));
        }

        for (var i = 0; i + 3 < starts.Count; i++) Assert.True(starts[i + 3] - starts[i] >= TimeSpan.FromSeconds(10), $"4 starts within {starts[i + 3] - starts[i]}");
        // And none of it is lost: 20 units at 3 a period take 6 periods.
        Assert.InRange((starts[^1] - starts[0]).TotalSeconds, 60, 60.1);
    }

    [Fact]
    public void A_denied_stage_says_what_it_waits_for_and_until_when()
    {
        Register(new WorkflowSpec { Name = "w", GateCapacities = Units(("warehouse-db", 2)), Stages = [Stage("load", ("warehouse-db", 1))] });
        var profile = _pool.Snapshot.Stages[0].Profile;
        for (var i = 0; i < 50; i++) profile.Record(new AttemptRecord(_now, AttemptCause.Succeeded, new AttemptUsage { WallTime = TimeSpan.FromMinutes(20) }));
        Arrive(1, 0, 3);
        Step();
        Pass(60);
        var wait = Assert.Single(GateQueue.Denied(_pool.Snapshot));
        Assert.Equal((0, "warehouse-db", 2, 2, (TimeSpan?)null), (wait.Stage, wait.Gate, wait.Used, wait.Limit, wait.Period));
        // Two that take 20 minutes have run for one; buckets of the histogram are 5 % wide.
        Assert.InRange((wait.Until!.Value - _now).TotalMinutes, 17.5, 20.5);
        Assert.Matches("^paused: warehouse-db 2/2 until about [0-2][0-9]:[0-5][0-9]$", Explanations.Of(wait, _now, TimeSpan.Zero));
    }

    [Fact]
    public void A_stage_denied_by_a_rate_knows_the_second()
    {
        var rate = ImmutableSortedDictionary<string, GateRate>.Empty.Add("api", new GateRate(1, TimeSpan.FromMinutes(1)));
        Register(new WorkflowSpec { Name = "w", GateRates = rate, Stages = [Stage("call", ("api", 1))] });
        Arrive(1, 0, 2);
        Step();
        var wait = Assert.Single(GateQueue.Denied(_pool.Snapshot));
        // 1,000,000 s after the epoch it is 13:46:40.
        Assert.Equal("paused: api 1/1 per 1m until about 15:47:40", Explanations.Of(wait, _now, TimeSpan.FromHours(2)));
    }

    [Fact]
    public void Other_gates_and_stages_without_gates_are_not_held_up()
    {
        Register(new WorkflowSpec { Name = "w", GateCapacities = Units(("db", 1), ("gpu", 1)), Stages = [Stage("a", ("db", 1)), Stage("b", ("gpu", 1)), Stage("c")] });
        Arrive(1, 0, 2);
        Arrive(2, 1, 1);
        Arrive(3, 2, 1);
        Assert.Equal([1, 3, 4], Step().Order());
        Assert.Equal([0], GateQueue.Denied(_pool.Snapshot).Select(w => w.Stage));
    }
}

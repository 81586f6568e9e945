using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Outcomes;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Cycle;

/// <summary>Memory runs out on a node: who stands still, who goes on, and when.</summary>
public class MemoryReliefTests
{
    private const int Nightly = 0, Daily = 1, Gated = 2;

    private readonly PoolDriver _driver = new(new PoolSettings(), PolicySet.Waiting);
    private readonly List<(double Seconds, ReliefAction Action, long Ticket)> _steps = [];
    private readonly Instant _begin;
    private long _ticket;

    public MemoryReliefTests()
    {
        _begin = _driver.Now;
        _driver.Carried = plan => _steps.AddRange(plan.Relief.Select(s => (Math.Round((plan.At - _begin).TotalSeconds, 1), s.Action, s.Ticket)));
        _driver.Happen(t => new NodeJoined(t, 0, new NodeId("a"), new Resources(8000, 8L << 30)));
        Register(Nightly, "nightly", Priority.Batch, ImmutableSortedDictionary<string, int>.Empty);
        Register(Daily, "daily", Priority.Normal, ImmutableSortedDictionary<string, int>.Empty);
        Register(Gated, "gated", Priority.Batch, ImmutableSortedDictionary<string, int>.Empty.Add("db", 1));
    }

    private ClusterSnapshot Snapshot => _driver.Pool.Snapshot;

    private void Register(int number, string name, Priority priority, ImmutableSortedDictionary<string, int> gates) => _driver.Happen(t => new WorkflowRegistered(t, number, number, new WorkflowSpec
    {
        Name = name, Priority = priority, GateCapacities = gates.IsEmpty ? gates : gates.SetItem("db", 8),
        Stages = [new StageSpec { Name = "s", Kind = StageKind.Run, Request = new Resources(1000, 64 << 20), ResourcesFixed = true, Gates = gates }],
    }));

    private long Submit(int workflow)
    {
        var ticket = ++_ticket;
        _driver.Happen(t => new RunArrived(t, ticket, new RunId($"r{ticket}"), workflow));
        _driver.Happen(t => new TasksReady(t, ticket, workflow, ticket, 0, 1, 1));
        _driver.Advance(0.1);
        return ticket;
    }

    private void Press(double percent, double seconds)
    {
        _driver.Happen(t => new NodePressed(t, 0, percent));
        _driver.Advance(seconds);
    }

    private bool Runs(long ticket) => Snapshot.Task(ticket) is { Running: true, StandsStill: false };

    [Theory]
    [InlineData(19.9, 60, false)]
    [InlineData(20, 1.9, false)]
    [InlineData(20, 2, true)]
    [InlineData(100, 2, true)]
    [InlineData(double.NaN, 60, false)]
    public void Danger_begins_when_the_pressure_has_lasted(double percent, double seconds, bool danger)
    {
        Press(percent, seconds);
        Assert.Equal(danger, Snapshot.Nodes[0].Memory.IsDanger(_driver.Now));
    }

    [Theory]
    [InlineData(5.1, 60, true)]
    [InlineData(5, 4.9, true)]
    [InlineData(5, 5, false)]
    public void Danger_ends_when_there_has_been_calm(double percent, double seconds, bool danger)
    {
        Press(30, 3);
        Press(percent, seconds);
        Assert.Equal(danger, Snapshot.Nodes[0].Memory.IsDanger(_driver.Now));
    }

    [Fact]
    public void The_youngest_batch_attempts_are_frozen_one_by_one_and_go_on_in_the_order_they_were_frozen()
    {
        var normal = Submit(Daily);
        var (first, second, third) = (Submit(Nightly), Submit(Nightly), Submit(Nightly));
        var gated = Submit(Gated);
        var start = (_driver.Now - _begin).TotalSeconds;
        Press(30, 17);
        Assert.Equal([(2, third), (7, second), (12, first)], _steps.Select(s => ((int)Math.Round(s.Seconds - start), s.Ticket)));
        Assert.True(Runs(normal) && Runs(gated));

        // There is room, and nothing of it is handed out.
        var later = Submit(Daily);
        Assert.False(Runs(later));
        _steps.Clear();
        Press(2, 4.9);
        Assert.Empty(_steps);
        _driver.Advance(15);
        Assert.True(Runs(later));
        Assert.Equal([third, second, first], _steps.Where(s => s.Action == ReliefAction.Thaw).Select(s => s.Ticket));
        Assert.All(_steps.Zip(_steps.Skip(1)), pair => Assert.True(pair.Second.Seconds - pair.First.Seconds >= 5));
        Assert.All((long[])[first, second, third], ticket => Assert.True(Runs(ticket)));
    }

    [Fact]
    public void Time_spent_frozen_is_no_run_time()
    {
        Submit(Daily);
        var ticket = Submit(Nightly);
        var started = Snapshot.Task(ticket)!.StartedAt;
        Press(30, 12);
        Press(0, 20);
        var (frozen, thawed) = (_steps[0].Seconds, _steps[1].Seconds);
        Assert.Equal(thawed - frozen, (Snapshot.Task(ticket)!.StartedAt - started).TotalSeconds, 3);
    }

    [Fact]
    public void The_last_that_runs_is_not_frozen()
    {
        var (first, second) = (Submit(Nightly), Submit(Nightly));
        Press(30, 60);
        Assert.Equal((ReliefAction.Freeze, second), (Assert.Single(_steps).Action, _steps[0].Ticket));
        Assert.True(Runs(first));
    }

    [Fact]
    public void One_that_is_frozen_for_two_minutes_while_danger_lasts_is_stopped_and_waits_again()
    {
        Submit(Daily);
        var ticket = Submit(Nightly);
        Press(30, 125);
        Assert.Equal([(ReliefAction.Freeze, ticket), (ReliefAction.Stop, ticket)], _steps.Select(s => (s.Action, s.Ticket)));
        Assert.Equal(120, _steps[1].Seconds - _steps[0].Seconds, 0.15);
        _driver.Happen(t => new AttemptEnded(t, ticket, AttemptCause.Preempted));
        _driver.Happen(t => new TasksReady(t, ticket, Nightly, 100, 0, 1, 1, Attempt: 2, AfterCause: AttemptCause.Preempted));
        Assert.False(Runs(100));
        Press(0, 6);
        Assert.True(Runs(100));
    }

    [Fact]
    public void Memory_that_must_be_had_is_taken_from_the_youngest_that_is_frozen()
    {
        Submit(Daily);
        var (first, second) = (Submit(Nightly), Submit(Nightly));
        Press(45, 16);
        Assert.Equal([(ReliefAction.Freeze, second), (ReliefAction.Freeze, first), (ReliefAction.Stop, first)], _steps.Select(s => (s.Action, s.Ticket)));
    }

    [Fact]
    public void The_checker_finds_steps_that_should_not_be()
    {
        var (daily, first, second, gated) = (Submit(Daily), Submit(Nightly), Submit(Nightly), Submit(Gated));
        Press(30, 3);
        Assert.Equal(second, Assert.Single(_steps).Ticket);
        CyclePlan With(long ticket, ReliefAction action) => _driver.Last with
        {
            Generation = Snapshot.Generation + 1, Relief = [new ReliefStep(ticket, Snapshot.Task(ticket)?.Stage ?? 0, "s", 0, action, 30, "why")],
        };
        IReadOnlyList<string> Faults(CyclePlan plan) => PlanChecker.Check(Snapshot, plan);
        Assert.Contains(Faults(With(first, ReliefAction.Freeze)), f => f.Contains("too soon", StringComparison.Ordinal));
        _driver.Advance(1);
        Press(21, 0.5);
        _driver.Happen(t => new NodePressed(t, 0, 10));
        for (var i = 0; i < 50; i++) _driver.Advance(0.1);
        Assert.Empty(Faults(With(second, ReliefAction.Thaw)));
        Assert.Contains(Faults(With(first, ReliefAction.Freeze)), f => f.Contains("frozen at 10 %", StringComparison.Ordinal));
        Assert.Contains(Faults(With(second, ReliefAction.Stop)), f => f.Contains("is stopped at 10 %", StringComparison.Ordinal));
        Assert.Contains(Faults(With(first, ReliefAction.Thaw)), f => f.Contains("is not frozen", StringComparison.Ordinal));
        Assert.Contains(Faults(With(99, ReliefAction.Thaw)), f => f.Contains("does not run on node", StringComparison.Ordinal));
        foreach (var ticket in (long[])[daily, gated]) Assert.Contains(Faults(With(ticket, ReliefAction.Freeze)), f => f.Contains("may not be", StringComparison.Ordinal));
        foreach (var ticket in (long[])[daily, gated, second]) _driver.Happen(t => new AttemptEnded(t, ticket, AttemptCause.Succeeded));
        Assert.Contains(Faults(With(first, ReliefAction.Freeze)), f => f.Contains("the last that runs", StringComparison.Ordinal));
    }

    [Fact]
    public void Work_starts_under_danger_where_nothing_of_ours_runs()
    {
        Press(90, 10);
        Assert.True(Runs(Submit(Daily)));
    }

    [Fact]
    public void Each_step_is_told_of_its_stage_with_its_numbers()
    {
        Submit(Daily);
        Submit(Nightly);
        Press(30, 3);
        Press(0, 6);
        var told = _driver.Outcomes.Take().OfType<ReliefOutcome>().ToList();
        Assert.Equal(["nightly/s", "nightly/s"], told.Select(o => o.StageName));
        Assert.Equal("ticket 2 is frozen: something on a waits for memory 30 % of the time", Explanations.Of(told[0].Step));
        Assert.StartsWith("ticket 2 goes on: something on a waits for memory 0 % of the time ", Explanations.Of(told[1].Step), StringComparison.Ordinal);
    }

    /// <summary>Pressure that wanders, attempts that come and end: nothing is frozen for ever, no step follows another too soon, and every plan is sound (the driver looks).</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Whatever_the_pressure_does_all_work_is_done_once_there_is_calm(ulong seed)
    {
        var percent = 0.0;
        for (var step = 0UL; step < 300; step++)
        {
            percent = Math.Clamp(percent + ((Draw.Uniform(seed, step, 1) - 0.47) * 30), 0, 100);
            Press(Math.Round(percent, 1), 1);
            if (Draw.Uniform(seed, step, 2) < 0.3 && _ticket < 80) Submit((int)(Draw.Uniform(seed, step, 3) * 2));
            foreach (var task in Snapshot.Stages.SelectMany(s => s.InFlight).Where(t => !t.StandsStill).OrderBy(t => t.Ticket).ToList())
                if (Draw.Uniform(seed, step, 100 + (ulong)task.Ticket) < 0.1) _driver.Happen(t => new AttemptEnded(t, task.Ticket, AttemptCause.Succeeded));
            foreach (var (_, action, ticket) in _steps)
                if (action == ReliefAction.Stop && Snapshot.Task(ticket) is { Running: true }) _driver.Happen(t => new AttemptEnded(t, ticket, AttemptCause.Preempted));
        }

        Assert.Contains(_steps, s => s.Action == ReliefAction.Freeze);
        Assert.All(_steps.Zip(_steps.Skip(1)), pair => Assert.True(pair.Second.Seconds - pair.First.Seconds >= 4.95, $"{pair}"));
        Press(0, 1);
        for (var i = 0; i < 200 && Snapshot.Stages.Any(s => s.InFlight.Count + s.Queued > 0); i++)
        {
            foreach (var task in Snapshot.Stages.SelectMany(s => s.InFlight).Where(t => !t.StandsStill).OrderBy(t => t.Ticket).ToList()) _driver.Happen(t => new AttemptEnded(t, task.Ticket, AttemptCause.Succeeded));
            _driver.Advance(1);
        }

        Assert.DoesNotContain(Snapshot.Stages, s => s.InFlight.Count + s.Queued > 0);
        Assert.Empty(Snapshot.Frozen);
    }
}

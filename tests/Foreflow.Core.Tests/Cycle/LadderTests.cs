using Foreflow.Core.Model;
using Foreflow.Core.Reservation;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Cycle;

/// <summary>A pool of two nodes that grows tighter: what is done about room that is short, in which order, and how it is told.</summary>
public class LadderTests
{
    private const int Serve = 0, Later = 1, Nightly = 2, Urgent = 3;

    private readonly PoolDriver _driver = new(new PoolSettings(), PolicySet.Waiting);
    private readonly List<(LadderRung Rung, string Reason)> _steps = [];
    private readonly List<long> _resumed = [];
    private readonly List<long> _preempted = [];
    private long _ticket;

    public LadderTests()
    {
        _driver.Carried = plan =>
        {
            foreach (var step in plan.Ladder) _steps.Add((step.Rung, step.Reason));
            _resumed.AddRange(plan.Resumed);
            _preempted.AddRange(plan.Preempted);
        };
        for (var n = 0; n < 2; n++) _driver.Happen(t => new NodeJoined(t, n, new NodeId($"n{n}"), new Resources(4000, 8L << 30)));
        Register(Serve, "serve", Priority.Normal, StageKind.Worker, 250);
        Register(Later, "later", Priority.Batch, StageKind.Worker, 1000);
        Register(Nightly, "nightly", Priority.Batch, StageKind.Run, 1000);
        Register(Urgent, "urgent", Priority.Critical, StageKind.Run, 1000);
    }

    [Fact]
    public void Every_rung_is_taken_in_order_as_the_pool_grows_tighter()
    {
        Warm();
        // Four tasks on four replicas, until one meets two that are busy.
        for (var round = 0; round < 20 && _steps.Count == 0; round++)
        {
            foreach (var task in _driver.Pool.Snapshot.Stages[Serve].InFlight.ToArray()) End(task.Ticket);
            for (var i = 0; i < 4; i++) Submit(Serve);
        }

        // What was set aside for the fifth replica is used; nothing was for the sixth.
        Reserve(Serve, ordinal: 5, node: 0);
        Submit(Serve);
        _driver.Advance(6);
        Submit(Serve);
        _driver.Advance(6);
        // Batch work on both nodes, and all that is left set aside for later.
        FillWithBatchAndReservations();
        for (var i = 0; i < 3; i++) Submit(Urgent);
        // Last, memory runs out.
        for (var n = 0; n < 2; n++) _driver.Happen(t => new NodePressed(t, n, 50));
        _driver.Advance(3);

        Assert.Equal(Enum.GetValues<LadderRung>(), _steps.Select(s => s.Rung).Distinct());
        Assert.All(_steps, s => Assert.NotEmpty(s.Reason));
        Assert.Equal(3, _driver.Pool.Snapshot.Stages[Urgent].InFlight.Count);
    }

    [Fact]
    public void What_is_set_aside_on_any_node_gives_way_before_what_runs_on_any()
    {
        FillWithBatchAndReservations();
        var snapshot = _driver.Pool.Snapshot;
        while (_steps.TrueForAll(s => s.Rung == LadderRung.Reclaim)) Submit(Urgent);
        // Two batch attempts hold a core each on each node; the other two cores of both were taken back first.
        Assert.Equal(5, snapshot.Stages[Urgent].InFlight.Count);
        Assert.Single(snapshot.Paused);
    }

    [Fact]
    public void A_paused_attempt_keeps_its_memory_and_goes_on_when_there_is_room()
    {
        var driver = _driver;
        var snapshot = driver.Pool.Snapshot;
        var batch = Enumerable.Range(0, 8).Select(_ => Submit(Nightly)).ToArray();
        var urgent = Submit(Urgent);
        var paused = Assert.Single(driver.Last.Paused);
        Assert.Contains(paused, batch);
        Assert.Empty(driver.Last.Preempted);
        var entry = snapshot.Task(paused)!;
        Assert.Equal(new Resources(0, 64 << 20), entry.Held);
        Assert.Contains("paused", Assert.Single(driver.Last.Ladder).Reason, StringComparison.Ordinal);

        driver.Advance(30);
        var startedAt = entry.StartedAt;
        // New batch work does not pass it.
        var later = Submit(Nightly);
        End(urgent);
        Assert.Equal([paused], driver.Last.Resumed.Concat(_resumed).Distinct());
        Assert.False(entry.Paused);
        Assert.InRange((entry.StartedAt - startedAt).TotalSeconds, 30, 31);
        Assert.False(snapshot.Task(later)!.Running);
    }

    [Fact]
    public void A_paused_attempt_goes_on_at_once_though_nothing_waits()
    {
        for (var i = 0; i < 8; i++) Submit(Nightly);
        var urgent = Submit(Urgent);
        var paused = Assert.Single(_driver.Last.Paused);
        End(urgent);
        Assert.Equal([paused], _resumed);
        Assert.Equal(_driver.Now, _driver.Last.At);
        Assert.Empty(_driver.Pool.Snapshot.Paused);
    }

    [Fact]
    public void An_attempt_whose_memory_is_needed_is_stopped()
    {
        Register(4, "heavy", Priority.Batch, StageKind.Run, 1000, 5L << 30);
        Register(5, "big", Priority.Critical, StageKind.Run, 1000, 5L << 30);
        Submit(4);
        Submit(4);
        _preempted.Clear();
        Submit(5);
        Assert.Single(_preempted);
        Assert.Contains("stopped", Assert.Single(_steps).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void An_attempt_that_stood_still_for_too_long_goes_before_urgent_work_and_is_not_paused_again()
    {
        for (var i = 0; i < 8; i++) Submit(Nightly);
        for (var i = 0; i < 8; i++) Submit(Urgent);
        var snapshot = _driver.Pool.Snapshot;
        Assert.Equal(8, snapshot.Paused.Count);
        _driver.Advance(1201);
        for (var i = 0; i < 8; i++) Submit(Urgent);
        foreach (var task in snapshot.Stages[Urgent].InFlight.Take(3).ToArray()) End(task.Ticket);
        Assert.Equal(3, _resumed.Count);
        Assert.Equal(5, snapshot.Paused.Count);
        Assert.Equal(8, snapshot.Stages[Urgent].Queued);
        Submit(Urgent);
        Assert.Equal(5, snapshot.Paused.Count);
    }

    private void Warm()
    {
        for (var i = 0; i < 4; i++) Submit(Serve);
        _driver.Advance(6);
        Assert.Equal(4, _driver.Pool.Snapshot.Stages[Serve].Replicas.Count);
        foreach (var replica in _driver.Pool.Snapshot.Stages[Serve].Replicas.ToArray()) _driver.Happen(t => new ReplicaReady(t, replica.Number));
        _steps.Clear();
    }

    private void FillWithBatchAndReservations()
    {
        for (var i = 0; i < 4; i++) Submit(Nightly);
        var ordinal = 1;
        for (var node = 0; node < 2; node++)
            while (_driver.Pool.Ledger.FreeAt(node, _driver.Now, Instant.Never).CpuMillicores >= 250) Reserve(Later, ordinal++, node);
    }

    private void Register(int index, string name, Priority priority, StageKind kind, long millicores, long memoryBytes = 64 << 20) =>
        _driver.Happen(t => new WorkflowRegistered(t, index, index, new WorkflowSpec
        {
            Name = name,
            Priority = priority,
            Stages = [new StageSpec { Name = "s", Kind = kind, Request = new Resources(millicores, memoryBytes), ResourcesFixed = true, ExecutionSecondsPrior = 600 }],
        }));

    private long Submit(int workflow)
    {
        var ticket = ++_ticket;
        _driver.Happen(t => new RunArrived(t, ticket, new RunId($"r{ticket}"), workflow));
        _driver.Happen(t => new TasksReady(t, ticket, workflow, ticket, 0, 1, 1));
        return ticket;
    }

    private void End(long ticket)
    {
        _driver.Happen(t => new AttemptEnded(t, ticket, AttemptCause.Succeeded));
        _driver.Happen(t => new RunEnded(t, ticket));
    }

    private void Reserve(int stage, int ordinal, int node) =>
        _driver.Pool.Ledger.Reserve(Claim.Soft(
            ClaimNames.Forecast(stage, ordinal), node, new Resources(250, 64 << 20), _driver.Now, _driver.Now + TimeSpan.FromHours(1), 0.5, MissCost.Of(Priority.Batch), Instant.Never, stage));
}

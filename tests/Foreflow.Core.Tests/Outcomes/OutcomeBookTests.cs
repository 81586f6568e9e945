using System.Collections.Immutable;
using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Model;
using Foreflow.Core.Outcomes;
using Foreflow.Core.Replication;
using Foreflow.Core.Reservation;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Outcomes;

/// <summary>One decision at a time, by plans made by hand.</summary>
public class OutcomeBookTests
{
    /// <summary>A multiple of five minutes.</summary>
    private const long Epoch = 1_000_200;

    private static readonly Resources Small = new(500, 64 << 20);

    private readonly PoolState _pool = new(new ClusterSnapshot(new PoolSettings { CyclePeriod = TimeSpan.FromSeconds(5) }));
    private readonly OutcomeBook _book;
    private Instant _now = Instant.FromUnixSeconds(Epoch);
    private long _ticket = 1;

    public OutcomeBookTests()
    {
        _book = new OutcomeBook(_pool);
        Apply(new NodeJoined(_now, 0, new NodeId("a"), new Resources(2000, 8L << 30)));
        Apply(new WorkflowRegistered(_now, 0, 0, new WorkflowSpec
        {
            Name = "w",
            Stages =
            [
                new StageSpec { Name = "serve", Kind = StageKind.Worker, Request = Small, MaxReplicas = 8, StartUpSecondsPrior = 20, MaxWait = TimeSpan.FromSeconds(1) },
                new StageSpec { Name = "tidy", Kind = StageKind.Run, Request = new Resources(1000, 64 << 20), ResourcesFixed = true },
            ],
        }));
        Apply(new RunArrived(_now, 1, new RunId("r"), 0));
    }

    [Fact]
    public void Replicas_that_serve_before_they_go_are_a_hit_with_the_price_of_being_early()
    {
        Cycle(Start(1, 2));
        Pass(10);
        Ready(1, 2);
        Pass(10);
        Tasks(2);
        Serve(1, 2);
        Pass(10);
        var outcome = Assert.IsType<ReplicaOutcome>(Assert.Single(_book.Take()));
        Assert.Equal((Verdict.Hit, 2, 2), (outcome.Verdict, outcome.Started, outcome.Used));
        Assert.Equal(20, outcome.FirstUseSeconds);
        Assert.Equal(20, outcome.EarlyReplicaSeconds);
        Assert.Equal(0, outcome.WastedReplicaSeconds);
        // Two tasks since 20 s after the decision: the start-up is over then, and that is when it was for.
        Assert.Equal((2, 2, 2), (outcome.RealisedSlots, outcome.PeakSlots, outcome.PeakReplicas));
        Assert.Equal(0, _book.Open);
    }

    [Fact]
    public void Some_used_is_partial_none_used_is_a_waste_with_its_replica_seconds()
    {
        Cycle(Start(1, 2));
        Pass(10);
        Ready(1, 2);
        Tasks(1);
        Serve(1);
        Cycle(Drain(2));
        End(2, AttemptCause.Cancelled);
        Pass(30);
        var outcomes = _book.Take().Cast<ReplicaOutcome>().ToList();
        Assert.Equal((Verdict.Partial, 1, 10.0), (outcomes[0].Verdict, outcomes[0].Used, outcomes[0].WastedReplicaSeconds));
        Assert.Equal((Verdict.Hit, 1, 0), (outcomes[1].Verdict, outcomes[1].GivenUp, outcomes[1].StartedAgain));

        Cycle(Start(3));
        Pass(40);
        Assert.Empty(_book.Take());
        End(3, AttemptCause.Cancelled);
        Pass(5);
        Assert.Equal((Verdict.Waste, 40.0), Told(o => (o.Verdict, o.WastedReplicaSeconds)));
    }

    [Fact]
    public void A_replica_that_breaks_before_use_is_lost_not_a_waste()
    {
        Cycle(Start(1));
        Pass(5);
        End(1, AttemptCause.StartFailed);
        Pass(25);
        Assert.Equal((Verdict.Lost, 1), Told(o => (o.Verdict, o.Failed)));
    }

    [Fact]
    public void Giving_up_is_regretted_when_it_is_started_again_within_a_restart()
    {
        Cycle(Start(1, 2, 3));
        Pass(20);
        Ready(1, 2, 3);
        Tasks(3);
        Serve(1, 2, 3);
        Pass(60);
        _book.Take();
        Cycle(Drain(1, 2, 3));
        Pass(15);
        Cycle(Start(4));
        Pass(30);
        var outcome = _book.Take().OfType<ReplicaOutcome>().Single(o => o.GivenUp > 0);
        Assert.Equal((Verdict.Partial, 3, 1), (outcome.Verdict, outcome.GivenUp, outcome.StartedAgain));
        Cycle(Start(5));
        Assert.DoesNotContain(_book.Take(), o => o is ReplicaOutcome { GivenUp: > 0 });
    }

    [Fact]
    public void The_demand_is_that_of_the_cycle_it_was_for_waiting_tasks_counted()
    {
        Cycle(Start([1], dueSeconds: 60));
        Pass(30);
        Tasks(4);
        Pass(25);
        foreach (var ticket in new long[] { 1, 2 }) Apply(new TaskWithdrawn(_now, ticket));
        Pass(10);
        Ready(1);
        Tasks(1);
        Serve(1);
        Pass(5);
        var outcome = Assert.IsType<ReplicaOutcome>(Assert.Single(_book.Take()));
        Assert.Equal((2, 4, 4), (outcome.RealisedSlots, outcome.PeakSlots, outcome.PeakReplicas));
        Assert.Equal(Instant.FromUnixSeconds(Epoch + 60), outcome.DueAt);
    }

    [Fact]
    public void What_is_open_when_the_journal_ends_is_not_known_unless_its_time_had_passed()
    {
        Cycle(Start([1], dueSeconds: 10));
        Pass(20);
        Cycle(Start([2], dueSeconds: 10));
        _book.Close();
        var outcomes = _book.Take().Cast<ReplicaOutcome>().ToList();
        Assert.Equal([Verdict.Waste, Verdict.Unknown], outcomes.Select(o => o.Verdict));
        Assert.Equal(20, outcomes[0].WastedReplicaSeconds);
        Assert.Null(outcomes[1].RealisedSlots);
    }

    [Fact]
    public void Decisions_that_are_never_used_do_not_pile_up()
    {
        for (var number = 1L; number <= 5000; number++)
        {
            Cycle(new ReplicaDecision { Stage = 0, StageName = "w/serve", Before = 0, Target = 1, Reason = new ReplicaReason { Rule = "test" }, Starts = [new ReplicaStart(number, 0, Resources.Zero, true)] });
            _now += TimeSpan.FromMilliseconds(1);
        }

        Assert.InRange(_book.Open, 1, 4096);
        Pass(5);
        _now += TimeSpan.FromDays(1.1);
        Pass(5);
        Assert.Equal(0, _book.Open);
    }

    [Fact]
    public void A_reservation_is_redeemed_by_the_replica_that_starts_in_its_room()
    {
        Cycle(claims: [Reserve(Soft(1, from: 10))]);
        Pass(20);
        Cycle(Start(1), [Release(Soft(1, from: 10), "its replica starts")]);
        Assert.Equal((ReservationFate.Redeemed, Verdict.Hit, 10.0), Ended(o => (o.Fate, o.Verdict, o.HeldSeconds)));
    }

    [Fact]
    public void What_is_given_back_before_its_time_cost_nothing_and_after_it_was_a_waste()
    {
        Cycle(claims: [Reserve(Soft(1, from: 10)), Reserve(Soft(2, from: 30))]);
        Pass(20);
        Cycle(claims: [Release(Soft(1, from: 10), "no longer foreseen"), Release(Soft(2, from: 30), "no longer foreseen")]);
        Assert.Equal(
            [(ReservationFate.GivenBack, Verdict.Waste, 10.0), (ReservationFate.GivenBack, Verdict.Free, 0.0)],
            _book.Take().OfType<ReservationOutcome>().Select(o => (o.Fate, o.Verdict, o.HeldSeconds)));
    }

    [Fact]
    public void A_move_is_no_end_and_an_expiry_is()
    {
        var (first, moved) = (Soft(1, from: 10), Soft(1, from: 40));
        Cycle(claims: [Reserve(first)]);
        Pass(20);
        Cycle(claims: [Release(first, "moved"), Reserve(moved)]);
        Assert.Empty(_book.Take());
        Pass(100);
        // Ten seconds before the move and the forty for which it was moved to.
        Assert.Equal((ReservationFate.Expired, Verdict.Waste, 1, 50.0), Ended(o => (o.Fate, o.Verdict, o.Moves, o.HeldSeconds)));
    }

    [Fact]
    public void Urgent_work_takes_back_and_a_lost_node_takes_along()
    {
        Cycle(claims: [Reserve(Soft(1, from: 0)), Reserve(Soft(2, from: 0))]);
        Pass(5);
        Cycle(claims: [new ClaimStep(ClaimOperation.Reclaim, Soft(1, from: 0), "urgent")]);
        Assert.Equal(ReservationFate.Reclaimed, Ended(o => o.Fate));
        Apply(new NodeLost(_now, 0));
        Pass(5);
        Assert.Equal(ReservationFate.NodeLost, Ended(o => o.Fate));
    }

    [Fact]
    public void Others_on_the_node_crowd_out()
    {
        Cycle(claims: [.. Enumerable.Range(1, 4).Select(i => Reserve(Soft(i, from: 0)))]);
        Apply(new NodeSampled(_now, 0, new Resources(1000, 0)));
        Pass(5);
        Assert.Equal([ReservationFate.CrowdedOut, ReservationFate.CrowdedOut], _book.Take().OfType<ReservationOutcome>().Select(o => o.Fate));
    }

    [Fact]
    public void Room_that_preemptible_work_uses_meanwhile_is_lent()
    {
        Cycle(claims: [.. Enumerable.Range(1, 4).Select(i => Reserve(Soft(i, from: 0)))]);
        Pass(10);
        var ticket = _ticket++;
        Apply(new TasksReady(_now, 1, 1, ticket, 0, 1, 1));
        var amount = new Resources(1000, 64 << 20);
        var claim = Claim.Preemptible(ClaimNames.Attempt(ticket), 0, amount, _now, _now + TimeSpan.FromMinutes(1), 4, 1);
        Cycle(claims: [Reserve(claim)], work: [new Assignment(ticket, 0, -1, amount, AssignmentReason.LentReservation)]);
        Pass(15);
        Apply(new AttemptEnded(_now, ticket, AttemptCause.Succeeded));
        Pass(15);
        Cycle(claims: [.. Enumerable.Range(1, 4).Select(i => Release(Soft(i, from: 0), "no longer foreseen"))]);
        Assert.All(_book.Take().OfType<ReservationOutcome>(), o => Assert.Equal((40.0, 15.0, Verdict.Partial), (o.HeldSeconds, o.LentSeconds, o.Verdict)));
    }

    [Fact]
    public void Forecasts_are_scored_against_the_demand_that_came()
    {
        Tasks(3);
        // Foreseen: 4 slots without spread, for 25 s ahead; needed: 3.
        for (var i = 0; i < 20; i++) Cycle(demand: [Curve(mean: 4)]);
        _book.Close();
        var outcome = Assert.IsType<ForecastOutcome>(Assert.Single(_book.Take()));
        Assert.Equal((13, 25.0), (outcome.Count, outcome.AheadSeconds));
        Assert.Equal((1, 1, 3, 1), (outcome.Covered50, outcome.Covered95, outcome.MeanSlots, outcome.Error));
        Assert.Equal(0.05, outcome.Pinball95, 3);
        Assert.Equal(0, outcome.NaiveError);
        Assert.Equal(0, outcome.Seasonal);
    }

    [Fact]
    public void The_naive_rival_is_the_day_before_where_that_is_known()
    {
        for (var i = 0; i < 2 * 17_280 + 400; i++)
        {
            // The same on both days: one task in every other ten minutes.
            var due = i * 5 / 600 % 2 == 0;
            if (due && _pool.Snapshot.Stages[0].Queued == 0) Tasks(1);
            if (!due && _pool.Snapshot.Stages[0].Queued == 1) Apply(new TaskWithdrawn(_now, _ticket - 1));
            Cycle(demand: [Curve(mean: 1)]);
        }

        var hours = _book.Take().Cast<ForecastOutcome>().ToList();
        Assert.InRange(hours.Count, 47, 49);
        Assert.Equal(0, hours[2].Seasonal);
        Assert.Equal(1, hours[^2].Seasonal);
        Assert.InRange(hours[^2].NaiveError, 0, 0.01);
        Assert.InRange(hours[2].NaiveError, 0.02, 0.2);
        Assert.Equal(0.5, hours[^2].Error, 1);
        Assert.True(hours[^2].NaivePinball95 < hours[^2].Pinball95);
    }

    private T Told<T>(Func<ReplicaOutcome, T> part) => part(Assert.IsType<ReplicaOutcome>(Assert.Single(_book.Take())));

    private T Ended<T>(Func<ReservationOutcome, T> part) => part(Assert.Single(_book.Take().OfType<ReservationOutcome>()));

    private void Apply(JournalEvent happened)
    {
        _pool.Apply(happened);
        _book.Applied(happened);
    }

    private void Pass(double seconds)
    {
        for (var i = 0; i < seconds / 5; i++) Cycle();
    }

    private void Ready(params long[] replicas)
    {
        foreach (var replica in replicas) Apply(new ReplicaReady(_now, replica));
    }

    private void End(long replica, AttemptCause cause) => Apply(new ReplicaEnded(_now, replica, cause));

    private void Tasks(int count)
    {
        Apply(new TasksReady(_now, 1, 0, _ticket, 0, count, count));
        _ticket += count;
    }

    /// <summary>Hands the newest tasks to these replicas.</summary>
    private void Serve(params long[] replicas) =>
        Cycle(work: [.. replicas.Select((r, i) => new Assignment(_ticket - replicas.Length + i, 0, r, Resources.Zero, AssignmentReason.WarmReplica))], full: false);

    private static ReplicaDecision Decision(int before, int target) =>
        new() { Stage = 0, StageName = "w/serve", Before = before, Target = target, Reason = new ReplicaReason { Rule = "test" } };

    private ReplicaDecision Start(params long[] numbers) => Start(numbers, null);

    private ReplicaDecision Start(long[] numbers, double? dueSeconds)
    {
        var before = _pool.Snapshot.Stages[0].ActiveReplicas;
        var decision = Decision(before, before + numbers.Length) with { Starts = [.. numbers.Select(n => new ReplicaStart(n, 0, Small, true))] };
        return dueSeconds is { } s ? decision with { Reason = decision.Reason with { DueAt = _now + TimeSpan.FromSeconds(s) } } : decision;
    }

    private ReplicaDecision Drain(params long[] numbers)
    {
        var before = _pool.Snapshot.Stages[0].ActiveReplicas;
        return Decision(before, before - numbers.Length) with { Drains = [.. numbers] };
    }

    private static Claim Soft(int ordinal, double from)
    {
        var start = Instant.FromUnixSeconds(Epoch + from);
        return Claim.Soft(ClaimNames.Forecast(0, ordinal), 0, Small, start, start + TimeSpan.FromSeconds(60 - (from / 2)), 0.8, 19, start + TimeSpan.FromSeconds(60 - (from / 2)), 0);
    }

    private static ClaimStep Reserve(Claim claim) => new(ClaimOperation.Reserve, claim, "foreseen");

    private static ClaimStep Release(Claim claim, string reason) => new(ClaimOperation.Release, claim, reason);

    private DemandCurve Curve(float mean)
    {
        var (means, none) = (new float[60], new float[60]);
        Array.Fill(means, mean);
        return new DemandCurve(0, _now, TimeSpan.FromSeconds(5), means, none, none, CoarseOutlook.Nothing, 0, 0);
    }

    /// <summary>Carries a plan out at the present; a full cycle then takes the time on by its period.</summary>
    private void Cycle(
        ReplicaDecision? replicas = null, ImmutableArray<ClaimStep> claims = default, ImmutableArray<Assignment> work = default, bool full = true, ImmutableArray<DemandCurve> demand = default)
    {
        Apply(new TimePassed(_now));
        var plan = new CyclePlan(
            _pool.Snapshot.Generation + 1, _now, full, "test", demand.IsDefault ? [] : demand, replicas is null ? [] : [replicas], [], claims.IsDefault ? [] : claims, work.IsDefault ? [] : work, []);
        _pool.Carry(plan);
        _book.Carried(plan);
        if (full && replicas is null && claims.IsDefault) _now += TimeSpan.FromSeconds(5);
    }
}

using System.Text.Json;
using Foreflow.Core.Model;
using Foreflow.Core.Outcomes;
using Foreflow.Core.Reservation;
using Foreflow.Core.Snapshot;
using Foreflow.Core.Tests.Cycle;

namespace Foreflow.Core.Tests.Outcomes;

/// <summary>Made-up lives of a pool: every decision has one outcome, and it is what a plain look at the whole journal says.</summary>
public class OutcomeLifeTests
{
    private static readonly PoolSettings Quick = new()
    {
        CyclePeriod = TimeSpan.FromSeconds(0.5),
        FineStep = TimeSpan.FromSeconds(0.5),
        FineHorizon = TimeSpan.FromSeconds(30),
        IdleTimeout = TimeSpan.FromSeconds(2),
    };

    private static readonly WorkflowSpec Workflow = new()
    {
        Name = "w",
        Stages =
        [
            new StageSpec { Name = "split", Kind = StageKind.Run, Request = new Resources(500, 64 << 20), ExecutionSecondsPrior = 3 },
            new StageSpec
            {
                Name = "count", Kind = StageKind.Worker, Needs = [0], Request = new Resources(500, 64 << 20),
                MaxReplicas = 6, StartUpSecondsPrior = 2, MaxWait = TimeSpan.FromSeconds(0.5),
            },
        ],
    };

    public static TheoryData<string, ulong> Lives()
    {
        var lives = new TheoryData<string, ulong>();
        foreach (var policy in new[] { "ahead", "reactive", "waiting", "threshold-ahead" })
            for (var seed = 0UL; seed < 4; seed++) lives.Add(policy, seed);
        return lives;
    }

    [Theory]
    [MemberData(nameof(Lives))]
    public void Every_decision_has_one_outcome_and_it_is_what_the_journal_says(string policy, ulong seed)
    {
        var life = new Life(policy, seed);
        foreach (var outcome in life.Settled.OfType<ReplicaOutcome>())
        {
            var decision = life.Decisions[(outcome.Generation, outcome.StageName)];
            Assert.True(life.Decisions.Remove((outcome.Generation, outcome.StageName)));
            Assert.Equal((decision.At, decision.Decision.Starts.Length, decision.Decision.Drains.Length), (outcome.At, outcome.Started, outcome.GivenUp));
            var replicas = decision.Decision.Starts.Select(s => life.Replicas[s.Replica]).ToList();
            Assert.Equal(replicas.Count(r => r.FirstTask is { } at && at <= outcome.SettledAt), outcome.Used);
            Assert.Equal(replicas.Count(r => r is { FirstTask: null, Broke: true } && r.EndedAt <= outcome.SettledAt), outcome.Failed);
            Assert.Equal(
                replicas.Where(r => r.FirstTask is null || r.FirstTask > outcome.SettledAt).Sum(r => (Instant.Min(r.EndedAt, outcome.SettledAt) - outcome.At).TotalSeconds),
                outcome.WastedReplicaSeconds, 0.02);
            if (outcome is { Verdict: Verdict.Hit, Started: > 0 }) Assert.Equal(outcome.Started - outcome.Failed, outcome.Used);
            if (outcome is { Verdict: Verdict.Waste, Started: > 0 }) Assert.Equal(0, outcome.Used);
            if (outcome.RealisedSlots is not null) Assert.True(outcome.SettledAt >= outcome.DueAt);
        }

        Assert.Empty(life.Decisions);
        // Every reservation that was made and not merely moved has an end.
        Assert.Equal(life.Reservations, life.Settled.OfType<ReservationOutcome>().Count());
        Assert.All(life.Settled.OfType<ReservationOutcome>(), r => Assert.InRange(r.LentSeconds, 0, r.HeldSeconds + 0.02));
    }

    [Theory]
    [InlineData("ahead")]
    [InlineData("threshold-ahead")]
    public void The_same_journal_gives_the_same_outcomes(string policy)
    {
        var life = new Life(policy, 7);
        Assert.Equal(life.Lines, new Life(policy, 7).Lines);
        Assert.Contains(life.Settled, o => o is ReplicaOutcome { Verdict: Verdict.Hit });
        Assert.Contains(life.Settled, o => o is ForecastOutcome { Count: > 10 });

        var pool = new PoolState(new ClusterSnapshot(Quick));
        var replayed = new OutcomeBook(pool);
        Assert.Null(JournalReplay.Run(life.Journal, pool, PolicySet.Named(policy)!, replayed).Mismatch);
        replayed.Close();
        Assert.Equal(life.Lines, Lines(replayed.Take()));
    }

    private static List<string> Lines(IEnumerable<Outcome> outcomes) => [.. outcomes.Select(o => JsonSerializer.Serialize(o, OutcomeJson.Default.Outcome))];

    /// <summary>What is known of a replica from the whole journal.</summary>
    private sealed record Fate(Instant? FirstTask, Instant EndedAt, bool Broke);

    private sealed class Life
    {
        public Life(string policy, ulong seed)
        {
            var driver = new PoolDriver(Quick, PolicySet.Named(policy)!) { Applied = Note };
            driver.Carried = plan => Note(driver.Pool, plan);
            driver.Happen(t => new NodeJoined(t, 0, new NodeId("a"), new Resources(4000, 8L << 30)));
            driver.Happen(t => new NodeJoined(t, 1, new NodeId("b"), new Resources(2000, 4L << 30)));
            driver.Happen(t => new WorkflowRegistered(t, 0, 0, Workflow));
            var life = new RandomLife(driver, seed);
            for (var step = 0; step < 150; step++)
            {
                life.Step();
                Settled.AddRange(driver.Outcomes.Take());
            }

            driver.Outcomes.Close();
            Assert.Equal(0, driver.Outcomes.Open);
            Settled.AddRange(driver.Outcomes.Take());
        }

        public Dictionary<(long Generation, string Stage), DecisionRecord> Decisions { get; } = [];

        public Dictionary<long, Fate> Replicas { get; } = [];

        public int Reservations { get; private set; }

        public List<Outcome> Settled { get; } = [];

        public List<string> Journal { get; } = [];

        public List<string> Lines => OutcomeLifeTests.Lines(Settled);

        private void Note(JournalEvent happened)
        {
            Journal.Add(JsonSerializer.Serialize(happened, JournalJson.Default.JournalEvent));
            if (happened is ReplicaEnded ended)
                Replicas[ended.Replica] = Replicas[ended.Replica] with { EndedAt = ended.At, Broke = ended.Cause is not (AttemptCause.Succeeded or AttemptCause.Cancelled) };
        }

        private void Note(PoolState pool, CyclePlan plan)
        {
            Journal.Add(JsonSerializer.Serialize(PlanDocument.Of(plan, pool.Snapshot), PlanJson.Default.PlanDocument));
            foreach (var decision in plan.Replicas)
            {
                Decisions.Add((plan.Generation, decision.StageName), new DecisionRecord(plan.Generation, plan.At, decision));
                foreach (var start in decision.Starts) Replicas.Add(start.Replica, new Fate(null, Instant.Never, false));
            }

            foreach (var work in plan.Work.Where(w => w.Replica >= 0))
                if (Replicas[work.Replica].FirstTask is null) Replicas[work.Replica] = Replicas[work.Replica] with { FirstTask = plan.At };
            var soft = plan.Claims.Where(c => c.Claim.Kind == ClaimKind.Soft).ToList();
            for (var i = 0; i < soft.Count; i++)
            {
                // What is released and entered again by the same plan is moved.
                if (soft[i].Operation == ClaimOperation.Reserve && !soft.Take(i).Any(s => s.Operation == ClaimOperation.Release && s.Claim.Id == soft[i].Claim.Id)) Reservations++;
            }
        }
    }
}

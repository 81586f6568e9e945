using System.Collections.Immutable;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Outcomes;
using Foreflow.Core.Replication;
using Foreflow.Core.Reservation;
using Foreflow.Testing;

namespace Foreflow.Cli.Tests;

/// <summary>Made-up decisions and what became of them, as people and programs see them.</summary>
public class ExplainReportTests
{
    private static readonly Instant Start = Instant.From(new DateTimeOffset(2026, 11, 25, 14, 0, 0, TimeSpan.Zero));
    private static readonly Resources Half = new(500, 64 << 20);

    [Theory]
    [InlineData(200, "explain.txt")]
    [InlineData(60, "explain-60.txt")]
    public void Decisions_are_told_with_their_numbers_and_what_became_of_them(int width, string golden)
    {
        using var output = new StringWriter { NewLine = "\n" };
        ExplainReports.Print(output, [Stage()], TimeZoneInfo.Utc, width);
        Assert.All(output.ToString().Split('\n'), line => Assert.True(line.Length <= width, line));
        GoldenFile.Compare(Golden(golden), output.ToString());
    }

    [Fact]
    public void Programs_get_each_entry_with_its_kind_its_numbers_and_its_outcome()
    {
        using var output = new StringWriter { NewLine = "\n" };
        Output.Json(output, ExplainReports.Document([Stage()]));
        GoldenFile.Compare(Golden("explain.json"), output.ToString());
    }

    [Fact]
    public void Times_are_told_by_the_clock_of_the_zone()
    {
        using var output = new StringWriter { NewLine = "\n" };
        ExplainReports.Print(output, [Stage()], TimeZoneInfo.CreateCustomTimeZone("east", TimeSpan.FromHours(11), "east", "east"), 200);
        Assert.StartsWith("2026-11-26\n01:00:00.0", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("at 01:02:00", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("14:02:00", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200, "plan.txt")]
    [InlineData(60, "plan-60.txt")]
    public void A_plan_is_told_with_what_became_of_it(int width, string golden)
    {
        using var output = new StringWriter { NewLine = "\n" };
        PlanReports.Print(output, Plan(), Stages(), TimeZoneInfo.Utc, width);
        Assert.All(output.ToString().Split('\n').Where(l => !l.Contains('█', StringComparison.Ordinal)), line => Assert.True(line.Length <= width, line));
        GoldenFile.Compare(Golden(golden), output.ToString());
    }

    [Fact]
    public void Programs_get_the_plan_with_its_outcomes()
    {
        using var output = new StringWriter { NewLine = "\n" };
        Output.Json(output, PlanReports.Document(Plan(), Stages()));
        GoldenFile.Compare(Golden("plan.json"), output.ToString());
    }

    private static string Golden(string name) => RepositoryFiles.Path("tests", "Foreflow.Cli.Tests", "Golden", name);

    private static SortedDictionary<string, StageHistory> Stages() => new(StringComparer.Ordinal) { ["w/count"] = Stage() };

    private static PlanDocument Plan() => new()
    {
        Generation = 12,
        At = Start,
        Full = true,
        Policy = "ahead",
        Demand = [new DemandSummary(1, "w/count", Start, 5, [1, 2, 5, 3], [2, 4, 7.3, 6])],
        Replicas = [Decisions[^1].Decision],
        Claims =
        [
            new ClaimStep(ClaimOperation.Reserve, Claim, "0.80 likely to be needed at 14:05:00"),
            new ClaimStep(ClaimOperation.Reclaim, Core.Reservation.Claim.Preemptible(ClaimNames.Attempt(7), 0, Half, Start, Start + TimeSpan.FromMinutes(1), 4), "needed by more urgent work #33"),
        ],
        Work =
        [
            new Core.Scheduling.Assignment(8, 0, 3, Resources.Zero, Core.Scheduling.AssignmentReason.WarmReplica),
            new Core.Scheduling.Assignment(9, 0, -1, Half, Core.Scheduling.AssignmentReason.ReclaimedReservation),
        ],
        Preempted = [7],
    };

    private static Claim Claim => Core.Reservation.Claim.Soft(
        ClaimNames.Forecast(1, 9), 0, Half, Start + TimeSpan.FromMinutes(4), Start + TimeSpan.FromMinutes(9), 0.8, 19, Start + TimeSpan.FromMinutes(9), 1);

    /// <summary>Newest first, as they are read.</summary>
    private static IReadOnlyList<DecisionRecord> Decisions =>
    [
        Record(40, 600, 4, 5, new ReplicaReason { Rule = "ahead", FellBack = "skill against naive is -0.10, below 0", Utilisation = 0.9, Queued = 2, InFlight = 4 }, starts: 1),
        Record(30, 300, 8, 4, Foreseen(2.2, 420), drains: 4),
        Record(12, 0, 2, 8, Foreseen(7.3, 120), starts: 6),
    ];

    private static StageHistory Stage() => new("w/count", Decisions,
    [
        new ReservationOutcome(Start + TimeSpan.FromMinutes(9), "w/count")
        {
            Generation = 12, At = Start, Claim = Claim, Node = "alpha", Reason = "0.80 likely to be needed at 14:05:00", Fate = ReservationFate.Expired, Moves = 1, HeldSeconds = 300, LentSeconds = 120,
        },
        new ReplicaOutcome(Start + TimeSpan.FromMinutes(8), "w/count")
        {
            Generation = 30, At = Start + TimeSpan.FromMinutes(5), Verdict = Verdict.Partial, DueAt = Start + TimeSpan.FromMinutes(7), RealisedSlots = 3.1, PeakSlots = 4.4, PeakReplicas = 5, WaitsMissed = 1, GivenUp = 4, StartedAgain = 1,
        },
        new ForecastOutcome(Start + TimeSpan.FromMinutes(5), "w/count")
        {
            From = Start - TimeSpan.FromMinutes(55), Count = 720, AheadSeconds = 45, Covered50 = 0.52, Covered80 = 0.81, Covered95 = 0.948, Covered99 = 0.99,
            MeanSlots = 4.2, Error = 0.8, NaiveError = 1.6, Pinball95 = 0.1, NaivePinball95 = 0.25, Seasonal = 1,
        },
        new ReplicaOutcome(Start + TimeSpan.FromMinutes(4), "w/count")
        {
            Generation = 12, At = Start, Verdict = Verdict.Partial, DueAt = Start + TimeSpan.FromMinutes(2), RealisedSlots = 6.81, PeakSlots = 6.9, PeakReplicas = 7,
            Started = 6, Used = 5, FirstUseSeconds = 42, EarlyReplicaSeconds = 12.5, WastedReplicaSeconds = 230,
        },
    ]);

    private static ReplicaReason Foreseen(double q95, double dueSeconds) => new()
    {
        Rule = "ahead", Level = 0.95, DemandSlots = q95, MeanSlots = 1.9, NeededReplicas = 8, DueAt = Start + TimeSpan.FromSeconds(dueSeconds), StartUpSeconds = 40, Basis = "time of day 80 %, recent rate 20 %", Queued = 0, InFlight = 2,
    };

    private static DecisionRecord Record(long generation, double atSeconds, int before, int target, ReplicaReason reason, int starts = 0, int drains = 0) => new(
        generation,
        Start + TimeSpan.FromSeconds(atSeconds),
        new ReplicaDecision
        {
            Stage = 1,
            StageName = "w/count",
            Before = before,
            Target = target,
            Reason = reason,
            Starts = [.. Enumerable.Range(0, starts).Select(i => new ReplicaStart(3 + i, 0, Half, true))],
            Drains = [.. Enumerable.Range(0, drains).Select(i => (long)(3 + i))],
        });
}

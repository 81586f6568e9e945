using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Model;
using Foreflow.Core.Reservation;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Reservation;

/// <summary>Which demand to come has room set aside for it, and from when.</summary>
public class ReservationPlannerTests
{
    private static readonly Instant Now = Instant.FromUnixSeconds(1_000_000);
    private readonly PoolState _pool = new(new ClusterSnapshot(new PoolSettings()));

    public ReservationPlannerTests()
    {
        _pool.Apply(new NodeJoined(Now, 0, new NodeId("a"), new Resources(4000, 8L << 30)));
        _pool.Apply(new WorkflowRegistered(Now, 0, 0, new WorkflowSpec
        {
            Name = "w", Stages = [new StageSpec { Name = "serve", Kind = StageKind.Worker, Request = new Resources(500, 64 << 20), StartUpSecondsPrior = 60 }],
        }));
        _pool.Apply(new TimePassed(Now));
    }

    [Theory]
    [InlineData(0, 50, 0)]
    [InlineData(0, 60, 0)]
    [InlineData(0, 70, 1)]
    [InlineData(200, 250, 1)]
    public void Room_is_set_aside_only_for_what_outlasts_a_start_up(double fromSeconds, double untilSeconds, int claims) =>
        Assert.Equal(claims, Renew(Need(fromSeconds, untilSeconds)).Count);

    [Fact]
    public void It_is_set_aside_a_start_up_and_a_period_before_the_need_until_its_end()
    {
        var claim = Assert.Single(Renew(Need(200, 250))).Claim;
        Assert.Equal((135.0, 250.0), ((claim.From - Now).TotalSeconds, (claim.Until - Now).TotalSeconds));
    }

    private IReadOnlyList<ClaimStep> Renew(DemandCurve demand)
    {
        var draft = new LedgerDraft(_pool.Ledger);
        ReservationPlanner.Renew(_pool.Snapshot, _pool.Snapshot.Stages[0], 0, demand, 0.95, draft);
        return draft.Steps;
    }

    /// <summary>One slot for a while, without doubt.</summary>
    private static DemandCurve Need(double fromSeconds, double untilSeconds)
    {
        var (mean, none) = (new float[60], new float[60]);
        for (var b = 0; b < mean.Length; b++)
            if (b * 5 >= fromSeconds && b * 5 < untilSeconds) mean[b] = 1;
        return new DemandCurve(0, Now, TimeSpan.FromSeconds(5), mean, none, none, CoarseOutlook.Nothing, 0, 0);
    }
}

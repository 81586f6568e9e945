using Foreflow.Core.Model;
using Foreflow.Core.Reservation;

namespace Foreflow.Core.Tests.Reservation;

public class ReservationLedgerTests
{
    private static Instant At(double seconds) => Instant.FromUnixSeconds(seconds);

    private static Resources Cores(double cores) => new((long)(cores * 1000), 0);

    private static Claim Hard(long id, double cores, double until = double.PositiveInfinity) =>
        Claim.Hard(new(id), 0, Cores(cores), At(0), double.IsInfinity(until) ? Instant.Never : At(until));

    private static Claim Soft(long id, double cores, double from, double until, double confidence = 0.9, double value = 1, double expiry = double.PositiveInfinity) =>
        Claim.Soft(new(id), 0, Cores(cores), At(from), At(until), confidence, value, double.IsInfinity(expiry) ? Instant.Never : At(expiry));

    private static Claim Borrower(long id, double cores, double value = 1) =>
        Claim.Preemptible(new(id), 0, Cores(cores), At(0), Instant.Never, value);

    private static ReservationLedger OneNode(double cores)
    {
        var ledger = new ReservationLedger(At(0));
        ledger.AddNode(Cores(cores));
        return ledger;
    }

    [Fact]
    public void A_node_takes_claims_up_to_its_capacity_and_no_more()
    {
        var ledger = OneNode(4);
        Assert.True(ledger.TryReserve(Hard(1, 3)));
        Assert.False(ledger.TryReserve(Hard(2, 2)));
        Assert.True(ledger.TryReserve(Hard(3, 1)));
        Assert.Throws<OverCommitException>(() => ledger.Reserve(Hard(4, 1)));
    }

    [Fact]
    public void The_same_claim_twice_is_one_claim_and_other_content_is_an_error()
    {
        var ledger = OneNode(4);
        Assert.True(ledger.TryReserve(Hard(1, 3)));
        Assert.True(ledger.TryReserve(Hard(1, 3)));
        Assert.Equal(1, ledger.FreeAt(0, At(0), At(1)).CpuCores);
        Assert.Throws<ArgumentException>(() => ledger.TryReserve(Hard(1, 2)));
        Assert.True(ledger.Release(new(1)));
        Assert.False(ledger.Release(new(1)));
        Assert.Equal(4, ledger.FreeAt(0, At(0), At(1)).CpuCores);
    }

    [Fact]
    public void A_draft_on_a_node_whose_limit_has_fallen_below_what_runs_is_undone_to_the_last_claim()
    {
        var ledger = OneNode(4);
        Assert.True(ledger.TryReserve(Hard(1, 1, until: 5)));
        Assert.True(ledger.TryReserve(Borrower(2, 1.5)));
        Assert.True(ledger.TryReserve(Borrower(3, 1.5)));
        ledger.SetCapacity(0, Cores(4), usedByOthers: Cores(1.5));
        ledger.Expire(At(5));
        var before = Enum.GetValues<ClaimKind>().SelectMany(kind => ledger.ClaimsOf(0, kind)).ToList();

        var draft = new LedgerDraft(ledger);
        draft.Release(new(1), "it is over");
        Assert.True(draft.TryReserveUrgently(Claim.Hard(new(4), 0, Cores(1), At(5), At(9)), worth: 2, "urgent"));
        draft.Undo();

        Assert.Equal(before, Enum.GetValues<ClaimKind>().SelectMany(kind => ledger.ClaimsOf(0, kind)));
        Assert.Equal(3, ledger.ClaimCount);
    }

    [Fact]
    public void Soft_capacity_is_lent_until_its_claim_hardens()
    {
        var ledger = OneNode(4);
        Assert.True(ledger.TryReserve(Soft(1, 3, 10, 20)));
        Assert.True(ledger.TryReserve(Borrower(2, 2, value: 5)));
        Assert.True(ledger.TryReserve(Borrower(3, 2, value: 1)));
        Assert.False(ledger.TryReserve(Borrower(4, 1)));

        ledger.Expire(At(10));
        var displaced = ledger.Harden(new(1), At(20));

        Assert.Equal([3L, 2L], displaced.Select(item => item.Claim.Id.Value));
        Assert.All(displaced, item => Assert.Equal(ReclaimReason.Hardened, item.Reason));
        Assert.Equal(1, ledger.FreeToLend(0).CpuCores);
    }

    [Fact]
    public void Work_that_overruns_evicts_the_least_worthy_soft_claim_in_its_way()
    {
        var ledger = OneNode(4);
        Assert.True(ledger.TryReserve(Hard(1, 2, until: 10)));
        Assert.True(ledger.TryReserve(Soft(2, 2, 10, 20, confidence: 0.9)));
        Assert.True(ledger.TryReserve(Soft(3, 2, 10, 20, confidence: 0.4)));

        var evicted = Assert.Single(ledger.Extend(new(1), At(15)));

        Assert.Equal(3, evicted.Claim.Id.Value);
        Assert.Equal(ReclaimReason.Overrun, evicted.Reason);
        Assert.Equal(new ClaimId(1), evicted.For);
    }

    [Fact]
    public void Work_past_its_expected_end_is_held_on_to()
    {
        var ledger = OneNode(4);
        Assert.True(ledger.TryReserve(Hard(1, 4, until: 10)));
        var report = ledger.Expire(At(10));
        Assert.Equal(At(15), Assert.Single(report.Overrun).Until);
        Assert.False(ledger.TryReserve(Claim.Hard(new(2), 0, Cores(1), At(10), Instant.Never)));
        Assert.Equal(new FitOffer(0, At(15)), ledger.EarliestFit(Cores(1), TimeSpan.FromSeconds(1), At(10)));
    }

    [Fact]
    public void A_soft_claim_lapses_at_its_expiry()
    {
        var ledger = OneNode(4);
        Assert.True(ledger.TryReserve(Soft(1, 4, 5, 60, expiry: 30)));
        Assert.Empty(ledger.Expire(At(29)).Reclaimed);
        Assert.Equal(ReclaimReason.Expired, Assert.Single(ledger.Expire(At(30)).Reclaimed).Reason);
        Assert.Equal(0, ledger.ClaimCount);
        Assert.Equal(4, ledger.FreeAt(0, At(30), Instant.Never).CpuCores);
    }

    [Fact]
    public void Urgent_work_takes_back_the_least_worth_and_no_more_than_it_needs()
    {
        var ledger = OneNode(4);
        Assert.True(ledger.TryReserve(Soft(1, 1, 0, 60, confidence: 0.1)));
        Assert.True(ledger.TryReserve(Soft(2, 2, 0, 60, confidence: 0.2)));
        Assert.True(ledger.TryReserve(Soft(3, 1, 0, 60, confidence: 0.9)));

        Assert.False(ledger.TryReclaim(0, Cores(4), At(0), At(60), worth: 0.5, out _));
        Assert.Equal(3, ledger.ClaimCount);

        Assert.True(ledger.TryReclaim(0, Cores(2), At(0), At(60), worth: 0.5, out var reclaimed));
        Assert.Equal([2L], reclaimed.Select(item => item.Claim.Id.Value)); // 1 was tried first, then not needed.
        Assert.True(ledger.TryReserve(Hard(4, 2, until: 60)));
    }
}

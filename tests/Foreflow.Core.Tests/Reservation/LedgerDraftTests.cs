using Foreflow.Core.Model;
using Foreflow.Core.Reservation;

namespace Foreflow.Core.Tests.Reservation;

public sealed class LedgerDraftTests
{
    private static readonly Instant s_start = Instant.FromUnixSeconds(1_700_000_000);

    private static Instant At(double seconds) => s_start + TimeSpan.FromSeconds(seconds);

    [Fact]
    public void What_is_over_the_limit_comes_back_when_a_plan_is_dropped()
    {
        // Others have come to take half of the node: what runs there is more than is left.
        var ledger = new ReservationLedger(s_start);
        var node = ledger.AddNode(new Resources(4000, 4L << 30));
        var batch = Claim.Preemptible(new ClaimId(1), node, new Resources(1500, 64L << 20), s_start, At(60), value: 1);
        var firm = Claim.Hard(new ClaimId(2), node, new Resources(1500, 64L << 20), s_start, At(60), 2);
        ledger.Reserve(batch);
        ledger.Reserve(firm);
        ledger.SetCapacity(node, new Resources(4000, 4L << 30), new Resources(2000, 0));
        var free = ledger.FreeAt(node, s_start, At(1));
        var draft = new LedgerDraft(ledger);

        draft.Release(batch.Id, "stopped");
        draft.Undo();

        Assert.True(ledger.TryGet(batch.Id, out var held));
        Assert.Equal(batch, held);
        Assert.Equal(free, ledger.FreeAt(node, s_start, At(1)));
        Assert.Empty(draft.Steps);
    }
}

using Foreflow.Core.Model;

namespace Foreflow.Core.Reservation;

/// <summary>
/// Tries changes on a ledger while a plan is made, notes them, and takes them back: planning leaves the ledger as it
/// found it, and carrying the plan out repeats exactly the noted steps.
/// </summary>
/// <param name="ledger">The ledger.</param>
/// <param name="mayPause">Whether an attempt of a stage may stand still, given its number; null for all of them.</param>
public sealed class LedgerDraft(ReservationLedger ledger, Predicate<int>? mayPause = null)
{
    private readonly List<ClaimStep> _steps = [];

    /// <summary>The ledger with the changes so far.</summary>
    public ReservationLedger Ledger => ledger;

    /// <summary>The changes so far, in their order.</summary>
    public IReadOnlyList<ClaimStep> Steps => _steps;

    /// <summary>Enters a claim if there is room.</summary>
    public bool TryReserve(in Claim claim, string reason)
    {
        if (!ledger.TryReserve(claim)) return false;
        _steps.Add(new ClaimStep(ClaimOperation.Reserve, claim, reason));
        return true;
    }

    /// <summary>Gives a claim back; nothing happens where the ledger does not hold it.</summary>
    public void Release(ClaimId id, string reason)
    {
        if (!ledger.TryGet(id, out var claim)) return;
        ledger.Release(id);
        _steps.Add(new ClaimStep(ClaimOperation.Release, claim, reason));
    }

    /// <summary>
    /// Enters a claim that runs from now on, taking back what is worth less where room is short. An attempt whose memory still fits
    /// beside it keeps that: it is paused; any other is stopped. False, and nothing changed, where that is not enough.
    /// </summary>
    /// <param name="mayInterrupt">False to take back only what is set aside for later.</param>
    public bool TryReserveUrgently(in Claim claim, double worth, string reason, bool mayInterrupt = true)
    {
        if (TryReserve(claim, reason)) return true;
        if (ledger.PlanReclaim(claim.Node, claim.Amount, claim.From, claim.Until, worth, claim.Id, mayInterrupt) is not { } plan || plan.Any(IsOfThisPlan)) return false;
        if (!ledger.TryReclaim(claim.Node, claim.Amount, claim.From, claim.Until, worth, out var reclaimed, claim.Id, mayInterrupt)) return false;
        foreach (var item in reclaimed) _steps.Add(new ClaimStep(ClaimOperation.Reclaim, item.Claim, item.ToString()));
        var entered = TryReserve(claim, reason);
        foreach (var item in reclaimed)
            if (MayPause(item.Claim)) TryReserve(item.Claim with { Amount = new Resources(0, item.Claim.Amount.MemoryBytes) }, "paused: it keeps its memory");
        return entered;
    }

    /// <summary>A second attempt beside another is not worth the memory it would keep: it is stopped.</summary>
    private bool MayPause(in Claim claim) =>
        claim.Kind == ClaimKind.Preemptible && ClaimNames.TicketOf(claim.Id) > 0 && (mayPause is null || mayPause(claim.Owner));

    /// <summary>What the same plan starts cannot be stopped by it.</summary>
    private bool IsOfThisPlan(Reclaimed item) =>
        item.Claim.Kind == ClaimKind.Preemptible && _steps.Exists(s => s.Operation == ClaimOperation.Reserve && s.Claim.Id == item.Claim.Id);

    /// <summary>Takes every change back. The draft is empty afterwards.</summary>
    public void Undo()
    {
        for (var i = _steps.Count - 1; i >= 0; i--)
        {
            var step = _steps[i];
            if (step.Operation == ClaimOperation.Reserve) ledger.Release(step.Claim.Id);
            else ledger.Restore(step.Claim);
        }

        _steps.Clear();
    }
}

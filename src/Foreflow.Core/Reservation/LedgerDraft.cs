using Foreflow.Core.Model;

namespace Foreflow.Core.Reservation;

/// <summary>
/// Tries changes on a ledger while a plan is made, notes them, and takes them back: planning leaves the ledger as it
/// found it, and carrying the plan out repeats exactly the noted steps.
/// </summary>
public sealed class LedgerDraft(ReservationLedger ledger)
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

    /// <summary>Enters a claim that runs from now on, taking back what is worth less where room is short. False, and nothing changed, where that is not enough.</summary>
    public bool TryReserveUrgently(in Claim claim, double worth, string reason, out int reclaimedCount)
    {
        reclaimedCount = 0;
        if (TryReserve(claim, reason)) return true;
        if (ledger.PlanReclaim(claim.Node, claim.Amount, claim.From, claim.Until, worth, claim.Id) is not { } plan || plan.Any(IsOfThisPlan)) return false;
        if (!ledger.TryReclaim(claim.Node, claim.Amount, claim.From, claim.Until, worth, out var reclaimed, claim.Id)) return false;
        foreach (var item in reclaimed) _steps.Add(new ClaimStep(ClaimOperation.Reclaim, item.Claim, item.ToString()));
        reclaimedCount = reclaimed.Count;
        return TryReserve(claim, reason);
    }

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
            else ledger.Reserve(step.Claim);
        }

        _steps.Clear();
    }
}

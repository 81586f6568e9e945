using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Reservation;

namespace Foreflow.Simulator.Measures;

/// <summary>
/// What became of capacity that was set aside: taken back for urgent work, or held past its start and not used. In
/// claim-hours, one claim being the room of one replica.
/// </summary>
internal sealed class ReservationMeter
{
    private readonly Dictionary<ClaimId, Claim> _held = [];
    private readonly List<ClaimId> _gone = [];

    public double ReclaimedHours { get; private set; }

    public double WastedHours { get; private set; }

    public int Held => _held.Count;

    public void Begin() => (ReclaimedHours, WastedHours) = (0, 0);

    /// <summary>Takes a plan that was carried out.</summary>
    public void Take(CyclePlan plan, ReservationLedger ledger)
    {
        foreach (var step in plan.Claims)
        {
            if (step.Claim.Kind != ClaimKind.Soft) continue;
            switch (step.Operation)
            {
                case ClaimOperation.Reserve:
                    _held[step.Claim.Id] = step.Claim;
                    break;
                case ClaimOperation.Reclaim:
                    _held.Remove(step.Claim.Id);
                    ReclaimedHours += Hours(Instant.Max(plan.At, step.Claim.From), step.Claim.Until);
                    break;
                default:
                    _held.Remove(step.Claim.Id);
                    if (!IsUsed(plan, step.Claim)) WastedHours += Hours(step.Claim.From, Instant.Min(plan.At, step.Claim.Until));
                    break;
            }
        }

        if (plan.Full && _held.Count > 0) FindExpired(ledger);
    }

    private void FindExpired(ReservationLedger ledger)
    {
        foreach (var (id, claim) in _held)
        {
            if (ledger.TryGet(id, out _)) continue;
            WastedHours += Hours(claim.From, Instant.Min(claim.Expiry, claim.Until));
            _gone.Add(id);
        }

        foreach (var id in _gone) _held.Remove(id);
        _gone.Clear();
    }

    private static bool IsUsed(CyclePlan plan, in Claim claim)
    {
        foreach (var decision in plan.Replicas)
        {
            if (decision.Stage != claim.Owner) continue;
            foreach (var start in decision.Starts)
                if (start.Node == claim.Node) return true;
        }

        return false;
    }

    private static double Hours(Instant from, Instant until) => until > from ? Math.Max(0, (until - from).TotalHours) : 0;
}

using Foreflow.Core.Model;
using Foreflow.Core.Reservation;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Scheduling;

/// <summary>
/// Room of nodes that is kept for work that waits, while a plan is made: what else the plan places does not get it. It is
/// no part of the plan, and is given back before that work is placed; the next plan keeps it anew.
/// </summary>
internal sealed class KeptRoom
{
    /// <summary>A claim has an end; this one is given back long before.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(1);

    private const int NoStage = -1;

    private readonly List<Claim> _kept = [];

    /// <summary>Keeps what is free of a node, up to what a task asks for.</summary>
    public void Keep(ClusterSnapshot snapshot, TaskEntry task, int node, in Resources request, ReservationLedger ledger)
    {
        var free = Resources.Min(request, ledger.FreeToLend(node));
        var claim = Claim.Preemptible(ClaimNames.Kept(task.Ticket), node, free, snapshot.Now, snapshot.Now + KeptFor, double.PositiveInfinity, task.Stage);
        if (!free.IsZero && ledger.TryReserve(claim)) _kept.Add(claim);
    }

    /// <summary>Keeps all processors and memory that are free of a node.</summary>
    public void KeepAll(ClusterSnapshot snapshot, int node, ReservationLedger ledger)
    {
        var free = ledger.FreeToLend(node);
        var claim = Claim.Preemptible(
            ClaimNames.KeptOf(node), node, new Resources(free.CpuMillicores, free.MemoryBytes), snapshot.Now, snapshot.Now + KeptFor, double.PositiveInfinity, NoStage);
        if (!claim.Amount.IsZero && ledger.TryReserve(claim)) _kept.Add(claim);
    }

    /// <summary>Gives back what was kept for a stage, or (null) for all. True when there was any.</summary>
    public bool GiveBack(ReservationLedger ledger, int? stage = null)
    {
        var before = _kept.Count;
        for (var i = before - 1; i >= 0; i--)
        {
            if (stage is not null && _kept[i].Owner != stage) continue;
            ledger.Release(_kept[i].Id);
            _kept.RemoveAt(i);
        }

        return _kept.Count < before;
    }
}

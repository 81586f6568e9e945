using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Reservation;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Outcomes;

/// <summary>Watches what becomes of capacity that is set aside. Holds what the ledger holds, and no more.</summary>
internal sealed class ReservationWatch
{
    private readonly SortedDictionary<ClaimId, OpenReservation> _open = [];
    private readonly SortedDictionary<ClaimId, OpenReservation> _givenBack = [];
    private readonly List<ClaimId> _gone = [];

    /// <summary>Reservations that are held.</summary>
    public int Open => _open.Count;

    /// <summary>Changes of the ledger were carried out.</summary>
    public void Claimed(ClusterSnapshot snapshot, long generation, ImmutableArray<ClaimStep> steps, ImmutableArray<ReplicaDecision> replicas, ICollection<Outcome> settled)
    {
        foreach (var step in steps)
        {
            if (step.Claim.Kind != ClaimKind.Soft) continue;
            var id = step.Claim.Id;
            if (step.Operation != ClaimOperation.Reserve)
            {
                if (!TryRemove(_open, id, out var ended)) continue;
                if (step.Operation == ClaimOperation.Reclaim) settled.Add(ended.Settle(snapshot, ReservationFate.Reclaimed, snapshot.Now));
                else _givenBack[id] = ended;
                continue;
            }

            if (TryRemove(_open, id, out var vanished)) settled.Add(Vanished(snapshot, vanished));
            if (TryRemove(_givenBack, id, out var moved)) moved.Move(step, snapshot.Now);
            _open[id] = moved ?? new OpenReservation(snapshot.Now, generation, step);
        }

        if (_givenBack.Count > 0) SettleGivenBack(snapshot, replicas, settled);
    }

    /// <summary>A control cycle, or lent work that starts: finds what the ledger no longer holds, and what is lent.</summary>
    public void Look(ClusterSnapshot snapshot, ReservationLedger ledger, ICollection<Outcome> settled)
    {
        Dictionary<int, bool>? lent = null;
        foreach (var (id, open) in _open)
        {
            if (!ledger.TryGet(id, out _))
            {
                settled.Add(Vanished(snapshot, open));
                _gone.Add(id);
                continue;
            }

            var claim = open.Claim;
            if (claim.From > snapshot.Now) continue;
            lent ??= [];
            if (!lent.TryGetValue(claim.Node, out var isLent)) lent[claim.Node] = isLent = IsLent(ledger, claim.Node, snapshot.Now);
            open.Look(snapshot.Now, isLent);
        }

        foreach (var id in _gone) _open.Remove(id);
        _gone.Clear();
    }

    /// <summary>The journal ends.</summary>
    public void Close(ClusterSnapshot snapshot, ICollection<Outcome> settled)
    {
        foreach (var open in _open.Values) settled.Add(open.Settle(snapshot, ReservationFate.Unknown, snapshot.Now));
        _open.Clear();
    }

    /// <summary>Claims that a plan gave back for good: their replicas start in their room or elsewhere, or are not foreseen any more.</summary>
    private void SettleGivenBack(ClusterSnapshot snapshot, ImmutableArray<ReplicaDecision> replicas, ICollection<Outcome> settled)
    {
        var starts = new Dictionary<(int Stage, int Node), int>();
        foreach (var decision in replicas)
            foreach (var start in decision.Starts) starts[(decision.Stage, start.Node)] = starts.GetValueOrDefault((decision.Stage, start.Node)) + 1;
        foreach (var (id, ended) in _givenBack)
        {
            var (stage, node) = (ended.Claim.Owner, ended.Claim.Node);
            var fate = ClaimNames.OrdinalOf(id) <= snapshot.Stages[stage].ActiveReplicas ? ReservationFate.MetElsewhere : ReservationFate.GivenBack;
            if (fate == ReservationFate.MetElsewhere && starts.GetValueOrDefault((stage, node)) > 0)
            {
                starts[(stage, node)]--;
                fate = ReservationFate.Redeemed;
            }

            settled.Add(ended.Settle(snapshot, fate, snapshot.Now));
        }

        _givenBack.Clear();
    }

    private static ReservationOutcome Vanished(ClusterSnapshot snapshot, OpenReservation open)
    {
        var end = Instant.Min(open.Claim.Expiry, open.Claim.Until);
        if (end <= snapshot.Now) return open.Settle(snapshot, ReservationFate.Expired, end);
        return open.Settle(snapshot, snapshot.Nodes[open.Claim.Node].Alive ? ReservationFate.CrowdedOut : ReservationFate.NodeLost, snapshot.Now);
    }

    /// <summary>True where preemptible work runs on what is set aside: more of it than was left beside running work and reservations.</summary>
    private static bool IsLent(ReservationLedger ledger, int node, Instant now)
    {
        var preemptible = Resources.Zero;
        foreach (var claim in ledger.ClaimsOf(node, ClaimKind.Preemptible)) preemptible += claim.Amount;
        return !preemptible.IsZero && !preemptible.FitsWithin(ledger.FreeAt(node, now, now + TimeSpan.FromTicks(1)));
    }

    private static bool TryRemove(SortedDictionary<ClaimId, OpenReservation> from, ClaimId id, [NotNullWhen(true)] out OpenReservation? removed) =>
        from.TryGetValue(id, out removed) && from.Remove(id);
}

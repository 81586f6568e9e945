using Foreflow.Core.Model;
using Foreflow.Core.Reservation;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Scheduling;

/// <summary>
/// Finds a node for an attempt or a replica and claims it there. The ladder: room nobody set aside; room set aside for
/// this very stage; for work that waits, room set aside for what is worth less, on any node; last, room where
/// preemptible attempts run.
/// </summary>
internal static class NodeClaims
{
    /// <summary>Pools up to this size are looked through for the emptiest node; in larger ones the search starts at a random node, which spreads as well.</summary>
    private const int NodesLookedThrough = 64;

    public static bool TryClaim(ClusterSnapshot snapshot, StageState stage, TaskEntry task, LedgerDraft draft, out Assignment assignment)
    {
        var batch = stage.Priority == Priority.Batch;
        var kind = batch ? ClaimKind.Preemptible : ClaimKind.Hard;
        var until = snapshot.Now + ExpectedDuration(stage);
        var id = ClaimNames.Attempt(task.Ticket);
        var start = (int)(Draw.Mix((ulong)task.Ticket) % (ulong)Math.Max(1, snapshot.Nodes.Count));
        var node = Emptiest(snapshot, task.Request, kind, until, start, draft.Ledger);
        if (node >= 0 && draft.TryReserve(ClaimOf(kind, id, node, task.Request, snapshot.Now, until, stage), "task starts"))
        {
            assignment = new Assignment(task.Ticket, node, -1, task.Request, batch ? AssignmentReason.LentReservation : AssignmentReason.FreeNode);
            return true;
        }

        // It fits nowhere as it is.
        node = batch ? -1 : MakeRoom(snapshot, draft, MissCost.Of(stage.Priority), "task starts", n => ClaimOf(kind, id, n, task.Request, snapshot.Now, until, stage));
        assignment = node < 0 ? default : new Assignment(task.Ticket, node, -1, task.Request, AssignmentReason.ReclaimedReservation);
        return node >= 0;
    }

    /// <summary>The node on which a claim was entered after what is worth less gave way: what is set aside for later on any node before what runs on any. -1 where that is not enough.</summary>
    private static int MakeRoom(ClusterSnapshot snapshot, LedgerDraft draft, double worth, string reason, Func<int, Claim> claimOn)
    {
        // Room is made only where something gives way, and a full pool mostly has no such node.
        if (!draft.Ledger.HoldsReclaimable) return -1;
        foreach (var mayPause in (ReadOnlySpan<bool>)[false, true])
        {
            foreach (var node in snapshot.Nodes)
                if (node.Alive && !MemoryRelief.IsClosed(snapshot, node) && draft.Ledger.HoldsReclaimableOn(node.Index) && draft.TryReserveUrgently(claimOn(node.Index), worth, reason, mayPause)) return node.Index;
        }

        return -1;
    }

    /// <summary>A node for one more replica: where capacity was set aside for it, else where fewest of the stage are (a lost node takes fewest with it), then where most is free.</summary>
    public static int ClaimReplica(ClusterSnapshot snapshot, StageState stage, int ordinal, long number, bool urgent, LedgerDraft draft, IReadOnlyDictionary<int, int> placedNow)
    {
        var id = ClaimNames.Replica(number);
        if (draft.Ledger.TryGet(ClaimNames.Forecast(stage.Index, ordinal), out var reserved))
        {
            draft.Release(reserved.Id, "its replica starts");
            if (TryReplica(reserved.Node)) return reserved.Node;
        }

        var best = -1;
        var replicas = stage.Replicas;
        var bestKey = (OfStage: int.MaxValue, Share: double.PositiveInfinity);
        foreach (var node in snapshot.Nodes)
        {
            if (!node.Alive) continue;
            // A node with more of the stage than the best one is not looked at any closer.
            var ofStage = placedNow.GetValueOrDefault(node.Index);
            for (var i = 0; i < replicas.Count; i++)
                if (replicas[i].Node == node.Index && replicas[i].Phase != ReplicaPhase.Draining) ofStage++;
            if (ofStage > bestKey.OfStage || !draft.Ledger.FitsNow(node.Index, stage.Spec.Request, ClaimKind.Hard, Instant.Never)) continue;
            var free = draft.Ledger.FreeAt(node.Index, snapshot.Now, Instant.Never);
            var key = (ofStage, (node.Capacity - free).DominantShare(node.Capacity));
            if (key.CompareTo(bestKey) < 0) (best, bestKey) = (node.Index, key);
        }

        if (best >= 0 && TryReplica(best)) return best;
        // Room promised to others for later: work at hand comes before work foreseen.
        var starves = stage.Queued > 0 && LongestWaiting.GoesFirst(snapshot, stage);
        var worth = starves ? double.PositiveInfinity : MissCost.Of(stage.Priority) * (urgent ? 1 : 0.5);
        return MakeRoom(snapshot, draft, worth, "replica starts", ClaimOn);

        bool TryReplica(int node) => draft.TryReserve(ClaimOn(node), "replica starts");

        Claim ClaimOn(int node) => Claim.Hard(id, node, stage.Spec.Request, snapshot.Now, Instant.Never, stage.Index);
    }

    private static Claim ClaimOf(ClaimKind kind, ClaimId id, int node, Resources amount, Instant from, Instant until, StageState stage) =>
        kind == ClaimKind.Preemptible
            ? Claim.Preemptible(id, node, amount, from, until, MissCost.Of(Priority.Batch), stage.Index)
            : Claim.Hard(id, node, amount, from, until, stage.Index);

    internal static TimeSpan ExpectedDuration(StageState stage) => TimeSpan.FromSeconds(Math.Clamp(stage.MeanExecutionSeconds * 1.5, 1, 30 * 86_400));

    private static int Emptiest(ClusterSnapshot snapshot, in Resources request, ClaimKind kind, Instant until, int start, ReservationLedger ledger)
    {
        if (snapshot.Nodes.Count > NodesLookedThrough)
        {
            var found = ledger.NextFit(request, kind, until, start);
            return found >= 0 ? found : ledger.NextFit(request, kind, until);
        }

        var best = -1;
        var bestShare = double.PositiveInfinity;
        foreach (var node in snapshot.Nodes)
        {
            if (!node.Alive || !ledger.FitsNow(node.Index, request, kind, until)) continue;
            var free = kind == ClaimKind.Preemptible ? ledger.FreeToLend(node.Index) : ledger.FreeAt(node.Index, snapshot.Now, until);
            var share = (node.Capacity - free + request).DominantShare(node.Capacity);
            if (share < bestShare) (best, bestShare) = (node.Index, share);
        }

        return best;
    }
}

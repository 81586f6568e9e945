using Foreflow.Core.Model;

namespace Foreflow.Core.Reservation;

public sealed partial class ReservationLedger
{
    /// <summary>One more than the highest node index in use; indexes of nodes that left may be vacant below it.</summary>
    public int NodeCount => _nodes.Count;

    /// <summary>Takes a node in.</summary>
    /// <param name="capacity">All it has. 0 network or disk means unknown or unlimited: not accounted for.</param>
    /// <param name="usedByOthers">What is used by whatever Foreflow did not start.</param>
    /// <returns>Its index: the lowest vacant one.</returns>
    public int AddNode(Resources capacity, Resources usedByOthers = default)
    {
        CheckAmount(capacity);
        CheckAmount(usedByOthers);
        var node = _nodes.FindIndex(book => !book.IsPresent);
        if (node < 0)
        {
            node = _nodes.Count;
            _nodes.Add(new NodeBook());
        }

        _nodes[node].IsPresent = true;
        _nodes[node].IsOpen = true;
        _nodes[node].SetLimit(capacity, usedByOthers);
        Refresh(node);
        return node;
    }

    /// <summary>
    /// Sets what a node has and what others use of it. Soft claims that no longer fit give way, least worth first; what runs stays
    /// until a plan stops it: dropping its claim alone would promise the room twice once the node has more to give again.
    /// </summary>
    /// <returns>What gave way.</returns>
    public IReadOnlyList<Reclaimed> SetCapacity(int node, Resources capacity, Resources usedByOthers = default)
    {
        CheckAmount(capacity);
        CheckAmount(usedByOthers);
        var book = Book(node);
        book.SetLimit(capacity, usedByOthers);
        var reclaimed = new List<Reclaimed>();
        EvictSoft(node, Now, Instant.Never, book.Limit, double.PositiveInfinity, new(ReclaimReason.CapacityLost), reclaimed);
        Refresh(node);
        return reclaimed;
    }

    /// <summary>The node takes no new claims and its soft claims are taken back; running work stays until released. Draining again changes nothing.</summary>
    /// <returns>Its soft claims, in the order of <see cref="Claim.CompareForReclaim"/>.</returns>
    public IReadOnlyList<Reclaimed> Drain(int node)
    {
        Book(node).IsOpen = false;
        var reclaimed = TakeAll(node, ReclaimReason.NodeDrained, ClaimKind.Soft);
        Refresh(node);
        return reclaimed;
    }

    /// <summary>A drained node takes claims again.</summary>
    public void Reopen(int node)
    {
        Book(node).IsOpen = true;
        Refresh(node);
    }

    /// <summary>The node left: all its claims are void and its index may be given to another. Removing again changes nothing.</summary>
    /// <returns>Its claims: hard, soft, preemptible, each in the order of <see cref="Claim.CompareForReclaim"/>.</returns>
    public IReadOnlyList<Reclaimed> RemoveNode(int node)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(node);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(node, _nodes.Count);
        var reclaimed = TakeAll(node, ReclaimReason.NodeRemoved, ClaimKind.Hard, ClaimKind.Soft, ClaimKind.Preemptible);
        _nodes[node].IsPresent = false;
        _nodes[node].IsOpen = false;
        Refresh(node);
        return reclaimed;
    }

    /// <summary>The node's claims of one kind, by start, then id.</summary>
    public IReadOnlyList<Claim> ClaimsOf(int node, ClaimKind kind)
    {
        Book(node);
        var claims = new List<Claim>();
        foreach (ref readonly var claim in _claims.Of(node, kind)) claims.Add(claim);
        claims.Sort(static (a, b) => a.From != b.From ? a.From.CompareTo(b.From) : a.Id.CompareTo(b.Id));
        return claims;
    }

    private List<Reclaimed> TakeAll(int node, ReclaimReason reason, params ReadOnlySpan<ClaimKind> kinds)
    {
        var reclaimed = new List<Reclaimed>();
        foreach (var kind in kinds)
        {
            var claims = new List<Claim>();
            foreach (ref readonly var claim in _claims.Of(node, kind)) claims.Add(claim);
            claims.Sort(static (a, b) => Claim.CompareForReclaim(a, b));
            foreach (var claim in claims)
            {
                Leave(claim);
                reclaimed.Add(new(claim, reason));
            }
        }

        return reclaimed;
    }
}

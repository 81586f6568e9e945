using Foreflow.Core.Model;

namespace Foreflow.Core.Reservation;

public sealed partial class ReservationLedger
{
    /// <summary>The least that is free of each kind of resource on a node over [from, until) for a soft claim; never negative.</summary>
    public Resources FreeAt(int node, Instant from, Instant until)
    {
        var book = Book(node);
        return Resources.Max(Resources.Zero, book.Limit - book.Promised.Max(Instant.Max(from, Now).Ticks, until.Ticks));
    }

    /// <summary>What is free on a node for preemptible work now, soft claims notwithstanding; never negative.</summary>
    public Resources FreeToLend(int node) => Resources.Max(Resources.Zero, Book(node).FreeToLend);

    /// <summary>The same, below zero by what runs beyond the limit: what must end before anything is free.</summary>
    internal Resources FreeToLendOrOwed(int node) => Book(node).FreeToLend;

    /// <summary>Whether a claim of this kind on this amount, from now until the given end, would be taken.</summary>
    public bool FitsNow(int node, Resources amount, ClaimKind kind, Instant until)
    {
        CheckAmount(amount);
        var book = Book(node);
        return book.IsOpen && Fits(book, kind, amount, Now, until);
    }

    /// <summary>
    /// The first node, by index from <paramref name="startNode"/> on, that would take a claim of this kind on this amount from now until
    /// the given end; -1 when there is none. Ask again from the answer plus one for the next.
    /// </summary>
    public int NextFit(Resources amount, ClaimKind kind, Instant until, int startNode = 0)
    {
        CheckAmount(amount);
        ArgumentOutOfRangeException.ThrowIfNegative(startNode);
        if (kind == ClaimKind.Preemptible) return _free.NextToLend(startNode, amount);
        if (kind == ClaimKind.Hard && until == Instant.Never) return _free.NextForGood(startNode, amount);
        for (var node = startNode; node < _nodes.Count; node++)
        {
            // What runs now bounds what hard work may take, whatever is promised for later.
            if (kind == ClaimKind.Hard && (node = _free.NextToLend(node, amount)) < 0) return -1;
            if (_nodes[node].IsOpen && Fits(_nodes[node], kind, amount, Now, until)) return node;
        }

        return -1;
    }

    /// <summary>
    /// Where a soft claim on this amount for this long fits soonest: the earliest instant on any node, then the lowest node index.
    /// Null when it fits nowhere, ever.
    /// </summary>
    /// <param name="amount">What is needed.</param>
    /// <param name="duration">For how long, more than zero; <see cref="TimeSpan.MaxValue"/> for good.</param>
    /// <param name="notBefore">The earliest start of interest.</param>
    /// <param name="allows">Nodes to consider: for anti-affinity, node classes, quarantine. Null for all. Must depend on the node only.</param>
    public FitOffer? EarliestFit(Resources amount, TimeSpan duration, Instant notBefore, Func<int, bool>? allows = null)
    {
        CheckAmount(amount);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        var earliest = Instant.Max(notBefore, Now);
        var best = Instant.Never.Ticks;
        var bestNode = -1;
        for (var node = 0; node < _nodes.Count && best > earliest.Ticks; node++)
        {
            var book = _nodes[node];
            if (!book.IsOpen || allows?.Invoke(node) == false) continue;
            var at = book.Promised.EarliestWithin(book.Ceiling(amount), earliest.Ticks, duration.Ticks, best);
            if (at >= best) continue;
            best = at;
            bestNode = node;
        }

        return bestNode < 0 ? null : new FitOffer(bestNode, new Instant(best));
    }
}

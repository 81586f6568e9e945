using Foreflow.Core.Model;

namespace Foreflow.Core.Reservation;

public sealed partial class ReservationLedger
{
    /// <summary>Whether any node holds claims that could be taken back: without them no room can be made anywhere.</summary>
    public bool HoldsReclaimable => _claims.Yielding > 0;

    /// <summary>Whether a node holds claims that could be taken back.</summary>
    public bool HoldsReclaimableOn(int node) => _claims.HasYielding(node);

    /// <summary>
    /// Makes room on a node for more urgent work by taking back soft and preemptible claims worth less than it, least worth first, and no
    /// more than needed. Room from now on is room to run in: preemptible claims give way too. The room is not entered: reserve it next.
    /// </summary>
    /// <param name="node">The node.</param>
    /// <param name="amount">The room needed.</param>
    /// <param name="from">From when.</param>
    /// <param name="until">Until when.</param>
    /// <param name="worth">Only claims of less <see cref="Claim.Worth"/> are taken.</param>
    /// <param name="reclaimed">What was taken back; empty when false or when there was room already.</param>
    /// <param name="for">The claim the room is for, for the record.</param>
    /// <param name="mayStop">False to take back soft claims alone.</param>
    /// <returns>False, and nothing changed, when the room cannot be made.</returns>
    public bool TryReclaim(
        int node, Resources amount, Instant from, Instant until, double worth, out IReadOnlyList<Reclaimed> reclaimed, ClaimId? @for = null, bool mayStop = true)
    {
        reclaimed = [];
        if (PlanReclaim(node, amount, from, until, worth, @for, mayStop) is not { } plan) return false;
        foreach (var item in plan) Leave(item.Claim);
        Refresh(node);
        reclaimed = plan;
        return true;
    }

    /// <summary>
    /// What <see cref="TryReclaim"/> would take back on a node; null when the room cannot be made. Changes nothing.
    /// The sum of the worths is what the room costs: the node where it is least is the one to choose.
    /// </summary>
    public IReadOnlyList<Reclaimed>? PlanReclaim(int node, Resources amount, Instant from, Instant until, double worth, ClaimId? @for = null, bool mayStop = true)
    {
        CheckAmount(amount);
        var book = Book(node);
        if (!book.IsOpen) return null;
        var start = Instant.Max(from, Now);
        var runs = from <= Now;
        var ceiling = book.LimitFor(amount);
        var cause = new Cause(ReclaimReason.UrgentWork, @for);
        var plan = new List<Reclaimed>();

        // Enter the work as if there were room, let claims give way, see whether it was enough, and put everything back.
        book.Promise(amount, start, until, Now, +1);
        if (runs) book.Running += amount;
        EvictSoft(node, start, until, ceiling, worth, cause, plan);
        if (runs && mayStop) EvictPreemptible(node, ceiling, worth, cause, plan);
        var hasRoom = book.Promised.FirstAbove(ceiling, start.Ticks, until.Ticks, out _) == long.MaxValue && (!runs || book.Running.FitsWithin(ceiling));
        book.Promise(amount, start, until, Now, -1);
        if (runs) book.Running -= amount;
        foreach (var item in plan) Enter(item.Claim);
        return hasRoom ? plan : null;
    }

    /// <summary>Takes back the soft claims that cost more to hold than the miss they guard against, weighed by confidence.</summary>
    /// <param name="holdingCost">Cost of holding a claim from now to its end, in the unit of <see cref="Claim.Value"/>.</param>
    /// <returns>What was taken back: by node, then in the order of <see cref="Claim.CompareForReclaim"/>.</returns>
    public IReadOnlyList<Reclaimed> ReclaimNotWorthHolding(Func<Claim, double> holdingCost)
    {
        var reclaimed = new List<Reclaimed>();
        for (var node = 0; node < _nodes.Count; node++)
        {
            var claims = new List<Claim>();
            foreach (ref readonly var claim in _claims.Of(node, ClaimKind.Soft))
            {
                if (claim.Worth < holdingCost(claim)) claims.Add(claim);
            }

            if (claims.Count == 0) continue;
            claims.Sort(static (a, b) => Claim.CompareForReclaim(a, b));
            foreach (var claim in claims)
            {
                Leave(claim);
                reclaimed.Add(new(claim, ReclaimReason.NotWorthHolding));
            }

            Refresh(node);
        }

        return reclaimed;
    }

    /// <summary>
    /// Moves the present on. Soft claims past their expiry or end lapse. Hard claims past their expected end still run: they are held on to
    /// for a while longer (see <see cref="ReservationLedgerOptions"/>), and soft claims in the way give way. An instant before
    /// <see cref="Now"/> changes nothing: the ledger's time never goes back.
    /// </summary>
    public ExpiryReport Expire(Instant now)
    {
        if (now <= Now) return ExpiryReport.Empty;
        Now = now;
        List<Claim>? due = null;
        for (var node = _wakes.Next(0, now.Ticks); node >= 0; node = _wakes.Next(node + 1, now.Ticks))
        {
            var book = _nodes[node];
            book.Promised.Advance(now.Ticks);
            if (book.NextDue <= now.Ticks) CollectDue(node, due ??= []);
            Refresh(node);
        }

        return due is not { Count: > 0 } ? ExpiryReport.Empty : Lapse(due);
    }

    private void CollectDue(int node, List<Claim> due)
    {
        var next = Instant.Never;
        foreach (var kind in (ReadOnlySpan<ClaimKind>)[ClaimKind.Hard, ClaimKind.Soft])
        {
            foreach (ref readonly var claim in _claims.Of(node, kind))
            {
                if (DueAt(claim) <= Now) due.Add(claim);
                else next = Instant.Min(next, DueAt(claim));
            }
        }

        _nodes[node].NextDue = next.Ticks;
    }

    private ExpiryReport Lapse(List<Claim> due)
    {
        due.Sort(static (a, b) => DueAt(a) != DueAt(b) ? DueAt(a).CompareTo(DueAt(b)) : a.Id.CompareTo(b.Id));
        var reclaimed = new List<Reclaimed>();
        foreach (var claim in due)
        {
            if (claim.Kind != ClaimKind.Soft) continue;
            Leave(claim);
            Refresh(claim.Node);
            reclaimed.Add(new(claim, ReclaimReason.Expired));
        }

        var overrun = new List<Claim>();
        foreach (var claim in due)
        {
            if (claim.Kind != ClaimKind.Hard) continue;
            var held = Math.Max(_options.OverrunGrace.Ticks, (long)((Now - claim.From).Ticks * _options.OverrunShare));
            overrun.Add(MoveEnd(claim, Now + TimeSpan.FromTicks(Math.Max(1, held)), reclaimed));
            Refresh(claim.Node);
        }

        return new(reclaimed, overrun);
    }

    private Claim MoveEnd(in Claim claim, Instant until, List<Reclaimed> reclaimed)
    {
        var book = _nodes[claim.Node];
        var moved = claim with { Until = until };
        Leave(claim);
        Enter(moved);
        if (claim.Kind == ClaimKind.Hard && until > claim.Until)
        {
            EvictSoft(
                claim.Node, Instant.Max(claim.Until, Now), until, book.LimitFor(claim.Amount), double.PositiveInfinity, new(ReclaimReason.Overrun, claim.Id), reclaimed);
        }

        return moved;
    }

    /// <summary>
    /// Takes soft claims out until hard plus soft stays within the ceiling over [from, until), as far as soft claims of less than the given
    /// worth are to blame: at the first instant above it, the least of those that use what is short there; then the next. Claims that turn out
    /// not to have been in the way are put back, worthiest first.
    /// </summary>
    private void EvictSoft(int node, Instant from, Instant until, in Resources ceiling, double worth, Cause cause, List<Reclaimed> reclaimed)
    {
        var book = _nodes[node];
        var first = reclaimed.Count;
        for (var at = from.Ticks; (at = book.Promised.FirstAbove(ceiling, at, until.Ticks, out var value)) < long.MaxValue;)
        {
            if (Least(node, ClaimKind.Soft, new Instant(at), value, ceiling, worth) is { } claim)
            {
                Leave(claim);
                reclaimed.Add(new(claim, cause.Reason, cause.For));
            }
            else if ((at = NextSoftStart(node, at)) == long.MaxValue)
            {
                break; // What is left over the ceiling is running work, or worth too much: both end sometime, but only a start adds to it.
            }
        }

        ReturnSpare(reclaimed, first, claim => book.FitsPromised(claim.Amount, Instant.Max(claim.From, Now), claim.Until));
    }

    private long NextSoftStart(int node, long at)
    {
        var next = long.MaxValue;
        foreach (ref readonly var claim in _claims.Of(node, ClaimKind.Soft))
        {
            if (claim.From.Ticks > at) next = Math.Min(next, claim.From.Ticks);
        }

        return next;
    }

    /// <summary>The same for preemptible claims and what runs now.</summary>
    private void EvictPreemptible(int node, in Resources ceiling, double worth, Cause cause, List<Reclaimed> reclaimed)
    {
        var book = _nodes[node];
        var first = reclaimed.Count;
        while (!book.Running.FitsWithin(ceiling) && Least(node, ClaimKind.Preemptible, Now, book.Running, ceiling, worth) is { } claim)
        {
            Leave(claim);
            reclaimed.Add(new(claim, cause.Reason, cause.For));
        }

        ReturnSpare(reclaimed, first, claim => book.FitsRunning(claim.Amount));
    }

    /// <summary>The first to give way, by <see cref="Claim.CompareForReclaim"/>, among a node's claims that hold at an instant some of what is short.</summary>
    private Claim? Least(int node, ClaimKind kind, Instant at, in Resources value, in Resources ceiling, double worth)
    {
        Claim? least = null;
        foreach (ref readonly var claim in _claims.Of(node, kind))
        {
            if (claim.Worth >= worth) continue;
            if (kind == ClaimKind.Soft && (claim.From > at || claim.Until <= at)) continue;
            if (!UsesWhatIsShort(claim.Amount, value, ceiling)) continue;
            if (least is not { } l || Claim.CompareForReclaim(claim, l) < 0) least = claim;
        }

        return least;

        static bool UsesWhatIsShort(in Resources amount, in Resources value, in Resources ceiling) =>
            (amount.CpuMillicores > 0 && value.CpuMillicores > ceiling.CpuMillicores)
            || (amount.MemoryBytes > 0 && value.MemoryBytes > ceiling.MemoryBytes)
            || (amount.NetworkBytesPerSecond > 0 && value.NetworkBytesPerSecond > ceiling.NetworkBytesPerSecond)
            || (amount.DiskBytesPerSecond > 0 && value.DiskBytesPerSecond > ceiling.DiskBytesPerSecond);
    }

    private void ReturnSpare(List<Reclaimed> reclaimed, int first, Func<Claim, bool> fits)
    {
        if (reclaimed.Count - first < 2) return;
        var taken = reclaimed[first..];
        taken.Sort(static (a, b) => Claim.CompareForReclaim(b.Claim, a.Claim));
        foreach (var item in taken)
        {
            if (!fits(item.Claim)) continue;
            Enter(item.Claim);
            reclaimed.Remove(item);
        }
    }

    private readonly record struct Cause(ReclaimReason Reason, ClaimId? For = null);
}

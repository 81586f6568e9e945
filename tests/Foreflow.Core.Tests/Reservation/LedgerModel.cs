using Foreflow.Core.Model;
using Foreflow.Core.Reservation;

namespace Foreflow.Core.Tests.Reservation;

/// <summary>
/// The ledger's contract in its plainest form: a cell for every tick of every node, all claims in one list, everything found by looking at
/// everything. Times are ticks from 0 to the last cell, which stands for all that follow.
/// </summary>
internal sealed class LedgerModel(int cells, long grace, double share)
{
    private readonly SortedDictionary<long, Claim> _claims = [];
    private readonly List<Node> _nodes = [];
    private readonly int _cells = cells;

    public long Now { get; private set; }

    public IReadOnlyDictionary<long, Claim> Claims => _claims;

    public int NodeCount => _nodes.Count;

    public bool IsPresent(int node) => _nodes[node].IsPresent;

    public int AddNode(Resources capacity, Resources others)
    {
        var node = _nodes.FindIndex(n => !n.IsPresent);
        if (node < 0)
        {
            node = _nodes.Count;
            _nodes.Add(new(_cells));
        }

        _nodes[node].IsPresent = true;
        _nodes[node].IsOpen = true;
        _nodes[node].Limit = Limit(capacity, others);
        return node;
    }

    public List<Reclaimed> SetCapacity(int node, Resources capacity, Resources others)
    {
        _nodes[node].Limit = Limit(capacity, others);
        _nodes[node].RunningBefore = Running(node);
        var taken = new List<Reclaimed>();
        EvictSoft(node, Now, long.MaxValue, [true, true, true, true], double.PositiveInfinity, ReclaimReason.CapacityLost, null, taken);
        return taken;
    }

    public List<Reclaimed> Drain(int node)
    {
        _nodes[node].IsOpen = false;
        return TakeAll(node, ReclaimReason.NodeDrained, ClaimKind.Soft);
    }

    public void Reopen(int node) => _nodes[node].IsOpen = true;

    public List<Reclaimed> RemoveNode(int node)
    {
        var taken = TakeAll(node, ReclaimReason.NodeRemoved, ClaimKind.Hard);
        taken.AddRange(TakeAll(node, ReclaimReason.NodeRemoved, ClaimKind.Soft));
        taken.AddRange(TakeAll(node, ReclaimReason.NodeRemoved, ClaimKind.Preemptible));
        _nodes[node].IsPresent = false;
        _nodes[node].IsOpen = false;
        return taken;
    }

    public bool FitsNow(int node, Resources amount, ClaimKind kind, long from, long until)
    {
        var n = _nodes[node];
        if (!n.IsOpen) return false;
        var running = kind == ClaimKind.Soft || Fits(Running(node), amount, n.Limit);
        var promised = kind == ClaimKind.Preemptible || Range(Math.Max(from, Now), until).All(t => Fits(n.Promised[t], amount, n.Limit));
        return running && promised;
    }

    public bool TryReserve(Claim claim)
    {
        if (_claims.ContainsKey(claim.Id.Value)) return true;
        if (!FitsNow(claim.Node, claim.Amount, claim.Kind, claim.From.Ticks, claim.Until.Ticks)) return false;
        Add(claim);
        return true;
    }

    public bool Release(long id)
    {
        if (!_claims.TryGetValue(id, out var claim)) return false;
        Remove(claim);
        return true;
    }

    /// <summary>Null stands for an over-commitment.</summary>
    public List<Reclaimed>? Harden(long id, long until)
    {
        var claim = _claims[id];
        var node = _nodes[claim.Node];
        if (!Fits(Sum(claim.Node, ClaimKind.Hard), claim.Amount, node.Limit)) return null;
        Remove(claim);
        Add(claim with { Kind = ClaimKind.Hard, From = new(Now), Until = new(until), Confidence = 1, Expiry = Instant.Never });
        var taken = new List<Reclaimed>();
        EvictSoft(claim.Node, Now, until, Used(claim.Amount), double.PositiveInfinity, ReclaimReason.Hardened, claim.Id, taken);
        EvictPreemptible(claim.Node, Used(claim.Amount), double.PositiveInfinity, ReclaimReason.Hardened, claim.Id, taken);
        return taken;
    }

    public List<Reclaimed> Extend(long id, long until)
    {
        var taken = new List<Reclaimed>();
        MoveEnd(_claims[id], until, taken);
        return taken;
    }

    public (List<Reclaimed> Reclaimed, List<Claim> Overrun) Expire(long now)
    {
        var taken = new List<Reclaimed>();
        var overrun = new List<Claim>();
        if (now <= Now) return (taken, overrun);
        Now = now;
        static long Due(Claim c) => c.Kind == ClaimKind.Soft ? Math.Min(c.Expiry.Ticks, c.Until.Ticks) : c.Until.Ticks;
        var due = _claims.Values.Where(c => c.Kind != ClaimKind.Preemptible && Due(c) <= now).OrderBy(Due).ThenBy(c => c.Id.Value).ToList();
        foreach (var claim in due.Where(c => c.Kind == ClaimKind.Soft))
        {
            Remove(claim);
            taken.Add(new(claim, ReclaimReason.Expired));
        }

        foreach (var claim in due.Where(c => c.Kind == ClaimKind.Hard))
        {
            var held = Math.Max(1, Math.Max(grace, (long)((now - claim.From.Ticks) * share)));
            MoveEnd(claim, now + held, taken);
            overrun.Add(_claims[claim.Id.Value]);
        }

        return (taken, overrun);
    }

    public List<Reclaimed>? Reclaim(int node, Resources amount, long from, long until, double worth, ClaimId? by)
    {
        var n = _nodes[node];
        if (!n.IsOpen) return null;
        var before = _claims.Values.ToList();
        var runs = from <= Now;
        var work = new Claim
        {
            Id = new(long.MinValue),
            Node = node,
            Kind = runs ? ClaimKind.Hard : ClaimKind.Soft,
            Amount = amount,
            From = new(Math.Max(from, Now)),
            Until = new(until),
            Confidence = 1,
            Value = double.PositiveInfinity,
        };
        Add(work);
        var taken = new List<Reclaimed>();
        EvictSoft(node, Math.Max(from, Now), until, Used(amount), worth, ReclaimReason.UrgentWork, by, taken);
        if (runs) EvictPreemptible(node, Used(amount), worth, ReclaimReason.UrgentWork, by, taken);
        var used = Used(amount);
        var hasRoom = Range(Math.Max(from, Now), until).All(t => !Over(n.Promised[t], n.Limit, used).Contains(true))
            && (!runs || !Over(Running(node), n.Limit, used).Contains(true));
        Remove(work);
        if (hasRoom) return taken;
        foreach (var item in taken) Add(item.Claim);
        Xunit.Assert.Equal(before, _claims.Values.ToList());
        return null;
    }

    public List<Reclaimed> ReclaimNotWorthHolding(Func<Claim, double> cost)
    {
        var taken = new List<Reclaimed>();
        for (var node = 0; node < _nodes.Count; node++)
        {
            foreach (var claim in Ordered(_claims.Values.Where(c => c.Node == node && c.Kind == ClaimKind.Soft && c.Worth < cost(c))).ToList())
            {
                Remove(claim);
                taken.Add(new(claim, ReclaimReason.NotWorthHolding));
            }
        }

        return taken;
    }

    public long[] FreeAt(int node, long from, long until)
    {
        var free = new long[4];
        for (var k = 0; k < 4; k++)
        {
            free[k] = Math.Max(0, _nodes[node].Limit[k] - Range(Math.Max(from, Now), until).Max(t => _nodes[node].Promised[t][k]));
        }

        return free;
    }

    public long[] FreeToLend(int node) => [.. _nodes[node].Limit.Zip(Running(node), (limit, used) => Math.Max(0, limit - used))];

    public int NextFit(Resources amount, ClaimKind kind, long until, int start)
    {
        for (var node = start; node < _nodes.Count; node++)
        {
            if (FitsNow(node, amount, kind, Now, until)) return node;
        }

        return -1;
    }

    public FitOffer? EarliestFit(Resources amount, long duration, long notBefore, Func<int, bool> allows)
    {
        for (var at = Math.Max(Now, notBefore); at < _cells; at++)
        {
            for (var node = 0; node < _nodes.Count; node++)
            {
                if (allows(node) && FitsNow(node, amount, ClaimKind.Soft, at, duration == long.MaxValue ? long.MaxValue : at + duration)) return new(node, new(at));
            }
        }

        return null;
    }

    /// <summary>No promise is broken: what is over a limit is over it by hard work alone, or ran before the limit fell and was not added to.</summary>
    public void CheckNothingIsOverCommitted()
    {
        for (var node = 0; node < _nodes.Count; node++)
        {
            var hard = Sum(node, ClaimKind.Hard);
            var running = Running(node);
            for (var k = 0; k < 4; k++)
            {
                var before = _nodes[node].RunningBefore;
                Xunit.Assert.True(running[k] <= Math.Max(_nodes[node].Limit[k], Math.Max(hard[k], before[k])));
                before[k] = Math.Min(before[k], running[k]);
                for (var t = (int)Math.Min(Now, _cells - 1); t < _cells; t++)
                {
                    Xunit.Assert.True(_nodes[node].Promised[t][k] <= Math.Max(_nodes[node].Limit[k], hard[k]));
                }
            }
        }
    }

    private static long[] Limit(Resources capacity, Resources others) =>
    [
        capacity.CpuMillicores - others.CpuMillicores,
        capacity.MemoryBytes - others.MemoryBytes,
        capacity.NetworkBytesPerSecond == 0 ? ReservationLedger.Unlimited : capacity.NetworkBytesPerSecond - others.NetworkBytesPerSecond,
        capacity.DiskBytesPerSecond == 0 ? ReservationLedger.Unlimited : capacity.DiskBytesPerSecond - others.DiskBytesPerSecond,
    ];

    private static long[] Parts(Resources r) => [r.CpuMillicores, r.MemoryBytes, r.NetworkBytesPerSecond, r.DiskBytesPerSecond];

    private static bool[] Used(Resources amount) => [.. Parts(amount).Select(part => part > 0)];

    private static bool[] Over(long[] value, long[] limit, bool[] kinds) => [.. Enumerable.Range(0, 4).Select(k => kinds[k] && value[k] > limit[k])];

    private static bool Fits(long[] used, Resources amount, long[] limit)
    {
        var parts = Parts(amount);
        for (var k = 0; k < 4; k++)
        {
            if (parts[k] > 0 && used[k] + parts[k] > limit[k]) return false;
        }

        return true;
    }

    private static IOrderedEnumerable<Claim> Ordered(IEnumerable<Claim> claims) =>
        claims.OrderBy(c => c.Confidence * c.Value).ThenByDescending(c => c.From.Ticks).ThenBy(c => c.Id.Value);

    private IEnumerable<int> Range(long from, long until)
    {
        for (var t = from; t < until && t < _cells; t++) yield return (int)t;
    }

    private long[] Running(int node) => [.. Sum(node, ClaimKind.Hard).Zip(Sum(node, ClaimKind.Preemptible), (a, b) => a + b)];

    private long[] Sum(int node, ClaimKind kind) => _nodes[node].Sums[(int)kind];

    private void Add(Claim claim)
    {
        _claims.Add(claim.Id.Value, claim);
        Count(claim, +1);
    }

    private void Remove(Claim claim)
    {
        _claims.Remove(claim.Id.Value);
        Count(claim, -1);
    }

    private void Count(Claim claim, int sign)
    {
        var parts = Parts(claim.Amount);
        var node = _nodes[claim.Node];
        for (var k = 0; k < 4; k++)
        {
            node.Sums[(int)claim.Kind][k] += sign * parts[k];
            if (claim.Kind == ClaimKind.Preemptible) continue;
            foreach (var t in Range(claim.From.Ticks, claim.Until.Ticks)) node.Promised[t][k] += sign * parts[k];
        }
    }

    private void MoveEnd(Claim claim, long until, List<Reclaimed> taken)
    {
        Remove(claim);
        Add(claim with { Until = new(until) });
        if (claim.Kind != ClaimKind.Hard) return;
        EvictSoft(claim.Node, Math.Max(Now, claim.Until.Ticks), until, Used(claim.Amount), double.PositiveInfinity, ReclaimReason.Overrun, claim.Id, taken);
    }

    private void EvictSoft(int node, long from, long until, bool[] kinds, double worth, ReclaimReason reason, ClaimId? by, List<Reclaimed> taken)
    {
        var n = _nodes[node];
        var mine = new List<Reclaimed>();
        foreach (var t in Range(from, until))
        {
            while (true)
            {
                var over = Over(n.Promised[t], n.Limit, kinds);
                if (!over.Contains(true)) break;
                var least = Ordered(_claims.Values.Where(c =>
                    c.Node == node && c.Kind == ClaimKind.Soft && c.From.Ticks <= t && c.Until.Ticks > t
                    && c.Worth < worth && c.Id.Value != long.MinValue && Shares(c, over))).Take(1).ToList();
                if (least.Count == 0) break;
                Remove(least[0]);
                mine.Add(new(least[0], reason, by));
            }
        }

        ReturnSpare(mine, c => Range(Math.Max(c.From.Ticks, Now), c.Until.Ticks).All(t => Fits(n.Promised[t], c.Amount, n.Limit)));
        taken.AddRange(mine);
    }

    private void EvictPreemptible(int node, bool[] kinds, double worth, ReclaimReason reason, ClaimId? by, List<Reclaimed> taken)
    {
        var mine = new List<Reclaimed>();
        while (true)
        {
            var over = Over(Running(node), _nodes[node].Limit, kinds);
            var least = Ordered(_claims.Values.Where(c => c.Node == node && c.Kind == ClaimKind.Preemptible && c.Worth < worth && Shares(c, over))).Take(1).ToList();
            if (!over.Contains(true) || least.Count == 0) break;
            Remove(least[0]);
            mine.Add(new(least[0], reason, by));
        }

        ReturnSpare(mine, c => Fits(Running(node), c.Amount, _nodes[node].Limit));
        taken.AddRange(mine);
    }

    private static bool Shares(Claim claim, bool[] over) => Parts(claim.Amount).Zip(over).Any(pair => pair.First > 0 && pair.Second);

    private void ReturnSpare(List<Reclaimed> mine, Func<Claim, bool> fits)
    {
        foreach (var claim in Ordered(mine.Select(item => item.Claim)).Reverse().ToList())
        {
            if (!fits(claim)) continue;
            Add(claim);
            mine.RemoveAll(item => item.Claim.Id == claim.Id);
        }
    }

    private List<Reclaimed> TakeAll(int node, ReclaimReason reason, ClaimKind kind)
    {
        var claims = Ordered(_claims.Values.Where(c => c.Node == node && c.Kind == kind)).ToList();
        foreach (var claim in claims) Remove(claim);
        return [.. claims.Select(claim => new Reclaimed(claim, reason))];
    }

    private sealed class Node(int cells)
    {
        public bool IsPresent;
        public bool IsOpen;
        public long[] Limit = new long[4];
        public long[] RunningBefore = new long[4];
        public readonly long[][] Sums = [new long[4], new long[4], new long[4]];
        public readonly long[][] Promised = [.. Enumerable.Range(0, cells).Select(_ => new long[4])];
    }
}

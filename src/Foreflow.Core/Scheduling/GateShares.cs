using Foreflow.Core.Model;

namespace Foreflow.Core.Scheduling;

/// <summary>What a pool holds of a gate and would like to have.</summary>
/// <param name="Gate">The gate.</param>
/// <param name="Capacity">Units at a time or, of a rate, within the period.</param>
/// <param name="Period">The period of a rate; null where units are held.</param>
/// <param name="Held">Units that run now; of a rate, that were spent within the period.</param>
/// <param name="InForce">Units it may use by the lease it has: what starts meanwhile stays within them. Never below <paramref name="Held"/>.</param>
/// <param name="Wanted">Units with which everything that waits could start, those held included.</param>
/// <param name="First">Units that the task whose turn is first needs; 0 where none waits.</param>
/// <param name="Since">Since when that task waits; <see cref="Instant.Never"/> where none does.</param>
public sealed record GateNeed(string Gate, int Capacity, TimeSpan? Period, int Held, int InForce, int Wanted, int First, Instant Since);

/// <summary>What one pool may use of a gate that several pools share, until when, and what it would like to have.</summary>
/// <param name="Gate">The gate.</param>
/// <param name="Owner">The engine of the pool.</param>
/// <param name="Capacity">Units there are as that pool knows it; the largest that any names counts.</param>
/// <param name="Held">Units that ran when it last said so.</param>
/// <param name="Wanted">Units it would like to have, those held included.</param>
/// <param name="First">Units that its first waiting task needs; 0 where none waits.</param>
/// <param name="Since">Since when that task waits.</param>
/// <param name="Granted">Units that are its own until <paramref name="Until"/>, whether it uses them or not.</param>
/// <param name="Until">When the lease lapses unless it is renewed: a holder that crashed stands in the way no longer than this.</param>
public sealed record GateLease(string Gate, string Owner, int Capacity, int Held, int Wanted, int First, Instant Since, int Granted, Instant Until);

/// <summary>A lease that was renewed.</summary>
/// <param name="Lease">What is written down.</param>
/// <param name="Units">Units to keep to from now on; fewer than are written down where some are to be given back, which the next renewal does.</param>
/// <param name="Elsewhere">Units that other pools have.</param>
public readonly record struct GateRenewal(GateLease Lease, int Units, int Elsewhere);

/// <summary>
/// How pools share a gate: by leases that lapse. The first turn is that of the pool that holds least, and among equals of the
/// one whose task has waited longest: what that task needs, be it many units, is kept free for it. What is left is shared so
/// that nobody who wants more has less than another (max-min fairness, Bertsekas and Gallager 1987). Nothing that runs is
/// taken away: a pool that has more than its share gives back as its tasks end.
/// </summary>
public static class GateShares
{
    /// <summary>A lease lasts this long; renewed every second, it outlives hiccups of ten times that.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    /// <summary>The leases of a pool from now on. Whatever the other pools do with theirs, the units granted never add up to more than there are.</summary>
    /// <param name="all">Every lease there is, those of <paramref name="owner"/> and lapsed ones included.</param>
    /// <param name="owner">The engine of the pool.</param>
    /// <param name="needs">What it holds and wants: gates that are not named are given back.</param>
    /// <param name="now">The time.</param>
    public static IReadOnlyList<GateRenewal> Renew(IReadOnlyList<GateLease> all, string owner, IReadOnlyList<GateNeed> needs, Instant now)
    {
        var renewed = new List<GateRenewal>(needs.Count);
        foreach (var need in needs)
        {
            var others = all.Where(l => l.Gate == need.Gate && l.Owner != owner && l.Until > now).ToList();
            var capacity = others.Aggregate(need.Capacity, (most, other) => Math.Max(most, other.Capacity));
            var elsewhere = others.Sum(other => other.Granted);
            // What it may start this very moment is not taken from under it: the smaller share is kept to first, and given back then.
            var own = new GateLease(need.Gate, owner, need.Capacity, need.Held, need.Wanted, need.First, need.Since, need.InForce, now + LeaseOf(need));
            var share = ShareOf(own, [own, .. others], capacity);
            var granted = Math.Max(need.InForce, Math.Min(share, capacity - elsewhere));
            renewed.Add(new GateRenewal(own with { Granted = granted }, Math.Min(share, granted), elsewhere));
        }

        return renewed;
    }

    /// <summary>What was spent of a rate counts for a whole period, whoever lives to see it.</summary>
    private static TimeSpan LeaseOf(GateNeed need) => need is { Period: { } period, Held: > 0 } && period > Lease ? period : Lease;

    private static int ShareOf(GateLease own, IReadOnlyList<GateLease> all, int capacity)
    {
        var shares = all.ToDictionary(l => l.Owner, l => l.Held, StringComparer.Ordinal);
        var left = capacity - all.Sum(l => l.Held);
        var turn = all.Where(l => l.First > 0 && l.First <= capacity).OrderBy(l => l.Held).ThenBy(l => l.Since).ThenBy(l => l.Owner, StringComparer.Ordinal).FirstOrDefault();
        if (turn is not null)
        {
            // Where there is not enough yet, all that is free waits with it.
            var kept = Math.Clamp(turn.First, 0, Math.Max(0, left));
            shares[turn.Owner] += kept;
            left = turn.First > left ? 0 : left - kept;
        }

        return left > 0 ? Fill(own, all, shares, left) : shares[own.Owner];
    }

    /// <summary>Everybody is raised to one level, nobody above what he wants; units that do not suffice for another level go by turn.</summary>
    private static int Fill(GateLease own, IReadOnlyList<GateLease> all, Dictionary<string, int> shares, int left)
    {
        var (low, high) = (0, all.Max(l => l.Wanted));
        while (low < high)
        {
            var level = low + ((high - low + 1) / 2);
            if (all.Sum(l => (long)RaisedBy(l, level)) <= left) low = level;
            else high = level - 1;
        }

        left -= all.Sum(l => RaisedBy(l, low));
        var more = all.Where(l => RaisedBy(l, low + 1) > RaisedBy(l, low)).OrderBy(l => l.Since).ThenBy(l => l.Owner, StringComparer.Ordinal).Take(left);
        return shares[own.Owner] + RaisedBy(own, low) + (more.Contains(own) ? 1 : 0);

        int RaisedBy(GateLease lease, int level) => Math.Max(0, Math.Min(level, lease.Wanted) - shares[lease.Owner]);
    }
}

using Foreflow.Core.Model;

namespace Foreflow.Core.Replication;

/// <summary>Replicas one stage would have ahead of its demand.</summary>
/// <param name="Replicas">How many it wants beyond what work at hand needs; not negative.</param>
/// <param name="PerReplica">What one takes.</param>
/// <param name="Worth">Expected cost of not having one: probability that it is needed x cost of the miss. Not negative.</param>
public readonly record struct SpeculativeReplicas(int Replicas, Resources PerReplica, double Worth);

/// <summary>
/// Keeps what is held for forecast work within a share of the pool, whatever the forecasts say. What is worth most for the share of the pool
/// it takes is granted first (the greedy rule for knapsacks, on the dominant resource).
/// </summary>
public static class OverheadBudget
{
    /// <summary>How many replicas of each request are granted, in the order of the requests.</summary>
    /// <param name="requests">What the stages want.</param>
    /// <param name="poolCapacity">All the pool has.</param>
    /// <param name="share">Share of every kind of resource that may be held, in [0, 1].</param>
    public static int[] Grant(ReadOnlySpan<SpeculativeReplicas> requests, Resources poolCapacity, double share)
    {
        if (!(share is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(share), share, "A share in [0, 1].");
        var left = Share(poolCapacity, share);
        var granted = new int[requests.Length];
        var order = new int[requests.Length];
        var density = new double[requests.Length];
        for (var i = 0; i < requests.Length; i++)
        {
            order[i] = i;
            var dominant = Accounted(requests[i].PerReplica, poolCapacity).DominantShare(poolCapacity);
            density[i] = dominant > 0 ? requests[i].Worth / dominant : double.PositiveInfinity;
        }

        Array.Sort(order, (a, b) => density[a] != density[b] ? density[b].CompareTo(density[a]) : a.CompareTo(b));
        foreach (var i in order)
        {
            var unit = Accounted(requests[i].PerReplica, poolCapacity);
            granted[i] = Math.Min(requests[i].Replicas, unit.CopiesWithin(left));
            left -= unit * granted[i];
        }

        return granted;
    }

    private static Resources Share(in Resources capacity, double share) => new(
        (long)(capacity.CpuMillicores * share),
        (long)(capacity.MemoryBytes * share),
        (long)(capacity.NetworkBytesPerSecond * share),
        (long)(capacity.DiskBytesPerSecond * share));

    /// <summary>A network or disk of which the pool knows no limit binds no one.</summary>
    private static Resources Accounted(in Resources amount, in Resources capacity) => amount with
    {
        NetworkBytesPerSecond = capacity.NetworkBytesPerSecond == 0 ? 0 : amount.NetworkBytesPerSecond,
        DiskBytesPerSecond = capacity.DiskBytesPerSecond == 0 ? 0 : amount.DiskBytesPerSecond,
    };
}

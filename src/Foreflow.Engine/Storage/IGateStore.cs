using Foreflow.Core.Scheduling;

namespace Foreflow.Engine.Storage;

/// <summary>Leases on gates that engines share. Few and small.</summary>
public interface IGateStore
{
    /// <summary>
    /// Replaces the leases of an owner, in one transaction with reading those of all: no two owners ever decide by the same
    /// state. Nothing is written where nothing but the times until which leases stand would change and most of the time is left.
    /// </summary>
    /// <param name="owner">The owner.</param>
    /// <param name="renew">Given every lease there is, says which the owner has from now on. May be called again, so it must have no effect of its own.</param>
    /// <returns>What <paramref name="renew"/> said.</returns>
    ValueTask<IReadOnlyList<GateRenewal>> RenewAsync(string owner, Func<IReadOnlyList<GateLease>, IReadOnlyList<GateRenewal>> renew, CancellationToken cancel = default);
}

/// <summary>Whether leases differ enough to be written.</summary>
public static class GateLeases
{
    /// <summary>True when leases that stand are as good as those that would be written: the same but for a third of their time.</summary>
    public static bool Stand(IReadOnlyList<GateLease> standing, IReadOnlyList<GateLease> wished) =>
        standing.Count == wished.Count && wished.All(wish =>
            standing.Any(lease => lease with { Until = wish.Until } == wish && wish.Until - lease.Until < GateShares.Lease / 3));
}

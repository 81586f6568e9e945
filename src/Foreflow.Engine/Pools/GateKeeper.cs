using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;
using Foreflow.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace Foreflow.Engine.Pools;

/// <summary>Keeps a pool's leases on the gates that engines share: asks for more, renews, gives back, and lets go when they lapse. Who gets how much is for Core to say.</summary>
internal sealed class GateKeeper(IGateStore store, OwnerId owner, ILogger log)
{
    /// <summary>Where others have what is wanted, asking more often does not make it come free.</summary>
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(250);

    /// <summary>A lease is taken for lapsed this long before it is: the store may be asked by a clock that is ahead of ours.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(2);

    private Instant _askAfter = new(long.MinValue);
    private Instant _until = Instant.Never;
    private bool _asking;
    private bool _holds;

    /// <summary>True when tasks wait for a lease alone and it is time to ask for one.</summary>
    public bool IsShort(ClusterSnapshot snapshot, Instant now) => !_asking && now >= _askAfter && GateQueue.IsShortOfLease(snapshot);

    /// <summary>Renews the leases. What may be used from now on; null where that is what it was.</summary>
    /// <param name="snapshot">The pool.</param>
    /// <param name="clock">Tells the time: the store may take longer to answer than a lease lasts.</param>
    public async ValueTask<ImmutableSortedDictionary<string, GateGrant>?> RenewAsync(ClusterSnapshot snapshot, Func<Instant> clock)
    {
        var now = clock();
        if (_asking) return Lapsed(now, "it has not answered");
        var needs = GateQueue.Needs(snapshot);
        if (needs.Count == 0 && !_holds) return null;
        _asking = true;
        try
        {
            var renewed = await store.RenewAsync(owner.Value, all => GateShares.Renew(all, owner.Value, needs, now));
            _holds = needs.Count > 0;
            _askAfter = renewed.Any(r => r.Units < r.Lease.Wanted) ? now + AskAgain : now;
            _until = renewed.Count == 0 ? Instant.Never : renewed.Min(r => r.Lease.Until);
            if (Lapsed(clock(), "its answer came too late") is { } nothing) return nothing;
            var granted = renewed.ToImmutableSortedDictionary(r => r.Lease.Gate, r => new GateGrant(r.Units, r.Elsewhere), StringComparer.Ordinal);
            return granted.SequenceEqual(snapshot.Gates.Granted) ? null : granted;
        }
        catch (StorageException e)
        {
            _askAfter = now + AskAgain;
            return Lapsed(clock(), e.Message);
        }
        finally
        {
            _asking = false;
        }
    }

    /// <summary>Nothing may be used, where the leases have lapsed; null where they have not.</summary>
    private ImmutableSortedDictionary<string, GateGrant>? Lapsed(Instant now, string why)
    {
        if (now < _until - Margin) return null;
        _until = Instant.Never;
        log.LogWarning("leases on gates have lapsed, nothing more passes until the store answers: {Reason}", why);
        return ImmutableSortedDictionary<string, GateGrant>.Empty;
    }

    /// <summary>Gives everything back but what was spent of rates, which counts on.</summary>
    public async ValueTask ReleaseAsync(ClusterSnapshot snapshot, Instant now)
    {
        if (!_holds) return;
        GateNeed[] spent = [.. GateQueue.Needs(snapshot).Where(n => n is { Period: not null, Held: > 0 }).Select(n => n with { InForce = n.Held, Wanted = n.Held, First = 0, Since = Instant.Never })];
        try
        {
            await store.RenewAsync(owner.Value, all => GateShares.Renew(all, owner.Value, spent, now));
        }
        catch (StorageException e)
        {
            log.LogWarning("leases on gates are not given back, they lapse within {Lease}: {Reason}", GateShares.Lease, e.Message);
        }
    }
}

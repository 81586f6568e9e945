using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Scheduling;

/// <summary>A stage whose first waiting task a gate holds back.</summary>
/// <param name="Stage">Stage number.</param>
/// <param name="Gate">The gate.</param>
/// <param name="Used">Units held, or spent within the period.</param>
/// <param name="Limit">Units there are, at a time or within the period.</param>
/// <param name="Period">The period of a rate; null where units are held.</param>
/// <param name="Until">When its turn should come: exact for a rate, the median end of those that hold units otherwise; null where nothing is known.</param>
public sealed record GateWait(int Stage, string Gate, int Used, int Limit, TimeSpan? Period, Instant? Until);

/// <summary>
/// Who waits at gates. The turn is that of scheduling, least slack first; behind a task that a gate turned away nothing
/// passes that gate, or a task that needs many units would wait for ever behind those that need one.
/// </summary>
public static class GateQueue
{
    /// <summary>The stages whose first waiting task a gate holds back, in the order of their turns. What waits holds nothing.</summary>
    public static IReadOnlyList<GateWait> Denied(ClusterSnapshot snapshot)
    {
        var shut = new HashSet<string>(StringComparer.Ordinal);
        var denied = new List<GateWait>();
        foreach (var stage in snapshot.WaitingStages.Where(s => !s.Spec.Gates.IsEmpty).OrderBy(s => WorkPlacement.TurnOf(snapshot, s)))
        {
            if (FirstShut(snapshot, stage, shut) is not { } gate) continue;
            var amount = stage.Spec.Gates[gate];
            if (CanEverPass(snapshot, gate, amount)) shut.Add(gate);
            denied.Add(Describe(snapshot, stage.Index, gate, amount));
        }

        return denied;
    }

    /// <summary>When a gate lets a waiting task pass by time alone; <see cref="Instant.Never"/> where none does.</summary>
    public static Instant NextOpening(ClusterSnapshot snapshot)
    {
        var next = Instant.Never;
        foreach (var stage in snapshot.WaitingStages)
        {
            foreach (var (gate, amount) in stage.Spec.Gates)
            {
                var opens = snapshot.Gates.OpensAt(gate, amount, snapshot.Now);
                if (opens > snapshot.Now) next = Instant.Min(next, opens);
            }
        }

        return next;
    }

    /// <summary>
    /// What the pool holds and would like to have of each gate that it uses, for leases. Of a gate that has both a rate and a
    /// capacity the rate is leased.
    /// </summary>
    public static IReadOnlyList<GateNeed> Needs(ClusterSnapshot snapshot)
    {
        var needs = new List<GateNeed>();
        foreach (var gate in Limited(snapshot))
        {
            var rate = snapshot.Gates.Rate(gate);
            var capacity = rate?.Units ?? snapshot.GateCapacity(gate)!.Value;
            var held = Used(snapshot, gate);
            var (wanted, first, since) = ((long)held, 0, Instant.Never);
            foreach (var stage in snapshot.WaitingStages)
            {
                if (!stage.Spec.Gates.TryGetValue(gate, out var each)) continue;
                wanted += (long)each * stage.Queued;
                if (stage.Waiting(0).ReadyAt < since) (first, since) = (each, stage.Waiting(0).ReadyAt);
            }

            var inForce = Math.Max(held, snapshot.Gates.Granted.GetValueOrDefault(gate).Units);
            if (inForce > 0 || wanted > 0) needs.Add(new GateNeed(gate, capacity, rate?.Period, held, inForce, (int)Math.Min(wanted, Math.Max(capacity, held)), first, since));
        }

        return needs;
    }

    /// <summary>True when a task waits for a gate that has room, but not by the lease the pool has.</summary>
    public static bool IsShortOfLease(ClusterSnapshot snapshot)
    {
        if (!snapshot.Settings.GatesByLease) return false;
        foreach (var stage in snapshot.WaitingStages)
            foreach (var (gate, amount) in stage.Spec.Gates)
                if (FreeByLease(snapshot, gate) < amount && FreeOfAll(snapshot, gate) >= amount) return true;
        return false;
    }

    /// <summary>Whether the gates of a stage have, each by itself, the units that a task of it takes.</summary>
    internal static bool LetsPass(ClusterSnapshot snapshot, StageState stage)
    {
        foreach (var (gate, amount) in stage.Spec.Gates)
            if (Free(snapshot, gate) < amount) return false;
        return true;
    }

    /// <summary>Units of a gate that can be had now; <see cref="int.MaxValue"/> where nobody limits it.</summary>
    internal static int Free(ClusterSnapshot snapshot, string gate)
    {
        var free = FreeOfAll(snapshot, gate);
        return free == int.MaxValue || !snapshot.Settings.GatesByLease ? free : Math.Min(free, FreeByLease(snapshot, gate));
    }

    private static int FreeOfAll(ClusterSnapshot snapshot, string gate)
    {
        var free = snapshot.GateCapacity(gate) is { } capacity ? capacity - snapshot.GatesHeld.GetValueOrDefault(gate) : int.MaxValue;
        return snapshot.Gates.Rate(gate) is { } rate ? Math.Min(free, rate.Units - snapshot.Gates.Spent(gate, snapshot.Now)) : free;
    }

    private static int FreeByLease(ClusterSnapshot snapshot, string gate) => snapshot.Gates.Granted.GetValueOrDefault(gate).Units - Used(snapshot, gate);

    private static int Used(ClusterSnapshot snapshot, string gate) =>
        snapshot.Gates.Rate(gate) is null ? snapshot.GatesHeld.GetValueOrDefault(gate) : snapshot.Gates.Spent(gate, snapshot.Now);

    private static IEnumerable<string> Limited(ClusterSnapshot snapshot) =>
        snapshot.Gates.Declared.Concat(snapshot.Settings.Gates.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <summary>False for a task that asks for more than there is: it waits until the gate is widened, and holds up nobody.</summary>
    internal static bool CanEverPass(ClusterSnapshot snapshot, string gate, int amount) =>
        amount <= (snapshot.GateCapacity(gate) ?? int.MaxValue) && amount <= (snapshot.Gates.Rate(gate)?.Units ?? int.MaxValue);

    private static string? FirstShut(ClusterSnapshot snapshot, StageState stage, HashSet<string> shut)
    {
        foreach (var (gate, amount) in stage.Spec.Gates)
            if (shut.Contains(gate) || Free(snapshot, gate) < amount) return gate;
        return null;
    }

    private static GateWait Describe(ClusterSnapshot snapshot, int stage, string gate, int amount)
    {
        var held = snapshot.GatesHeld.GetValueOrDefault(gate);
        var elsewhere = snapshot.Gates.Granted.GetValueOrDefault(gate).Elsewhere;
        if (snapshot.Settings.GatesByLease && FreeByLease(snapshot, gate) < amount && FreeOfAll(snapshot, gate) >= amount)
        {
            var rated = snapshot.Gates.Rate(gate);
            return new GateWait(stage, gate, Used(snapshot, gate) + elsewhere, rated?.Units ?? snapshot.GateCapacity(gate) ?? 0, rated?.Period, null);
        }

        if (snapshot.GateCapacity(gate) is { } capacity && held + amount > capacity)
            return new GateWait(stage, gate, held, capacity, null, ComesFree(snapshot, gate, held + amount - capacity));
        if (snapshot.Gates.Rate(gate) is { } rate)
        {
            var opens = snapshot.Gates.OpensAt(gate, amount, snapshot.Now);
            return new GateWait(stage, gate, snapshot.Gates.Spent(gate, snapshot.Now), rate.Units, rate.Period, opens == Instant.Never ? null : opens);
        }

        // There is room for it, but another's turn comes first.
        return new GateWait(stage, gate, held, snapshot.GateCapacity(gate) ?? held, null, null);
    }

    /// <summary>When so many held units should have come back, each at the median of the time its task still runs, given how long it has run already.</summary>
    private static Instant? ComesFree(ClusterSnapshot snapshot, string gate, int units)
    {
        var ends = new List<(Instant At, int Units)>();
        foreach (var stage in snapshot.Stages)
        {
            if (stage.InFlight.Count == 0 || stage.Profile.ExecutionSeconds.IsEmpty || !stage.Spec.Gates.TryGetValue(gate, out var each)) continue;
            var seconds = stage.Profile.ExecutionSeconds.ToDistribution();
            foreach (var task in stage.InFlight)
            {
                var elapsed = (snapshot.Now - task.StartedAt).TotalSeconds;
                var median = seconds.Quantile((1 + seconds.Cdf(elapsed)) / 2);
                if (median > elapsed) ends.Add((task.StartedAt + TimeSpan.FromSeconds(median), each));
            }
        }

        foreach (var (at, back) in ends.OrderBy(e => e.At))
        {
            units -= back;
            if (units <= 0) return at;
        }

        return null;
    }
}

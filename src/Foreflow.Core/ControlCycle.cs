using System.Collections.Immutable;
using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Reservation;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core;

/// <summary>
/// The control cycle: one pure function from what is known to what is done. Its body reads in the order of the house:
/// forecast, replicate, reserve, schedule. The live engine and the simulator call it alike.
/// </summary>
public static class ControlCycle
{
    /// <summary>What is due at the snapshot's time: a full cycle, or the placing of waiting work alone. The pool is left as it was; carrying the plan out changes it.</summary>
    public static CyclePlan Next(PoolState pool, PolicySet policies) =>
        pool.NextCycleAt <= pool.Snapshot.Now ? Decide(pool, policies) : Schedule(pool, policies);

    /// <summary>
    /// False where <see cref="Next"/> would give a plan that changes nothing: no full cycle is due, nothing waits or stands still, no memory runs out and
    /// no attempt is late. So it is after most events of a pool that has room.
    /// </summary>
    public static bool IsDue(PoolState pool) =>
        pool.NextCycleAt <= pool.Snapshot.Now || pool.Snapshot is not { QueuedTasks: 0, Paused.Count: 0, Pressed.Count: 0 } || pool.Hedges.AnyLate(pool.Snapshot.Now);

    /// <summary>A full cycle.</summary>
    public static CyclePlan Decide(PoolState pool, PolicySet policies)
    {
        var snapshot = pool.Snapshot;
        var draft = pool.Draft;
        var demand = Forecast(pool, policies);
        pool.Relief.KeepFree(snapshot, draft.Ledger);
        var fair = policies.Order == TaskOrder.FirstCome ? FairDrains.None : pool.Placement.KeepForLongestWaiting(snapshot, draft.Ledger);
        var (replicas, advice, memories) = Replicate(pool, policies, demand, fair);
        Reserve(snapshot, policies, demand, replicas, draft);
        var work = Place(pool, replicas, policies.Order);
        var hedges = Hedging.Plan(snapshot, pool.Hedges, full: true, replicas, work, draft);
        replicas = SpareReplicas.Plan(snapshot, replicas, work, draft);
        return Finish(pool, policies, full: true, demand, replicas, advice, work, hedges, memories);
    }

    /// <summary>The last step alone, at every event: no task waits for a cycle.</summary>
    public static CyclePlan Schedule(PoolState pool, PolicySet policies)
    {
        pool.Relief.KeepFree(pool.Snapshot, pool.Draft.Ledger);
        var work = pool.Snapshot is { QueuedTasks: 0, Paused.Count: 0 } ? [] : Place(pool, [], policies.Order);
        var hedges = Hedging.Plan(pool.Snapshot, pool.Hedges, full: false, [], work, pool.Draft);
        return Finish(pool, policies, full: false, [], [], [], work, hedges, []);
    }

    private static ImmutableArray<DemandCurve> Forecast(PoolState pool, PolicySet policies)
    {
        var foresees = policies.Replication.UsesForecast && pool.Snapshot.Settings.Mode != PoolMode.Off;
        return foresees ? pool.Demand.Forecast(pool.Snapshot) : [];
    }

    private static (ImmutableArray<ReplicaDecision> Decisions, ImmutableArray<ReplicaDecision> Advice, ImmutableArray<StageMemory> Memories) Replicate(
        PoolState pool, PolicySet policies, ImmutableArray<DemandCurve> demand, IReadOnlyDictionary<int, ReplicaDecision> fair)
    {
        var (snapshot, draft) = (pool.Snapshot, pool.Draft);
        var memories = ImmutableArray.CreateBuilder<StageMemory>(0);
        var decisions = ImmutableArray.CreateBuilder<ReplicaDecision>(0);
        var advice = ImmutableArray.CreateBuilder<ReplicaDecision>(0);
        var next = snapshot.NextReplica;
        var budget = AheadBudget(snapshot);
        var placed = new Dictionary<int, int>();
        var curves = ByStage(demand, snapshot.Stages.Count);
        pool.GivingWay.Choose(snapshot, draft.Ledger);
        var denied = GateQueue.Denied(snapshot).ToDictionary(wait => wait.Stage);
        foreach (var stage in InOrderOfPriority(snapshot))
        {
            if (fair.TryGetValue(stage.Index, out var gives))
            {
                decisions.Add(gives);
                continue;
            }

            placed.Clear();
            var curve = curves[stage.Index];
            var acting = policies.Acting(snapshot, stage);
            var memory = pool.MemoryOf(stage.Index);
            var target = acting.Target(snapshot, stage, curve, memory);
            target = Quarantine.Limit(stage, ParkedReplicas.Limit(snapshot, stage, target, denied.GetValueOrDefault(stage.Index)), snapshot.Now);
            if (!ReferenceEquals(memory, target.Memory)) memories.Add(new StageMemory(stage.Index, target.Memory));
            var decision = ReplicaPlacement.Decide(snapshot, stage, target, PlaceAndClaim, ref next, ref budget);
            if (decision is not null) decisions.Add(decision);
            if (!ReferenceEquals(acting, policies.Replication) && snapshot.Settings.Mode != PoolMode.Off)
            {
                var wished = policies.Replication.Target(snapshot, stage, curve, null);
                if (wished.Replicas != stage.ActiveReplicas) advice.Add(ReplicaDecision.Of(stage, wished.Replicas, wished.Reason));
            }
        }

        pool.GivingWay.GiveBack(draft.Ledger);
        pool.GivingWay.AddTo(snapshot, decisions);
        return (decisions.ToImmutable(), advice.ToImmutable(), memories.ToImmutable());

        int PlaceAndClaim(StageState stage, int ordinal, long number, bool urgent)
        {
            var kept = pool.Placement.GiveBackKept(stage, draft.Ledger);
            var node = NodeClaims.ClaimReplica(snapshot, stage, ordinal, number, urgent, draft, placed);
            if (node < 0 && kept) pool.Placement.KeepAgain(snapshot, stage, draft.Ledger);
            if (node >= 0) placed[node] = placed.GetValueOrDefault(node) + 1;
            return node;
        }
    }

    private static void Reserve(
        ClusterSnapshot snapshot, PolicySet policies, ImmutableArray<DemandCurve> demand, ImmutableArray<ReplicaDecision> replicas, LedgerDraft draft)
    {
        if (!policies.Replication.UsesForecast || snapshot.Settings.Mode != PoolMode.On) return;
        var targets = replicas.ToDictionary(r => r.Stage, r => r.Target);
        var curves = ByStage(demand, snapshot.Stages.Count);
        foreach (var stage in InOrderOfPriority(snapshot))
        {
            var target = targets.GetValueOrDefault(stage.Index, stage.ActiveReplicas);
            var curve = Quarantine.MayStart(stage, snapshot.Now) ? curves[stage.Index] : null;
            ReservationPlanner.Renew(snapshot, stage, target, curve, ReservedFor(stage.Priority), draft);
        }
    }

    private static ImmutableArray<Assignment> Place(PoolState pool, ImmutableArray<ReplicaDecision> replicas, TaskOrder order)
    {
        pool.Placed.Clear();
        pool.Placement.Place(pool.Snapshot, replicas, pool.Draft, pool.Placed, order);
        return pool.Placed.Count == 0 ? [] : [.. pool.Placed];
    }

    private static CyclePlan Finish(
        PoolState pool, PolicySet policies, bool full, ImmutableArray<DemandCurve> demand,
        ImmutableArray<ReplicaDecision> replicas, ImmutableArray<ReplicaDecision> advice, ImmutableArray<Assignment> work,
        ImmutableArray<Hedge> hedges, ImmutableArray<StageMemory> memories)
    {
        pool.Relief.GiveBack(pool.Draft.Ledger);
        var steps = pool.Draft.Steps.Count == 0 ? [] : pool.Draft.Steps.ToImmutableArray();
        var (paused, resumed, preempted) = steps.IsEmpty ? ([], [], []) : Interrupted(pool, steps);
        pool.Draft.Undo();
        var relief = pool.Snapshot.Pressed.Count == 0 ? [] : MemoryRelief.Plan(pool.Snapshot, [.. paused, .. preempted]);
        var quarantined = full ? Quarantine.All(pool.Snapshot) : [];
        return new CyclePlan(
            pool.Snapshot.Generation + 1, pool.Snapshot.Now, full, policies.Replication.Name, demand, replicas, advice, steps, work, preempted)
        {
            Memories = memories,
            Hedges = hedges,
            Paused = paused,
            Resumed = resumed,
            Ladder = Ladder.Of(pool.Snapshot, replicas, steps, work, paused, relief),
            Relief = relief,
            Quarantined = quarantined,
            Refused = Quarantine.Refused(pool.Snapshot, quarantined),
        };
    }

    /// <summary>What becomes of attempts whose claims were taken back: one that keeps its memory is paused, one that keeps nothing is stopped.</summary>
    private static (ImmutableArray<long> Paused, ImmutableArray<long> Resumed, ImmutableArray<long> Preempted) Interrupted(PoolState pool, ImmutableArray<ClaimStep> steps)
    {
        var paused = ImmutableArray.CreateBuilder<long>();
        var preempted = ImmutableArray.CreateBuilder<long>();
        foreach (var step in steps)
        {
            if (step.Operation != ClaimOperation.Reclaim || step.Claim.Kind != ClaimKind.Preemptible) continue;
            var ticket = ClaimNames.TicketOf(step.Claim.Id);
            if (!pool.Ledger.TryGet(step.Claim.Id, out _)) preempted.Add(ticket);
            else if (!pool.Snapshot.Task(ticket)!.Paused) paused.Add(ticket);
        }

        var resumed = pool.Snapshot.Paused
            .Where(p => pool.Ledger.TryGet(ClaimNames.Attempt(p.Ticket), out var claim) && claim.Amount != p.Held)
            .Select(p => p.Ticket);
        return (paused.ToImmutable(), [.. resumed], preempted.ToImmutable());
    }

    /// <summary>Millicores that replicas without a task at hand may still take.</summary>
    private static long AheadBudget(ClusterSnapshot snapshot)
    {
        long capacity = 0;
        foreach (var node in snapshot.Nodes)
            if (node.Alive) capacity += node.Capacity.CpuMillicores;
        long idle = 0;
        foreach (var stage in snapshot.Stages)
        {
            foreach (var replica in stage.Replicas)
                if (replica is { InFlight: 0, Spare: false }) idle += replica.Granted.CpuMillicores;
            idle -= Math.Min(stage.Queued, stage.Replicas.Count) * stage.Spec.Request.CpuMillicores;
        }

        return (long)(capacity * snapshot.Settings.SpeculativeShare) - Math.Max(0, idle);
    }

    /// <summary>
    /// Worker stages in the order in which they choose their nodes: critical ones first, and of equals those whose tasks wait for
    /// a replica before those that would only be made ready. Or what a stopped replica leaves is taken again by its own stage,
    /// ahead of a need that may never come, while the work it was stopped for goes on waiting.
    /// </summary>
    private static IEnumerable<StageState> InOrderOfPriority(ClusterSnapshot snapshot)
    {
        for (var priority = Priority.Critical; priority >= Priority.Batch; priority--)
        {
            foreach (var stage in snapshot.Stages)
                if (stage.Priority == priority && stage.Spec.Kind == StageKind.Worker && stage.LacksReplicas) yield return stage;
            foreach (var stage in snapshot.Stages)
                if (stage.Priority == priority && stage.Spec.Kind == StageKind.Worker && !stage.LacksReplicas) yield return stage;
        }
    }

    private static DemandCurve?[] ByStage(ImmutableArray<DemandCurve> demand, int stages)
    {
        var curves = new DemandCurve?[stages];
        foreach (var curve in demand) curves[curve.Stage] = curve;
        return curves;
    }

    /// <summary>Probability up to which capacity is set aside: batch .80, normal .95, critical .99.</summary>
    private static double ReservedFor(Priority priority) => priority switch
    {
        Priority.Batch => 0.80,
        Priority.Critical => 0.99,
        _ => 0.95,
    };
}

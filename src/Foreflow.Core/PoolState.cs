using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Reservation;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core;

/// <summary>
/// A pool as the control cycle sees it: the snapshot, the ledger and the arrival forecasts, kept in step. The live engine
/// and the simulator own one each, feed it events and carry its plans out; neither has a state or a rule of its own.
/// </summary>
public sealed class PoolState
{
    /// <summary>Share of the cycle period that lies at least between two full cycles: surprises cost at most five times the cycles.</summary>
    private const double SurpriseSpacing = 0.2;

    private readonly Dictionary<int, ReplicationMemory> _memories = [];
    private readonly UpwardRank _ranks = new();

    /// <summary>A pool over a snapshot.</summary>
    public PoolState(ClusterSnapshot snapshot)
    {
        Snapshot = snapshot;
        Ledger = new ReservationLedger(Instant.Epoch);
        // Who holds units of a gate would keep others waiting while it stands still: it is stopped and gives them back.
        Draft = new LedgerDraft(Ledger, stage => Snapshot.Stages[stage].Spec.Gates.IsEmpty);
    }

    /// <summary>What is known.</summary>
    public ClusterSnapshot Snapshot { get; }

    /// <summary>Who holds what, and who will.</summary>
    public ReservationLedger Ledger { get; }

    /// <summary>When the next full cycle is due: after the period, or at once after a surprise.</summary>
    public Instant NextCycleAt { get; private set; } = new(long.MinValue);

    /// <summary>When there is something to decide though nothing happens: a full cycle, an attempt that becomes late, or a gate that opens by time alone.</summary>
    public Instant NextDecisionAt
    {
        get
        {
            var next = Instant.Min(Instant.Min(NextCycleAt, Hedges.NextAfter(Snapshot.Now)), MemoryRelief.NextAfter(Snapshot));
            return Snapshot.Gates.NeverOpensByTime ? next : Instant.Min(next, GateQueue.NextOpening(Snapshot));
        }
    }

    internal LedgerDraft Draft { get; }

    /// <summary>What is known of arrivals and runs to come.</summary>
    internal GraphDemand Demand { get; } = new();

    internal WorkPlacement Placement { get; } = new();

    /// <summary>What a placement hands out, until it is in a plan. Kept to be used again: there is one at every event.</summary>
    internal List<Assignment> Placed { get; } = [];

    /// <summary>Which attempts run for longer than is usual.</summary>
    internal HedgeWatch Hedges { get; } = new();

    internal GivingWay GivingWay { get; } = new();

    internal MemoryRelief Relief { get; } = new();

    private Instant LastCycleAt { get; set; } = new(long.MinValue);

    /// <summary>Takes one event in.</summary>
    public void Apply(JournalEvent happened)
    {
        Snapshot.Apply(happened);
        Ledger.Expire(Snapshot.Now);
        switch (happened)
        {
            case NodeJoined e:
                var index = Ledger.AddNode(e.Capacity);
                if (index != e.Node) throw new InvalidOperationException($"node {e.Node} became {index} in the ledger");
                Surprise();
                break;
            case NodeSampled e:
                TakeOffOthers(Snapshot.Nodes[e.Node]);
                break;
            case NodeLost e:
                Ledger.Drain(e.Node);
                Surprise();
                break;
            case AttemptEnded e:
                Ledger.Release(ClaimNames.Attempt(e.Ticket));
                Hedges.Forget(e.Ticket);
                break;
            case ReplicaEnded e:
                Ledger.Release(ClaimNames.Replica(e.Replica));
                // What died is replaced at once. It cannot become a loop: a stage whose replicas keep failing is quarantined.
                if (e.Cause is AttemptCause.Succeeded or AttemptCause.Preempted or AttemptCause.Cancelled or AttemptCause.NodeLost) Surprise();
                else NextCycleAt = Snapshot.Now;
                break;
            case TasksReady e when Snapshot.Stages[e.Stage].LacksReplicas:
                Surprise();
                break;
            case SettingsChanged or ReplicationPaused:
                Surprise();
                break;
        }
    }

    /// <summary>Makes what a plan decided so. Must be the plan that was made from this very state.</summary>
    /// <exception cref="InvalidOperationException">The plan is not the next one.</exception>
    public void Carry(CyclePlan plan)
    {
        if (plan.Generation != Snapshot.Generation + 1)
            throw new InvalidOperationException($"plan {plan.Generation} cannot be carried out: the next one is {Snapshot.Generation + 1}");
        Snapshot.Generation = plan.Generation;
        if (plan.Full)
        {
            LastCycleAt = Snapshot.Now;
            NextCycleAt = Instant.Min(Snapshot.Now + Snapshot.Settings.CyclePeriod, Quarantine.NextTry(Snapshot));
            Snapshot.RenewRequests();
            _ranks.Refresh(Snapshot);
            Hedges.Refresh(Snapshot);
        }

        foreach (var (stage, memory) in plan.Memories)
        {
            if (memory is null) _memories.Remove(stage);
            else _memories[stage] = memory;
        }

        foreach (var step in plan.Claims)
        {
            if (step.Operation == ClaimOperation.Reserve) Ledger.Reserve(step.Claim);
            else Ledger.Release(step.Claim.Id);
        }

        foreach (var decision in plan.Replicas)
        {
            foreach (var start in decision.Starts) Snapshot.StartReplica(start.Replica, decision.Stage, start.Node, start.Granted, start.Spare);
            foreach (var promoted in decision.Promoted ?? []) Snapshot.PromoteReplica(promoted);
            foreach (var drain in decision.Drains) Snapshot.DrainReplica(drain);
        }

        foreach (var ticket in plan.Paused) Snapshot.Pause(ticket);
        foreach (var ticket in plan.Resumed) Snapshot.Resume(ticket);
        foreach (var step in plan.Relief)
        {
            if (step.Action == ReliefAction.Freeze) Snapshot.Freeze(step.Ticket);
            else if (step.Action == ReliefAction.Thaw) Snapshot.Thaw(step.Ticket);
            Snapshot.NoteRelief(step.Node);
        }

        foreach (ref readonly var work in plan.Work.AsSpan())
        {
            Snapshot.Dispatch(work.Ticket, work.Node, work.Replica, work.Granted);
            if (Hedges.IsNeeded) Hedges.Watch(Snapshot, Snapshot.Task(work.Ticket)!);
        }

        foreach (var (hedged, work, _) in plan.Hedges)
        {
            Snapshot.StartHedge(hedged, work.Node, work.Replica, work.Granted);
            Hedges.Forget(hedged);
        }

        // After the plan's own claims, which were planned on the capacity there was.
        if (!plan.Full) return;
        foreach (var node in Snapshot.Nodes)
            if (node.Alive && node.ForecastOthers(Snapshot.Now)) TakeOffOthers(node);
    }

    private void TakeOffOthers(NodeState node) => Ledger.SetCapacity(node.Index, node.Capacity, node.TakenByOthers);

    /// <summary>What the replication policy remembers of a stage; null for nothing.</summary>
    internal ReplicationMemory? MemoryOf(int stage) => _memories.GetValueOrDefault(stage);

    private void Surprise() =>
        NextCycleAt = Instant.Min(NextCycleAt, LastCycleAt.Ticks == long.MinValue ? Snapshot.Now : Instant.Max(Snapshot.Now, LastCycleAt + (Snapshot.Settings.CyclePeriod * SurpriseSpacing)));
}

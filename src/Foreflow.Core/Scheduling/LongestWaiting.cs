using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Reservation;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Scheduling;

/// <summary>
/// Keeps every stage from starving. Least slack alone lets a flood of urgent work pass one that has time for as long as
/// the flood lasts, small work pass large for ever (whatever a node gives back is taken before the large task fits), and
/// stops preemptible work again and again. So a stage that has had nothing running for longer than its patience though
/// tasks of it wait goes before all others, the longest without first; where its task does not fit yet, one node and its
/// gates are kept for it: what ends there is not handed on, and replicas that would never end are drained.
/// Once started it is not stopped for others.
/// </summary>
/// <remarks>
/// A stage is let forward one task at a time, and its patience begins anew when that ends: a flood that has waited long
/// gains no more than any other stage. This is max-min fairness with a quantum of one task (Demers, Keshav and Shenker
/// 1989) for those below their share, and the reservation for the first that does not fit of backfilling schedulers
/// (Lifka 1995).
/// <code>
/// patience          attempt 1   attempt 2   attempt 10
///   critical            1 min        30 s          6 s
///   normal              5 min     2.5 min         30 s
///   batch              20 min      10 min        2 min
/// </code>
/// From one start of a stage to the next it takes at most its longest attempt, the patience, and for each stage that was
/// without for longer the longest attempt in its way. Attempts that were stopped and wait again lose patience sooner, so
/// that being stopped ends too.
/// </remarks>
internal sealed class LongestWaiting
{
    private readonly KeptRoom _kept = new();
    private readonly List<StageState> _turns = [];

    /// <summary>How long the first task of a stage may wait while nothing of the stage runs.</summary>
    public static TimeSpan Patience(Priority priority, int attempt) => priority switch
    {
        Priority.Critical => TimeSpan.FromMinutes(1),
        Priority.Batch => TimeSpan.FromMinutes(20),
        _ => TimeSpan.FromMinutes(5),
    } / Math.Max(1, attempt);

    /// <summary>Since when tasks of a stage wait and nothing of it runs.</summary>
    public static Instant WithoutSince(StageState stage) => Instant.Max(stage.Waiting(0).ReadyAt, stage.LastEndedAt);

    /// <summary>
    /// Whether the stage's first task goes before those of others. Within a workflow of one open run it does not pass stages of
    /// that run: their order is what makes the run short, and a run's tasks come to an end.
    /// </summary>
    public static bool GoesFirst(ClusterSnapshot snapshot, StageState stage)
    {
        if (stage.InFlight.Count > 0 || snapshot.Now - WithoutSince(stage) <= Patience(stage.Priority, stage.Waiting(0).Attempt)) return false;
        var workflow = snapshot.Workflows[stage.Workflow];
        return workflow.OpenRuns.Count > 1 || workflow.InFlight == 0;
    }

    /// <summary>Stages that go first and need room on a node, the longest without first. Holds until the next call.</summary>
    public IReadOnlyList<StageState> Turns(ClusterSnapshot snapshot)
    {
        _turns.Clear();
        foreach (var stage in snapshot.WaitingStages)
            if (NeedsRoom(snapshot, stage) && GoesFirst(snapshot, stage) && !WaitsAtGate(snapshot, stage)) _turns.Add(stage);
        if (_turns.Count > 1) _turns.Sort((a, b) => (WithoutSince(a), a.Index).CompareTo((WithoutSince(b), b.Index)));
        return _turns;
    }

    /// <summary>Tasks of a run stage each need room; those of a worker stage wait for room only while no replica serves or starts, and one may.</summary>
    public static bool NeedsRoom(ClusterSnapshot snapshot, StageState stage) => stage.Spec.Kind switch
    {
        StageKind.Run => true,
        StageKind.Worker => stage.ActiveReplicas == 0 && Quarantine.MayStart(stage, snapshot.Now),
        _ => false,
    };

    /// <summary>A node is not kept idle for what waits at a gate; a replica starts before its tasks come to theirs.</summary>
    private static bool WaitsAtGate(ClusterSnapshot snapshot, StageState stage) => stage.Spec.Kind != StageKind.Worker && !GateQueue.LetsPass(snapshot, stage);

    /// <summary>What the first task of a stage, or the replica it waits for, asks of a node.</summary>
    public static Resources RequestOf(StageState stage) => stage.Spec.Kind == StageKind.Run ? stage.Waiting(0).Request : stage.Spec.Request;

    /// <summary>Keeps what is free of the node of a stage that goes first, up to what it asks for.</summary>
    public void Keep(ClusterSnapshot snapshot, StageState stage, ReservationLedger ledger)
    {
        if (NodeFor(snapshot, stage) is >= 0 and var node) _kept.Keep(snapshot, stage.Waiting(0), node, RequestOf(stage), ledger);
    }

    /// <summary>Keeps what is free of the node of a paused attempt, up to what it needs to go on.</summary>
    public void Keep(ClusterSnapshot snapshot, TaskEntry paused, Resources more, ReservationLedger ledger) =>
        _kept.Keep(snapshot, paused, paused.Node, more, ledger);

    /// <inheritdoc cref="KeptRoom.GiveBack"/>
    public bool GiveBack(ReservationLedger ledger, int? stage = null) => _kept.GiveBack(ledger, stage);

    /// <summary>Claims a node for a task whose turn it is: any that has room, else the one kept for it, where nothing that may be stopped or taken back is in its way.</summary>
    public static bool TryClaim(ClusterSnapshot snapshot, StageState stage, TaskEntry task, LedgerDraft draft, out Assignment assignment)
    {
        var until = snapshot.Now + NodeClaims.ExpectedDuration(stage);
        assignment = default;
        var node = draft.Ledger.NextFit(task.Request, ClaimKind.Hard, until);
        if (node < 0 || !draft.TryReserve(ClaimOn(node), "task has waited longest"))
        {
            node = NodeFor(snapshot, stage);
            if (node < 0 || MemoryRelief.IsClosed(snapshot, snapshot.Nodes[node]) || !draft.TryReserveUrgently(ClaimOn(node), double.PositiveInfinity, "task has waited longest")) return false;
        }

        assignment = new Assignment(task.Ticket, node, -1, task.Request, AssignmentReason.LongestWaiting);
        return true;

        Claim ClaimOn(int index) => Claim.Hard(ClaimNames.Attempt(task.Ticket), index, task.Request, snapshot.Now, until, stage.Index);
    }

    /// <summary>The node kept for a stage: always the same one as long as its task waits and the node could hold it, so that it empties.</summary>
    public static int NodeFor(ClusterSnapshot snapshot, StageState stage)
    {
        var nodes = snapshot.Nodes;
        if (nodes.Count == 0) return -1;
        var request = RequestOf(stage);
        var start = (int)(Draw.Mix((ulong)stage.Waiting(0).Ticket) % (ulong)nodes.Count);
        for (var i = 0; i < nodes.Count; i++)
        {
            var node = nodes[(start + i) % nodes.Count];
            if (node.Alive && request.CpuAndMemoryFitWithin(node.Capacity - node.TakenByOthers)) return node.Index;
        }

        return -1;
    }
}

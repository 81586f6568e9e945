using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Reservation;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Scheduling;

/// <summary>
/// Hands waiting tasks to warm replicas and nodes, least slack first: the task that must start earliest for its run to
/// be done when due (due time less upward rank, Topcuoglu et al. 2002) goes first, but for those that would starve
/// (<see cref="LongestWaiting"/>). Within replicas of a stage, the power of two choices (Mitzenmacher 2001).
/// Nothing is over-committed: what is handed out within one placement is counted.
/// A gate that turned a task away lets nothing pass behind it, so that who needs many units has its turn.
/// </summary>
/// <remarks>Holds scratch space so that a placement, made at every event, allocates nothing; it carries no state from one to the next.</remarks>
public sealed class WorkPlacement
{
    private readonly PriorityQueue<StageState, (bool InOrder, long Ticks, int Stage)> _turns = new();
    private readonly Dictionary<int, int> _taken = [];
    private readonly Dictionary<long, int> _added = [];
    private readonly HashSet<long> _drained = [];
    private readonly HashSet<long> _alone = [];
    private readonly Dictionary<int, int> _slotsDrained = [];
    private readonly Dictionary<string, int> _gates = new(StringComparer.Ordinal);
    private readonly HashSet<string> _shut = new(StringComparer.Ordinal);
    private readonly LongestWaiting _longest = new();

    /// <summary>Decides which waiting tasks start now, and where.</summary>
    /// <param name="snapshot">The pool.</param>
    /// <param name="replicas">Changes in replicas of the same plan: what it drains takes nothing new.</param>
    /// <param name="draft">The ledger with what the same plan claims already; receives the claims of the assignments.</param>
    /// <param name="work">Receives the assignments.</param>
    /// <param name="order">Whose turn it is.</param>
    public void Place(ClusterSnapshot snapshot, ImmutableArray<ReplicaDecision> replicas, LedgerDraft draft, ICollection<Assignment> work, TaskOrder order = TaskOrder.LeastSlack)
    {
        _turns.Clear();
        _taken.Clear();
        _added.Clear();
        _alone.Clear();
        _gates.Clear();
        _shut.Clear();
        NoteDrains(snapshot, replicas);
        _longest.GiveBack(draft.Ledger);
        foreach (var stage in snapshot.WaitingStages) _turns.Enqueue(stage, order == TaskOrder.FirstCome ? (true, stage.Waiting(0).ReadyAt.Ticks, stage.Index) : TurnOf(snapshot, stage));

        var resumed = snapshot.Paused.Count == 0;
        if (!resumed) Resumption.Resume(snapshot, draft, overdue: true, _longest);
        while (_turns.TryDequeue(out var stage, out var turn))
        {
            if (!resumed && turn.InOrder && stage.Priority == Priority.Batch)
            {
                Resumption.Resume(snapshot, draft, overdue: false, _longest);
                resumed = true;
            }

            var taken = _taken.GetValueOrDefault(stage.Index);
            var task = stage.Waiting(taken);
            if (!TryPlace(snapshot, stage, task, taken, !turn.InOrder, draft, out var assignment)) continue;
            work.Add(assignment);
            _taken[stage.Index] = ++taken;
            if (taken < stage.Queued) _turns.Enqueue(stage, (true, Ticks(order, stage, stage.Waiting(taken)), stage.Index));
        }

        if (!resumed) Resumption.Resume(snapshot, draft, overdue: false, _longest);
        _longest.GiveBack(draft.Ledger);
    }

    /// <summary>
    /// Keeps nodes for stages that would starve until the work is placed, before replicas are: they would take what ends there for
    /// good. Answers with the replicas that must go for them.
    /// </summary>
    internal IReadOnlyDictionary<int, ReplicaDecision> KeepForLongestWaiting(ClusterSnapshot snapshot, ReservationLedger ledger)
    {
        FairDrains? drains = null;
        foreach (var paused in snapshot.Paused)
        {
            if (!Resumption.IsOverdue(snapshot, paused)) continue;
            var more = paused.Granted - paused.Held;
            if (!ledger.FitsNow(paused.Node, more, ClaimKind.Preemptible, Instant.Never)) (drains ??= new FairDrains(snapshot)).MakeRoom(paused, more);
            _longest.Keep(snapshot, paused, more, ledger);
        }

        foreach (var stage in _longest.Turns(snapshot))
        {
            if (ledger.NextFit(LongestWaiting.RequestOf(stage), ClaimKind.Hard, Instant.Never) < 0) (drains ??= new FairDrains(snapshot)).MakeRoom(stage);
            _longest.Keep(snapshot, stage, ledger);
        }

        return drains?.Decisions ?? FairDrains.None;
    }

    /// <summary>Gives back what is kept for a stage, whose replica is placed now. True when there was any.</summary>
    internal bool GiveBackKept(StageState stage, ReservationLedger ledger) => _longest.GiveBack(ledger, stage.Index);

    /// <summary>Keeps it again: there was no room yet.</summary>
    internal void KeepAgain(ClusterSnapshot snapshot, StageState stage, ReservationLedger ledger) => _longest.Keep(snapshot, stage, ledger);

    private void NoteDrains(ClusterSnapshot snapshot, ImmutableArray<ReplicaDecision> replicas)
    {
        _drained.Clear();
        _slotsDrained.Clear();
        foreach (var decision in replicas)
        {
            foreach (var number in decision.Drains)
            {
                _drained.Add(number);
                if (snapshot.Replica(number) is not { Phase: ReplicaPhase.Ready } replica) continue;
                var free = snapshot.Stages[decision.Stage].Spec.SlotsPerReplica - replica.InFlight;
                _slotsDrained[decision.Stage] = _slotsDrained.GetValueOrDefault(decision.Stage) + free;
            }
        }
    }

    /// <summary>What the queue of stages is sorted by, least first: when the task must start at the latest, or when it became ready.</summary>
    private static long Ticks(TaskOrder order, StageState stage, TaskEntry task) => order == TaskOrder.FirstCome ? task.ReadyAt.Ticks : StartBy(stage, task);

    /// <summary>The turn of a stage's first waiting task: those that would starve, the longest without first; then by the latest start.</summary>
    internal static (bool InOrder, long Ticks, int Stage) TurnOf(ClusterSnapshot snapshot, StageState stage)
    {
        var first = LongestWaiting.GoesFirst(snapshot, stage);
        return (!first, first ? LongestWaiting.WithoutSince(stage).Ticks : StartBy(stage, stage.Waiting(0)), stage.Index);
    }

    /// <summary>The latest start, in ticks, with which the task's run is still done when due.</summary>
    internal static long StartBy(StageState stage, TaskEntry task) => task.Due.Ticks - (long)(stage.UpwardRankSeconds * TimeSpan.TicksPerSecond);

    private bool TryPlace(
        ClusterSnapshot snapshot, StageState stage, TaskEntry task, int taken, bool first, LedgerDraft draft, out Assignment assignment)
    {
        assignment = default;
        if (first && stage.Spec.Kind == StageKind.Worker && LongestWaiting.NeedsRoom(snapshot, stage)) _longest.Keep(snapshot, stage, draft.Ledger);
        if (!stage.Spec.Gates.IsEmpty && !GatesOpen(snapshot, stage))
        {
            // What others give back of its gates, of all of them, adds up until it is enough.
            if (first && CanEverPass(snapshot, stage)) HoldGates(stage);
            return false;
        }

        switch (stage.Spec.Kind)
        {
            case StageKind.Worker:
                if (stage.FreeSlots - taken - _slotsDrained.GetValueOrDefault(stage.Index) <= 0) return false;
                var drawn = false;
                var replica = task.IsSuspect ? PickIdle(stage) : PickReplica(stage, task, out drawn);
                if (replica is null) return false;
                if (task.IsSuspect) _alone.Add(replica.Number);
                _added[replica.Number] = _added.GetValueOrDefault(replica.Number) + 1;
                assignment = new Assignment(task.Ticket, replica.Node, replica.Number, Resources.Zero, drawn ? AssignmentReason.WarmReplica : AssignmentReason.OtherReplica);
                break;
            case StageKind.Handler:
                if (stage.InFlight.Count + taken >= stage.Spec.MaxReplicas) return false;
                var host = LeastBusy(snapshot);
                if (host < 0) return false;
                assignment = new Assignment(task.Ticket, host, -1, Resources.Zero, AssignmentReason.Handler);
                break;
            default:
                if (stage.InFlight.Count + taken >= stage.Spec.MaxReplicas) return false;
                if (!first && !NodeClaims.TryClaim(snapshot, stage, task, draft, out assignment)) return false;
                if (first && !LongestWaiting.TryClaim(snapshot, stage, task, draft, out assignment))
                {
                    _longest.Keep(snapshot, stage, draft.Ledger);
                    HoldGates(stage);
                    return false;
                }

                break;
        }

        HoldGates(stage);
        return true;
    }

    private void HoldGates(StageState stage)
    {
        if (stage.Spec.Gates.IsEmpty) return;
        foreach (var (gate, amount) in stage.Spec.Gates) _gates[gate] = _gates.GetValueOrDefault(gate) + amount;
    }

    private static bool CanEverPass(ClusterSnapshot snapshot, StageState stage)
    {
        foreach (var (gate, amount) in stage.Spec.Gates)
            if (!GateQueue.CanEverPass(snapshot, gate, amount)) return false;
        return true;
    }

    private bool GatesOpen(ClusterSnapshot snapshot, StageState stage)
    {
        foreach (var (gate, amount) in stage.Spec.Gates)
        {
            if (_shut.Contains(gate)) return false;
            if (GateQueue.Free(snapshot, gate) - _gates.GetValueOrDefault(gate) >= amount) continue;
            if (GateQueue.CanEverPass(snapshot, gate, amount)) _shut.Add(gate);
            return false;
        }

        return true;
    }

    /// <summary>Two replicas drawn by the ticket; the one with fewer tasks wins. Where neither has a slot free, the first that has.</summary>
    private ReplicaState? PickReplica(StageState stage, TaskEntry task, out bool drawn)
    {
        var replicas = stage.Replicas;
        var draw = Draw.Mix((ulong)task.Ticket);
        var first = replicas[(int)((uint)draw % (uint)replicas.Count)];
        var second = replicas[(int)((uint)(draw >> 32) % (uint)replicas.Count)];
        var (a, b) = (Load(stage, first), Load(stage, second));
        drawn = a < stage.Spec.SlotsPerReplica || b < stage.Spec.SlotsPerReplica;
        if (drawn) return a <= b ? first : second;
        for (var i = 0; i < replicas.Count; i++)
            if (Load(stage, replicas[i]) < stage.Spec.SlotsPerReplica) return replicas[i];
        return null;
    }

    /// <summary>A replica without any task, for one that may end it: no other task is to suffer, nor to be taken for the culprit.</summary>
    private ReplicaState? PickIdle(StageState stage)
    {
        foreach (var replica in stage.Replicas)
            if (Load(stage, replica) == 0) return replica;
        return null;
    }

    private int Load(StageState stage, ReplicaState replica) =>
        replica is { Phase: ReplicaPhase.Ready, HoldsSuspect: false, IsLost: false } && !_alone.Contains(replica.Number) && !_drained.Contains(replica.Number) ? replica.InFlight + _added.GetValueOrDefault(replica.Number) : int.MaxValue;

    /// <summary>The node where fewest attempts run, other than one; -1 where there is none.</summary>
    internal static int LeastBusy(ClusterSnapshot snapshot, int except = -1)
    {
        var best = -1;
        foreach (var node in snapshot.Nodes)
            if (node.Alive && node.Index != except && (best < 0 || node.InFlight < snapshot.Nodes[best].InFlight)) best = node.Index;
        return best;
    }
}

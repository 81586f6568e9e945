using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Reservation;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Scheduling;

/// <summary>
/// Hands waiting tasks to warm replicas and nodes, least slack first: the task that must start earliest for its run to
/// be done when due (due time less upward rank, Topcuoglu et al. 2002) goes first. Within replicas of a stage, the power
/// of two choices (Mitzenmacher 2001). Nothing is over-committed: what is handed out within one placement is counted.
/// A gate that turned a task away lets nothing pass behind it, so that who needs many units has its turn.
/// </summary>
/// <remarks>Holds scratch space so that a placement, made at every event, allocates nothing; it carries no state from one to the next.</remarks>
public sealed class WorkPlacement
{
    private readonly PriorityQueue<StageState, (long StartByTicks, int Stage)> _turns = new();
    private readonly Dictionary<int, int> _taken = [];
    private readonly Dictionary<long, int> _added = [];
    private readonly HashSet<long> _drained = [];
    private readonly Dictionary<int, int> _slotsDrained = [];
    private readonly Dictionary<string, int> _gates = new(StringComparer.Ordinal);
    private readonly HashSet<string> _shut = new(StringComparer.Ordinal);

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
        _gates.Clear();
        _shut.Clear();
        NoteDrains(snapshot, replicas);
        foreach (var stage in snapshot.WaitingStages) _turns.Enqueue(stage, (Turn(order, stage, stage.Waiting(0)), stage.Index));

        while (_turns.TryDequeue(out var stage, out _))
        {
            var taken = _taken.GetValueOrDefault(stage.Index);
            var task = stage.Waiting(taken);
            if (!TryPlace(snapshot, stage, task, taken, draft, out var assignment)) continue;
            work.Add(assignment);
            _taken[stage.Index] = ++taken;
            if (taken < stage.Queued) _turns.Enqueue(stage, (Turn(order, stage, stage.Waiting(taken)), stage.Index));
        }
    }

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
    private static long Turn(TaskOrder order, StageState stage, TaskEntry task) => order == TaskOrder.FirstCome ? task.ReadyAt.Ticks : StartBy(stage, task);

    /// <summary>The latest start, in ticks, with which the task's run is still done when due.</summary>
    internal static long StartBy(StageState stage, TaskEntry task) => task.Due.Ticks - (long)(stage.UpwardRankSeconds * TimeSpan.TicksPerSecond);

    private bool TryPlace(
        ClusterSnapshot snapshot, StageState stage, TaskEntry task, int taken, LedgerDraft draft, out Assignment assignment)
    {
        assignment = default;
        if (!GatesOpen(snapshot, stage)) return false;
        switch (stage.Spec.Kind)
        {
            case StageKind.Worker:
                if (stage.FreeSlots - taken - _slotsDrained.GetValueOrDefault(stage.Index) <= 0) return false;
                var replica = PickReplica(stage, task);
                if (replica is null) return false;
                _added[replica.Number] = _added.GetValueOrDefault(replica.Number) + 1;
                assignment = new Assignment(task.Ticket, replica.Node, replica.Number, Resources.Zero, AssignmentReason.WarmReplica);
                break;
            case StageKind.Handler:
                if (stage.InFlight.Count + taken >= stage.Spec.MaxReplicas) return false;
                var host = LeastBusy(snapshot);
                if (host < 0) return false;
                assignment = new Assignment(task.Ticket, host, -1, Resources.Zero, AssignmentReason.Handler);
                break;
            default:
                if (stage.InFlight.Count + taken >= stage.Spec.MaxReplicas) return false;
                if (!NodeClaims.TryClaim(snapshot, stage, task, draft, out assignment)) return false;
                break;
        }

        foreach (var (gate, amount) in stage.Spec.Gates) _gates[gate] = _gates.GetValueOrDefault(gate) + amount;
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
    private ReplicaState? PickReplica(StageState stage, TaskEntry task)
    {
        var replicas = stage.Replicas;
        var draw = Draw.Mix((ulong)task.Ticket);
        var first = replicas[(int)((uint)draw % (uint)replicas.Count)];
        var second = replicas[(int)((uint)(draw >> 32) % (uint)replicas.Count)];
        var (a, b) = (Load(stage, first), Load(stage, second));
        if (a < stage.Spec.SlotsPerReplica || b < stage.Spec.SlotsPerReplica) return a <= b ? first : second;
        foreach (var replica in replicas)
            if (Load(stage, replica) < stage.Spec.SlotsPerReplica) return replica;
        return null;
    }

    private int Load(StageState stage, ReplicaState replica) =>
        replica.Phase == ReplicaPhase.Ready && !_drained.Contains(replica.Number) ? replica.InFlight + _added.GetValueOrDefault(replica.Number) : int.MaxValue;

    private static int LeastBusy(ClusterSnapshot snapshot)
    {
        var best = -1;
        foreach (var node in snapshot.Nodes)
            if (node.Alive && (best < 0 || node.InFlight < snapshot.Nodes[best].InFlight)) best = node.Index;
        return best;
    }
}

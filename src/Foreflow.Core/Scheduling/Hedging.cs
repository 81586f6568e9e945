using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Reservation;
using Foreflow.Core.Runs;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Scheduling;

/// <summary>
/// Starts a second attempt of tasks that take longer than 95 % of their stage's do (deferred hedging, Dean and Barroso 2013):
/// what holds one node or process up is unlikely to hold up another. Only of stages that say their tasks may be done twice,
/// within a budget, and with what is left once everything that waits has been placed; elsewhere than the first one where
/// there is a choice. It claims room like the least of batch work does: whatever else wants the room may end it.
/// </summary>
internal sealed class Hedging
{
    /// <summary>Cost of ending a hedge, in idle replicas (<see cref="MissCost"/>): less than that of any work, since the task runs without it.</summary>
    private const double WorthOfHedge = 1;

    /// <summary>A credit is a sum of shares: what it lacks of a whole by rounding is not held against it.</summary>
    private const double Rounding = 1e-9;

    private readonly ClusterSnapshot _snapshot;
    private readonly LedgerDraft _draft;
    private readonly HashSet<long> _closed;
    private readonly Dictionary<long, int> _addedToReplica = [];
    private readonly Dictionary<int, int> _startedOfStage = [];
    private readonly Dictionary<int, int> _hedgesOfStage = [];

    private Hedging(ClusterSnapshot snapshot, ImmutableArray<ReplicaDecision> replicas, ImmutableArray<Assignment> work, LedgerDraft draft)
    {
        (_snapshot, _draft) = (snapshot, draft);
        _closed = [.. replicas.SelectMany(r => r.Drains)];
        foreach (var assignment in work)
        {
            Count(_startedOfStage, snapshot.Task(assignment.Ticket)!.Stage);
            if (assignment.Replica >= 0) Count(_addedToReplica, assignment.Replica);
            if (snapshot.Task(assignment.Ticket)!.IsSuspect) _closed.Add(assignment.Replica);
        }
    }

    /// <summary>Decides which late attempts are hedged, longest late first.</summary>
    /// <param name="full">True in a full cycle; between them late attempts are looked at when another has become late.</param>
    /// <param name="replicas">Changes in replicas of the same plan.</param>
    /// <param name="work">What the same plan starts.</param>
    /// <param name="draft">The ledger with what the plan claims already; receives the claims of the hedges.</param>
    public static ImmutableArray<Hedge> Plan(
        ClusterSnapshot snapshot, HedgeWatch watch, bool full, ImmutableArray<ReplicaDecision> replicas, ImmutableArray<Assignment> work, LedgerDraft draft)
    {
        Hedging? hedging = null;
        ImmutableArray<Hedge>.Builder? hedges = null;
        foreach (var ticket in watch.Late(snapshot.Now, full))
        {
            hedging ??= new Hedging(snapshot, replicas, work, draft);
            if (hedging.Decide(watch, snapshot.Task(ticket)!) is { } hedge) (hedges ??= ImmutableArray.CreateBuilder<Hedge>()).Add(hedge);
        }

        return hedges?.ToImmutable() ?? [];
    }

    private Hedge? Decide(HedgeWatch watch, TaskEntry task)
    {
        var stage = _snapshot.Stages[task.Stage];
        var hedges = _hedgesOfStage.GetValueOrDefault(task.Stage);
        if (task.IsSuspect || task.StandsStill) return null;
        if (stage.HedgeCredit - hedges < 1 - Rounding || stage.Queued > _startedOfStage.GetValueOrDefault(task.Stage)) return null;
        var elapsed = (_snapshot.Now - task.StartedAt).TotalSeconds;
        // Figures move with every cycle: by those of now it may not be late any more.
        if (watch.LatenessOf(task.Stage, _snapshot.Nodes[task.Node].Class) is not { } late || elapsed < late.Seconds) return null;
        var place = stage.Spec.Kind switch
        {
            StageKind.Worker => OnReplica(stage, task),
            StageKind.Handler => OnHost(stage, task),
            _ => OnNode(stage, task),
        };
        if (place is not { } work) return null;
        Count(_hedgesOfStage, task.Stage);
        if (work.Replica >= 0) Count(_addedToReplica, work.Replica);
        return new Hedge(task.Ticket, work, new HedgeReason(elapsed, late.Seconds, late.Observations, stage.Hedges + hedges, stage.TasksStarted));
    }

    /// <summary>The warm replica with the most free slots, on another node if any has one; never the one that is late with the task.</summary>
    private Assignment? OnReplica(StageState stage, TaskEntry task)
    {
        ReplicaState? best = null;
        var bestKey = (IsSameNode: true, Load: int.MaxValue);
        foreach (var replica in stage.Replicas)
        {
            if (replica is not { Phase: ReplicaPhase.Ready, HoldsSuspect: false, IsLost: false } || replica.Number == task.Replica || _closed.Contains(replica.Number) || !_snapshot.Nodes[replica.Node].Alive) continue;
            var load = replica.InFlight + _addedToReplica.GetValueOrDefault(replica.Number);
            var key = (replica.Node == task.Node, load);
            if (load < stage.Spec.SlotsPerReplica && (best is null || key.CompareTo(bestKey) < 0)) (best, bestKey) = (replica, key);
        }

        return best is null ? null : new Assignment(-task.Ticket, best.Node, best.Number, Resources.Zero, AssignmentReason.WarmReplica);
    }

    /// <summary>A handler shares the process of its engine and what slows it: another node or none.</summary>
    private Assignment? OnHost(StageState stage, TaskEntry task)
    {
        if (!HasTurn(stage)) return null;
        var host = WorkPlacement.LeastBusy(_snapshot, except: task.Node);
        return host < 0 ? null : new Assignment(-task.Ticket, host, -1, Resources.Zero, AssignmentReason.Handler);
    }

    /// <summary>The emptiest other node with room; the same one where no other has any.</summary>
    private Assignment? OnNode(StageState stage, TaskEntry task)
    {
        if (!HasTurn(stage)) return null;
        var until = _snapshot.Now + NodeClaims.ExpectedDuration(stage);
        var best = -1;
        var bestKey = (IsSameNode: true, Share: double.PositiveInfinity);
        foreach (var node in _snapshot.Nodes)
        {
            if (!node.Alive || !_draft.Ledger.FitsNow(node.Index, task.Granted, ClaimKind.Preemptible, until)) continue;
            var key = (node.Index == task.Node, (node.Capacity - _draft.Ledger.FreeToLend(node.Index)).DominantShare(node.Capacity));
            if (best < 0 || key.CompareTo(bestKey) < 0) (best, bestKey) = (node.Index, key);
        }

        if (best < 0) return null;
        var claim = Claim.Preemptible(ClaimNames.Attempt(-task.Ticket), best, task.Granted, _snapshot.Now, until, WorthOfHedge, stage.Index);
        return _draft.TryReserve(claim, "hedge starts") ? new Assignment(-task.Ticket, best, -1, task.Granted, AssignmentReason.LentReservation) : null;
    }

    private bool HasTurn(StageState stage) =>
        stage.InFlight.Count + _startedOfStage.GetValueOrDefault(stage.Index) + _hedgesOfStage.GetValueOrDefault(stage.Index) < stage.Spec.MaxReplicas;

    private static void Count<T>(Dictionary<T, int> counts, T of) where T : notnull => counts[of] = counts.GetValueOrDefault(of) + 1;
}

using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Reservation;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Scheduling;

/// <summary>
/// Idle replicas give way to work that waits. A replica holds its node's capacity for as long as its policy keeps it, and
/// a policy looks at its own stage alone: what waits for another stage could wait for as long as a cooldown lasts. So
/// where work has waited longer than its stage allows and no node has room for it, the node that needs the fewest stops
/// stops those idle longest, and what it frees is kept for that work while the plan is made.
/// </summary>
/// <remarks>
/// Only replicas go that nobody waits for, that have idled for longer than the work has waited, and that start again in
/// less time than it has waited (the wait has then cost as much as the stop will: ski rental); of stages that are no more
/// important than the one that waits, never below the least number of replicas their file asks for. Where even all of
/// them would not make room, none goes.
/// </remarks>
internal sealed class GivingWay
{
    /// <summary>Work looked at in one plan, longest waiting first: the next plan sees to the rest.</summary>
    private const int MostTurns = 16;

    private readonly List<(StageState Stage, Resources Request, Instant Since)> _turns = [];
    private readonly KeptRoom _kept = new();
    private readonly Dictionary<int, (StageState For, List<ReplicaState> Replicas)> _stops = [];

    /// <summary>Chooses who stops, and keeps their nodes' room for the work that waits.</summary>
    public void Choose(ClusterSnapshot snapshot, ReservationLedger ledger)
    {
        _turns.Clear();
        _stops.Clear();
        foreach (var stage in snapshot.WaitingStages)
        {
            // For stages that starve room is kept already.
            if (Lacks(snapshot, stage) is { } need && !ledger.TryGet(ClaimNames.Kept(stage.Waiting(0).Ticket), out _)) _turns.Add((stage, need, stage.Waiting(0).ReadyAt));
        }

        if (_turns.Count == 0) return;
        _turns.Sort(static (a, b) => (b.Stage.Priority, a.Since, a.Stage.Index).CompareTo((a.Stage.Priority, b.Since, b.Stage.Index)));
        var onNode = ReplicasByNode(snapshot);
        foreach (var (stage, request, _) in _turns.Take(MostTurns)) MakeRoom(snapshot, stage, request, onNode, ledger);
    }

    /// <summary>Gives back the room that was kept: the work itself is placed next.</summary>
    public void GiveBack(ReservationLedger ledger) => _kept.GiveBack(ledger);

    /// <summary>Adds the stops to what the policies decided. A stage that just got replicas keeps all it has.</summary>
    public void AddTo(ClusterSnapshot snapshot, ImmutableArray<ReplicaDecision>.Builder decisions)
    {
        if (_stops.Count == 0) return;
        foreach (var (index, (waiting, replicas)) in _stops.OrderBy(s => s.Key))
        {
            var stage = snapshot.Stages[index];
            var at = -1;
            for (var i = 0; i < decisions.Count && at < 0; i++)
                if (decisions[i].Stage == index) at = i;
            if (at >= 0 && decisions[at].Starts.Length > 0) continue;
            var drains = replicas.Select(r => r.Number).Union(at >= 0 ? decisions[at].Drains : [])
                .Take(stage.ActiveReplicas - stage.Spec.MinReplicas).ToImmutableArray();
            if (drains.IsEmpty) continue;
            var waited = (snapshot.Now - waiting.Waiting(0).ReadyAt).TotalSeconds;
            var reason = new ReplicaReason
            {
                Rule = "gives way",
                Queued = stage.Queued,
                InFlight = stage.InFlight.Count,
                LimitedBy = FormattableString.Invariant($"{waiting.Id} has waited {waited:0.#} s and no node has room for it"),
            };
            var decision = ReplicaDecision.Of(stage, stage.ActiveReplicas - drains.Length, reason) with { Drains = drains };
            if (at >= 0) decisions[at] = decision;
            else decisions.Add(decision);
        }
    }

    /// <summary>What the stage's first task needs and cannot have; null where it waits for something else, or not too long yet.</summary>
    private static Resources? Lacks(ClusterSnapshot snapshot, StageState stage)
    {
        if (snapshot.Now - stage.Waiting(0).ReadyAt <= stage.Spec.MaxWait || !LongestWaiting.NeedsRoom(snapshot, stage) || !GateQueue.LetsPass(snapshot, stage)) return null;
        var there = stage.Spec.Kind == StageKind.Run ? stage.InFlight.Count : stage.ActiveReplicas;
        return there < stage.Spec.MaxReplicas ? LongestWaiting.RequestOf(stage) : null;
    }

    private static List<ReplicaState>[] ReplicasByNode(ClusterSnapshot snapshot)
    {
        var onNode = new List<ReplicaState>[snapshot.Nodes.Count];
        foreach (var stage in snapshot.Stages)
            foreach (var replica in stage.Replicas)
                if (replica.InFlight == 0 && (!replica.Spare || replica.Phase == ReplicaPhase.Draining)) (onNode[replica.Node] ??= []).Add(replica);
        foreach (var replicas in onNode) replicas?.Sort(static (a, b) => (a.IdleSince, a.Number).CompareTo((b.IdleSince, b.Number)));
        return onNode;
    }

    private void MakeRoom(ClusterSnapshot snapshot, StageState stage, in Resources request, List<ReplicaState>[] onNode, ReservationLedger ledger)
    {
        var best = -1;
        List<ReplicaState>? fewest = null;
        foreach (var node in snapshot.Nodes)
        {
            if (!node.Alive) continue;
            if (request.CpuAndMemoryFitWithin(ledger.FreeToLend(node.Index))) return;
            if (onNode[node.Index] is not { } replicas) continue;
            if (Stops(snapshot, stage, request, ledger.FreeToLendOrOwed(node.Index), replicas) is not { } stops) continue;
            if (fewest is not null && stops.Count >= fewest.Count) continue;
            (best, fewest) = (node.Index, stops);
            if (stops.Count == 0) break;
        }

        if (fewest is null) return;
        foreach (var replica in fewest)
        {
            if (!_stops.TryGetValue(replica.Stage, out var stop)) _stops[replica.Stage] = stop = (stage, []);
            stop.Replicas.Add(replica);
        }

        _kept.Keep(snapshot, stage.Waiting(0), best, request, ledger);
    }

    /// <summary>The replicas of a node that must stop, those idle longest first; empty where enough stop already; null where all of them are not enough.</summary>
    private List<ReplicaState>? Stops(ClusterSnapshot snapshot, StageState waiting, in Resources request, Resources free, List<ReplicaState> replicas)
    {
        foreach (var replica in replicas)
            if (replica.Phase == ReplicaPhase.Draining) free += replica.Granted;
        List<ReplicaState> stops = [];
        foreach (var replica in replicas)
        {
            if (request.CpuAndMemoryFitWithin(free)) return stops;
            if (!MayStop(snapshot, waiting, replica, stops)) continue;
            stops.Add(replica);
            free += replica.Granted;
        }

        return request.CpuAndMemoryFitWithin(free) ? stops : null;
    }

    private bool MayStop(ClusterSnapshot snapshot, StageState waiting, ReplicaState replica, List<ReplicaState> stops)
    {
        var since = waiting.Waiting(0).ReadyAt;
        if (replica.Phase != ReplicaPhase.Ready || replica.Stage == waiting.Index || replica.IdleSince > since) return false;
        var stage = snapshot.Stages[replica.Stage];
        if (stage.Queued > 0 || stage.Priority > waiting.Priority) return false;
        if ((snapshot.Now - since).TotalSeconds < stage.StartUpSeconds) return false;
        var going = 0;
        if (_stops.TryGetValue(replica.Stage, out var chosen))
        {
            if (chosen.Replicas.Contains(replica)) return false;
            going = chosen.Replicas.Count;
        }

        foreach (var stop in stops)
            if (stop.Stage == replica.Stage) going++;
        return stage.ActiveReplicas - going > stage.Spec.MinReplicas;
    }
}

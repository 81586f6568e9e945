using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Reservation;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Scheduling;

/// <summary>
/// Keeps one more replica of a stage on another node while all others are on one, so that a lost node does not take the
/// stage with it: of stages that ask for it, and of critical ones. No forecast speaks for it, so it holds only room that
/// nothing wants, now or foreseen, and is the first to go. It takes tasks like any other; when a policy wants one more,
/// for demand or because others were lost, it counts from then on and nothing is started.
/// </summary>
internal sealed class SpareReplicas
{
    /// <summary>
    /// A spare replica starts where this many would have room, and goes when not even one more has: between the two it stays,
    /// so that a node whose load moves about its capacity does not have it start and stop.
    /// </summary>
    private const int RoomForSpares = 2;

    /// <summary>One that was given up is not started again before so many of its start-ups, and a minute, have passed.</summary>
    private const double RestStartUps = 10;

    private static readonly TimeSpan LeastRest = TimeSpan.FromMinutes(1);

    private readonly ClusterSnapshot _snapshot;
    private readonly ImmutableArray<ReplicaDecision> _decided;
    private readonly LedgerDraft _draft;
    private readonly Dictionary<int, int> _started = [];
    private readonly HashSet<int> _changed;

    private SpareReplicas(ClusterSnapshot snapshot, ImmutableArray<ReplicaDecision> decided, IEnumerable<Assignment> work, LedgerDraft draft)
    {
        (_snapshot, _decided, _draft) = (snapshot, decided, draft);
        _changed = [.. decided.Select(d => d.Stage)];
        foreach (var assignment in work)
        {
            var stage = snapshot.Task(assignment.Ticket)!.Stage;
            _started[stage] = _started.GetValueOrDefault(stage) + 1;
        }
    }

    /// <summary>Adds what spare replicas start and go to what was decided. Stages with a decision of their own are left for the next cycle.</summary>
    /// <param name="decided">Changes in replicas of the same plan.</param>
    /// <param name="work">What the same plan starts.</param>
    /// <param name="draft">The ledger with what the plan claims already; receives the claims.</param>
    public static ImmutableArray<ReplicaDecision> Plan(ClusterSnapshot snapshot, ImmutableArray<ReplicaDecision> decided, IReadOnlyCollection<Assignment> work, LedgerDraft draft)
    {
        if (!snapshot.Stages.Any(s => Merits(s) || SpareOf(s) is not null)) return decided;
        return new SpareReplicas(snapshot, decided, work, draft).Plan();
    }

    /// <summary>Whether a stage is to have a spare replica where there is room.</summary>
    private static bool Merits(StageState stage) =>
        stage.Spec.Kind == StageKind.Worker && (stage.Spec.Resilient || stage.Priority == Priority.Critical);

    private static ReplicaState? SpareOf(StageState stage)
    {
        foreach (var replica in stage.Replicas)
            if (replica is { Spare: true, Phase: not ReplicaPhase.Draining }) return replica;
        return null;
    }

    private ImmutableArray<ReplicaDecision> Plan()
    {
        var decisions = _decided.ToBuilder();
        var next = _snapshot.NextReplica + _decided.Sum(d => d.Starts.Length);
        var wanting = Wanting();
        foreach (var stage in _snapshot.Stages.OrderByDescending(s => s.Priority).ThenBy(s => s.Index))
        {
            if (_changed.Contains(stage.Index)) continue;
            if (SpareOf(stage) is { } spare)
            {
                if (WhyGo(stage, spare, wanting) is { } why) decisions.Add(Decision(stage, why) with { Drains = [spare.Number] });
            }
            else if (Merits(stage) && wanting is null && stage.Queued <= _started.GetValueOrDefault(stage.Index) && OnlyNode(stage) is { } only && Claim(stage, only, next) is { } start)
            {
                next++;
                var (here, there) = (_snapshot.Nodes[only].Id, _snapshot.Nodes[start.Node].Id);
                decisions.Add(Decision(stage, $"all replicas are on {here}; one stands by on {there} while nothing else wants its room") with { Starts = [start] });
            }
        }

        return decisions.ToImmutable();
    }

    private string? WhyGo(StageState stage, ReplicaState spare, StageState? wanting)
    {
        // Tasks may wait for what starts, whatever it was started for.
        if (spare.Phase == ReplicaPhase.Starting && stage.Queued > stage.FreeSlots) return null;
        if (wanting is not null) return $"{wanting.Id} waits for room";
        if (!Merits(stage) || stage.ActiveReplicas == 0) return "the stage has no other replica";
        if (OnlyNode(stage) is not { } only) return "the others are on several nodes";
        if (only == spare.Node) return "the others are on the same node";
        return HasRoom(spare.Node, stage, 1) ? null : $"what runs or is foreseen on {_snapshot.Nodes[spare.Node].Id} leaves no room beside it";
    }

    /// <summary>The first stage with work that waits for room; null where all that waits was placed or waits for something else.</summary>
    private StageState? Wanting()
    {
        foreach (var stage in _snapshot.WaitingStages)
        {
            var started = _started.GetValueOrDefault(stage.Index);
            if (stage.Queued <= started) continue;
            if (!GateQueue.LetsPass(_snapshot, stage)) continue;
            var target = _decided.FirstOrDefault(d => d.Stage == stage.Index)?.Target ?? stage.ActiveReplicas;
            var lacks = stage.Spec.Kind switch
            {
                StageKind.Worker => Quarantine.MayStart(stage, _snapshot.Now) && target < stage.Spec.MaxReplicas && stage.Queued + stage.InFlight.Count > target * stage.Spec.SlotsPerReplica,
                StageKind.Run => stage.InFlight.Count + started < stage.Spec.MaxReplicas,
                _ => false,
            };
            if (lacks) return stage;
        }

        return null;
    }

    /// <summary>The node that all replicas which count are on; null where they are on several, or there are none.</summary>
    private static int? OnlyNode(StageState stage)
    {
        int? only = null;
        foreach (var replica in stage.Replicas)
        {
            if (replica.Spare || replica.Phase == ReplicaPhase.Draining) continue;
            if (only is { } node && node != replica.Node) return null;
            only = replica.Node;
        }

        return only;
    }

    private ReplicaStart? Claim(StageState stage, int only, long number)
    {
        var settings = _snapshot.Settings;
        if (settings.Mode != PoolMode.On || _snapshot.ReplicationPaused || stage.ReplicationPaused || stage.ActiveReplicas >= stage.Spec.MaxReplicas || Quarantine.Of(stage, _snapshot.Now) is not null) return null;
        var rest = TimeSpan.FromSeconds(Math.Min(86_400, RestStartUps * stage.StartUpSeconds));
        if (_snapshot.Now - stage.SpareGivenUpAt < (rest > LeastRest ? rest : LeastRest)) return null;
        var best = -1;
        var bestShare = double.PositiveInfinity;
        foreach (var node in _snapshot.Nodes)
        {
            if (!node.Alive || node.Index == only || !HasRoom(node.Index, stage, RoomForSpares)) continue;
            var share = (node.Capacity - _draft.Ledger.FreeAt(node.Index, _snapshot.Now, Instant.Never)).DominantShare(node.Capacity);
            if (share < bestShare) (best, bestShare) = (node.Index, share);
        }

        if (best < 0) return null;
        var claim = Reservation.Claim.Hard(ClaimNames.Replica(number), best, stage.Spec.Request, _snapshot.Now, Instant.Never, stage.Index);
        return _draft.TryReserve(claim, "a spare replica starts") ? new ReplicaStart(number, best, stage.Spec.Request, Ahead: true, Spare: true) : null;
    }

    /// <summary>Room from now on, with all that is set aside for what is foreseen taken off.</summary>
    private bool HasRoom(int node, StageState stage, int copies) =>
        _draft.Ledger.FitsNow(node, stage.Spec.Request * copies, ClaimKind.Hard, Instant.Never);

    private static ReplicaDecision Decision(StageState stage, string because) => ReplicaDecision.Of(
        stage, stage.ActiveReplicas, new ReplicaReason { Rule = "resilience", Because = because, Queued = stage.Queued, InFlight = stage.InFlight.Count });
}

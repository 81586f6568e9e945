using System.Collections.Immutable;
using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Scheduling;

/// <summary>
/// Drains replicas from the node kept for a stage that has waited longest: attempts there end by themselves, but a replica
/// serves for as long as its stage is busy. Of the stages on the node, the one with most replicas gives first; none goes
/// below its minimum, and one whose own turn comes earlier gives nothing.
/// </summary>
internal static class FairDrains
{
    /// <summary>The replicas to drain, by stage number; empty, nearly always, where nobody starves.</summary>
    /// <param name="turns">Stages that go first.</param>
    /// <param name="fits">Whether a node has room for a request now.</param>
    public static SortedDictionary<int, ReplicaDecision> Of(ClusterSnapshot snapshot, IReadOnlyList<StageState> turns, Predicate<Resources> fits)
    {
        var decisions = new SortedDictionary<int, ReplicaDecision>();
        foreach (var starving in turns)
        {
            var request = LongestWaiting.RequestOf(starving);
            var node = LongestWaiting.NodeFor(snapshot, starving);
            if (node < 0 || fits(request)) continue;
            var there = snapshot.Stages
                .SelectMany(s => s.Replicas.Where(r => r.Node == node && r.Phase != ReplicaPhase.Draining).Select(r => (Stage: s, Replica: r)))
                .ToList();
            var room = there.Aggregate(snapshot.Nodes[node].Capacity - snapshot.Nodes[node].TakenByOthers, (left, r) => left - r.Replica.Granted);
            foreach (var (stage, replica) in there
                .Where(r => r.Replica.Phase == ReplicaPhase.Ready && !ComesBefore(snapshot, r.Stage, starving))
                .OrderByDescending(r => r.Stage.ActiveReplicas).ThenBy(r => r.Replica.InFlight).ThenBy(r => r.Replica.Number))
            {
                if (LongestWaiting.Fits(request, room)) break;
                var decision = decisions.GetValueOrDefault(stage.Index) ?? Unchanged(snapshot, stage, starving);
                if (decision.Target <= stage.Spec.MinReplicas || decision.Drains.Contains(replica.Number)) continue;
                room += replica.Granted;
                decisions[stage.Index] = decision with { Target = decision.Target - 1, Drains = decision.Drains.Add(replica.Number) };
            }
        }

        return decisions;
    }

    private static bool ComesBefore(ClusterSnapshot snapshot, StageState stage, StageState starving) =>
        stage.Queued > 0 && LongestWaiting.GoesFirst(snapshot, stage) && WorkPlacement.TurnOf(snapshot, stage).CompareTo(WorkPlacement.TurnOf(snapshot, starving)) < 0;

    private static ReplicaDecision Unchanged(ClusterSnapshot snapshot, StageState stage, StageState starving) => new()
    {
        Stage = stage.Index,
        StageName = stage.Id.ToString(),
        Before = stage.ActiveReplicas,
        Target = stage.ActiveReplicas,
        Reason = new ReplicaReason
        {
            Rule = "fairness",
            Queued = stage.Queued,
            InFlight = stage.InFlight.Count,
            LimitedBy = string.Create(CultureInfo.InvariantCulture, $"{starving.Id}, which has had nothing running for {(snapshot.Now - LongestWaiting.WithoutSince(starving)).TotalSeconds:0} s"),
        },
    };
}

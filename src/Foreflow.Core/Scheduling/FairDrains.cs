using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Scheduling;

/// <summary>
/// Drains replicas from the node kept for work that has waited longest: attempts there end by themselves, but a replica
/// serves for as long as its stage is busy. Of the stages on the node, the one with most replicas gives first; none goes
/// below its minimum, and one whose own turn comes earlier gives nothing.
/// </summary>
internal sealed class FairDrains(ClusterSnapshot snapshot)
{
    /// <summary>Nothing to drain: nearly always nobody starves.</summary>
    public static readonly IReadOnlyDictionary<int, ReplicaDecision> None = new SortedDictionary<int, ReplicaDecision>();

    /// <summary>The replicas to drain, by stage number.</summary>
    public SortedDictionary<int, ReplicaDecision> Decisions { get; } = [];

    /// <summary>Makes room for the first waiting task of a stage, or the replica it waits for.</summary>
    public void MakeRoom(StageState starving)
    {
        var turn = WorkPlacement.TurnOf(snapshot, starving);
        var waited = (snapshot.Now - LongestWaiting.WithoutSince(starving)).TotalSeconds;
        MakeRoom(
            LongestWaiting.NodeFor(snapshot, starving), LongestWaiting.RequestOf(starving),
            stage => stage.Queued > 0 && LongestWaiting.GoesFirst(snapshot, stage) && WorkPlacement.TurnOf(snapshot, stage).CompareTo(turn) < 0,
            string.Create(CultureInfo.InvariantCulture, $"{starving.Id}, which has had nothing running for {waited:0} s"));
    }

    /// <summary>Makes room for a paused attempt to go on.</summary>
    public void MakeRoom(TaskEntry paused, in Resources more) => MakeRoom(
        paused.Node, more, static _ => false,
        string.Create(CultureInfo.InvariantCulture, $"{snapshot.Stages[paused.Stage].Id}, an attempt of which has stood still for {(paused.PausedFor + (snapshot.Now - paused.PausedAt)).TotalSeconds:0} s"));

    private void MakeRoom(int node, in Resources request, Predicate<StageState> comesBefore, string who)
    {
        if (node < 0) return;
        var there = snapshot.Stages
            .SelectMany(s => s.Replicas.Where(r => r.Node == node && r.Phase != ReplicaPhase.Draining && !IsDrained(r)).Select(r => (Stage: s, Replica: r)))
            .ToList();
        var room = there.Aggregate(snapshot.Nodes[node].Capacity - snapshot.Nodes[node].TakenByOthers, (left, r) => left - r.Replica.Granted);
        foreach (var (stage, replica) in there
            .Where(r => r.Replica.Phase == ReplicaPhase.Ready && !comesBefore(r.Stage))
            .OrderByDescending(r => r.Stage.ActiveReplicas).ThenBy(r => r.Replica.InFlight).ThenBy(r => r.Replica.Number))
        {
            if (request.CpuAndMemoryFitWithin(room)) return;
            var decision = Decisions.GetValueOrDefault(stage.Index) ?? Unchanged(stage, who);
            if (decision.Target <= stage.Spec.MinReplicas) continue;
            room += replica.Granted;
            Decisions[stage.Index] = decision with { Target = decision.Target - 1, Drains = decision.Drains.Add(replica.Number) };
        }
    }

    private bool IsDrained(ReplicaState replica) => Decisions.TryGetValue(replica.Stage, out var decision) && decision.Drains.Contains(replica.Number);

    private static ReplicaDecision Unchanged(StageState stage, string who) => ReplicaDecision.Of(
        stage, stage.ActiveReplicas, new ReplicaReason { Rule = "fairness", Queued = stage.Queued, InFlight = stage.InFlight.Count, LimitedBy = who });
}

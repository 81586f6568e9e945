using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Replication;

/// <summary>Finds a node for one more replica and claims it there.</summary>
/// <param name="stage">The stage.</param>
/// <param name="ordinal">Which replica of the stage it is, from 1.</param>
/// <param name="number">The number it gets.</param>
/// <param name="urgent">True when a task waits for it.</param>
/// <returns>The node; -1 where there is no room.</returns>
public delegate int PlaceReplica(StageState stage, int ordinal, long number, bool urgent);

/// <summary>
/// Turns targets into replicas to start and to drain. Those that go are the ones that have been idle longest.
/// </summary>
public static class ReplicaPlacement
{
    /// <summary>Decides the changes that bring a stage to its target; null when it is there.</summary>
    /// <param name="place">Finds a node for one more replica and claims it there; -1 where there is no room.</param>
    /// <param name="next">The next replica number; moved on by what is placed here.</param>
    /// <param name="aheadBudget">Millicores that replicas without a waiting task may still take; lessened by what is placed here.</param>
    public static ReplicaDecision? Decide(
        ClusterSnapshot snapshot, StageState stage, ReplicaTarget target, PlaceReplica place, ref long next, ref long aheadBudget)
    {
        var before = stage.ActiveReplicas;
        if (target.Replicas == before) return null;
        if (target.Replicas < before) return Drain(stage, target, before);

        var starts = ImmutableArray.CreateBuilder<ReplicaStart>();
        // One that stands by is warm, or nearer to it than one that is yet to be started.
        var promoted = stage.Replicas.Where(r => r is { Spare: true, Phase: not ReplicaPhase.Draining }).Take(target.Replicas - before).Select(r => r.Number).ToImmutableArray();
        var reason = target.Reason;
        // Replicas that start already will take that many of the waiting tasks.
        var uncovered = stage.Queued - ((before * stage.Spec.SlotsPerReplica) - stage.InFlight.Count);
        uncovered -= promoted.Length * stage.Spec.SlotsPerReplica;
        for (var i = before + promoted.Length; i < target.Replicas; i++)
        {
            var ahead = uncovered <= 0;
            uncovered -= stage.Spec.SlotsPerReplica;
            if (ahead && aheadBudget < stage.Spec.Request.CpuMillicores)
            {
                reason = reason with { LimitedBy = $"overhead budget: replicas ahead of need may hold {snapshot.Settings.SpeculativeShare:0%} of the pool" };
                break;
            }

            var node = place(stage, i + 1, next, !ahead);
            if (node < 0)
            {
                reason = reason with { LimitedBy = "no node has room" };
                break;
            }

            if (ahead) aheadBudget -= stage.Spec.Request.CpuMillicores;
            starts.Add(new ReplicaStart(next++, node, stage.Spec.Request, ahead));
        }

        if (starts.Count + promoted.Length == 0) return null;
        return ReplicaDecision.Of(stage, before + promoted.Length + starts.Count, reason) with
        {
            Starts = starts.ToImmutable(),
            Promoted = promoted.IsEmpty ? null : promoted,
        };
    }

    private static ReplicaDecision? Drain(StageState stage, ReplicaTarget target, int before)
    {
        // While tasks wait that nobody is free for, what starts is what they wait for: stopping it would have it started again.
        var backlog = stage.Queued > stage.FreeSlots;
        var drains = stage.Replicas
            .Where(r => !r.Spare && r.Phase != ReplicaPhase.Draining && !(backlog && r.Phase == ReplicaPhase.Starting))
            .OrderBy(r => r.InFlight)
            .ThenBy(r => r.Phase == ReplicaPhase.Ready ? r.IdleSince : Instant.Never)
            .ThenBy(r => r.Number)
            .Take(before - target.Replicas)
            .Select(r => r.Number)
            .ToImmutableArray();
        if (drains.IsEmpty) return null;
        return ReplicaDecision.Of(stage, before - drains.Length, target.Reason) with { Drains = drains };
    }
}

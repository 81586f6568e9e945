using System.Globalization;
using Foreflow.Core.Replication;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Scheduling;

/// <summary>
/// Replicas of stages that gates hold back: never more than a gate lets work at once, and none that idle while the gate is
/// shut for longer than it takes to start them anew. What a parked stage lets go others can have.
/// </summary>
public static class ParkedReplicas
{
    /// <summary>A replica that comes back costs a start-up, and idling as long costs the same: below twice that it stays (ski rental).</summary>
    private const double StartUpsWorthIdling = 2;

    /// <summary>Holds a target down to what the stage's gates let work.</summary>
    /// <param name="wait">What its first waiting task waits for; null where no gate holds it back.</param>
    public static ReplicaTarget Limit(ClusterSnapshot snapshot, StageState stage, ReplicaTarget target, GateWait? wait)
    {
        if (stage.Spec.Gates.IsEmpty || target.Replicas <= stage.Spec.MinReplicas) return target;
        var (most, why) = (long.MaxValue, "");
        foreach (var (gate, each) in stage.Spec.Gates)
        {
            if (snapshot.GateCapacity(gate) is not { } capacity || ReplicasFor(stage, capacity / each) >= most) continue;
            (most, why) = (ReplicasFor(stage, capacity / each), string.Create(CultureInfo.InvariantCulture, $"gate {gate}: {capacity / each} tasks at once"));
        }

        if (wait?.Until is { } until && (until - snapshot.Now).TotalSeconds > (StartUpsWorthIdling * stage.StartUpSeconds) + snapshot.Settings.CyclePeriod.TotalSeconds
            && ReplicasFor(stage, stage.InFlight.Count) < most)
            (most, why) = (ReplicasFor(stage, stage.InFlight.Count), $"gate {wait.Gate} is shut until about {until}");
        var held = (int)Math.Max(Math.Min(target.Replicas, most), stage.Spec.MinReplicas);
        return held == target.Replicas ? target : target with { Replicas = held, Reason = target.Reason with { LimitedBy = why } };
    }

    private static long ReplicasFor(StageState stage, long tasks) => (tasks + stage.Spec.SlotsPerReplica - 1) / stage.Spec.SlotsPerReplica;
}

using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Replication;

/// <summary>
/// Follows utilisation as today's clusters do: <see cref="HorizontalAutoscalerRule"/> on the mean load of the last period,
/// tasks that run and tasks that wait over the slots there are. Replicas that still start count as capacity, so a backlog
/// is not ordered twice. The last replica goes only when nothing ran or waited for the whole stabilisation window.
/// </summary>
public sealed class ReactiveReplication(HorizontalAutoscalerOptions? options = null) : IReplicationPolicy
{
    private readonly HorizontalAutoscalerOptions _options = options ?? new HorizontalAutoscalerOptions();

    /// <inheritdoc/>
    public string Name => "reactive";

    /// <inheritdoc/>
    public bool UsesForecast => false;

    /// <inheritdoc/>
    public ReplicaTarget Target(ClusterSnapshot snapshot, StageState stage, DemandCurve? demand, ReplicationMemory? memory)
    {
        var now = snapshot.Now;
        var last = memory as Remembered ?? new Remembered(new Instant(long.MinValue), 0, HorizontalAutoscalerState.Empty, stage.ActiveReplicas, 0);
        var load = stage.LoadSlotSeconds(now);
        var next = last;
        if (last.At.Ticks == long.MinValue || now - last.At >= _options.Period || IsStranded(stage))
        {
            var seconds = last.At.Ticks == long.MinValue ? 0 : (now - last.At).TotalSeconds;
            var atOnce = stage.InFlight.Count + stage.Queued;
            var mean = seconds > 0 ? (load - last.LoadSlotSeconds) / seconds : atOnce;
            next = Decide(stage, now, last, load, Math.Max(mean, IsStranded(stage) ? atOnce : 0));
        }

        var target = Math.Clamp(next.Level, stage.Spec.MinReplicas, stage.Spec.MaxReplicas);
        var reason = new ReplicaReason
        {
            Rule = Name,
            Utilisation = Math.Round(next.Utilisation, 3),
            Queued = stage.Queued,
            InFlight = stage.InFlight.Count,
            LimitedBy = ReplicaLimits.Describe(next.Level, target, stage.Spec),
        };
        return new ReplicaTarget(target, reason, next);
    }

    private Remembered Decide(StageState stage, Instant now, Remembered last, double load, double mean)
    {
        var replicas = stage.ActiveReplicas;
        var least = mean > 0 ? Math.Max(1, stage.Spec.MinReplicas) : stage.Spec.MinReplicas;
        // Utilisation of nothing is not defined: the first replica comes with the first task.
        var known = Math.Max(1, replicas);
        var utilisation = mean / (known * stage.Spec.SlotsPerReplica);
        var (level, state) = HorizontalAutoscalerRule.Decide(
            last.State, now, known, utilisation, Math.Min(least, stage.Spec.MaxReplicas), stage.Spec.MaxReplicas, _options);
        return new Remembered(now, load, state, replicas == 0 && mean == 0 ? least : level, utilisation);
    }

    /// <summary>Tasks wait and nothing is there or coming to serve them: not a matter for the next period.</summary>
    private static bool IsStranded(StageState stage) => stage.ActiveReplicas == 0 && stage.Queued > 0;

    private sealed record Remembered(Instant At, double LoadSlotSeconds, HorizontalAutoscalerState State, int Level, double Utilisation) : ReplicationMemory;
}

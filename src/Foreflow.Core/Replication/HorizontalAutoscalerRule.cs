using System.Collections.Immutable;
using Foreflow.Core.Model;

namespace Foreflow.Core.Replication;

/// <summary>How the reactive rule follows utilisation; the defaults are those of Kubernetes' horizontal pod autoscaler but for the target.</summary>
public sealed record HorizontalAutoscalerOptions
{
    /// <summary>Utilisation it steers to, as a share of the replicas' capacity, in (0, 1]; default .7.</summary>
    public double TargetUtilisation { get; init; } = 0.7;

    /// <summary>How far utilisation over target may be off 1 without a change; default .1.</summary>
    public double Tolerance { get; init; } = 0.1;

    /// <summary>How often it decides; default 15 s.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>It goes down no further than the highest recommendation of this long; default 5 min.</summary>
    public TimeSpan DownStabilisation { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>What the reactive rule remembers: its recommendations within the stabilisation window, oldest first.</summary>
/// <param name="Recommendations">When each was made and what it was, before stabilisation.</param>
public sealed record HorizontalAutoscalerState(ImmutableArray<(Instant At, int Replicas)> Recommendations)
{
    /// <summary>No recommendation yet.</summary>
    public static readonly HorizontalAutoscalerState Empty = new([]);
}

/// <summary>
/// The reactive rule of today's clusters: replicas x utilisation / target, rounded up; no change within the tolerance; up at once, down to
/// the highest recommendation of the last minutes (Kubernetes' HorizontalPodAutoscaler, version autoscaling/v2).
/// </summary>
public static class HorizontalAutoscalerRule
{
    /// <summary>The level to go to now and the state to decide the next time with.</summary>
    /// <param name="state">The state the last decision left.</param>
    /// <param name="now">The present; not before the last decision.</param>
    /// <param name="replicas">Replicas there are now; at 0 the rule does nothing but keep the least.</param>
    /// <param name="utilisation">Their mean utilisation: work over capacity. Above 1 where waiting work is counted.</param>
    /// <param name="min">Fewest replicas allowed.</param>
    /// <param name="max">Most replicas allowed.</param>
    /// <param name="options">Target, tolerance, window.</param>
    public static (int Level, HorizontalAutoscalerState State) Decide(
        HorizontalAutoscalerState state, Instant now, int replicas, double utilisation, int min, int max, HorizontalAutoscalerOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(replicas);
        ArgumentOutOfRangeException.ThrowIfNegative(utilisation);
        var recommended = Math.Clamp(Recommend(replicas, utilisation, options), min, max);
        var oldest = now - options.DownStabilisation;
        var recent = state.Recommendations.RemoveAll(item => item.At < oldest).Add((now, recommended));
        var highest = recent.Max(item => item.Replicas);
        var level = recommended >= replicas ? recommended : Math.Min(replicas, highest);
        return (Math.Clamp(level, min, max), new(recent));
    }

    private static int Recommend(int replicas, double utilisation, HorizontalAutoscalerOptions options)
    {
        var ratio = utilisation / options.TargetUtilisation;
        return Math.Abs(ratio - 1) <= options.Tolerance ? replicas : NewsvendorRule.LevelFor(replicas * ratio, 1);
    }
}

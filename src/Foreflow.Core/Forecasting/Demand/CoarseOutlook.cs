using Foreflow.Core.Model;

namespace Foreflow.Core.Forecasting.Demand;

/// <summary>Expected arrivals of a workflow per coarse bucket, trend and season, as far as the coarse grid reaches.</summary>
/// <param name="From">Start of the first bucket.</param>
/// <param name="Step">Width of a bucket.</param>
/// <param name="PerSecond">Expected arrivals a second in each bucket.</param>
/// <param name="LevelVariance">Variance of the level over its square.</param>
public sealed record CoarseOutlook(Instant From, TimeSpan Step, float[] PerSecond, double LevelVariance)
{
    /// <summary>Nothing is expected.</summary>
    public static readonly CoarseOutlook Nothing = new(Instant.Epoch, TimeSpan.FromMinutes(5), [], 0);

    /// <summary>Expected arrivals a second at an instant, by straight line between the middles of buckets, and the variance of their level over its square.</summary>
    public (double PerSecond, double LevelVariance) At(Instant at)
    {
        if (PerSecond.Length == 0) return (0, 0);
        var position = Math.Clamp(((double)(at - From).Ticks / Step.Ticks) - 0.5, 0, PerSecond.Length - 1);
        var lower = (int)position;
        var upper = Math.Min(lower + 1, PerSecond.Length - 1);
        return (PerSecond[lower] + ((position - lower) * (PerSecond[upper] - PerSecond[lower])), LevelVariance);
    }
}

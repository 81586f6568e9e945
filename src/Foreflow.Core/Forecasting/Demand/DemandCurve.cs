using Foreflow.Core.Model;

namespace Foreflow.Core.Forecasting.Demand;

/// <summary>
/// How many slots of a stage will be needed, as quantiles per time bucket. A task that takes d and may wait w asks for
/// d/(d+w) of a slot over d+w: the least that serves it in time.
/// </summary>
public sealed class DemandCurve
{
    /// <summary>The quantile levels that are kept, ascending.</summary>
    public static readonly double[] Levels = [0.5, 0.8, 0.9, 0.95, 0.99];

    private readonly float[] _quantiles;
    private readonly float[] _mean;

    internal DemandCurve(int stage, Instant from, TimeSpan step, float[] mean, float[] quantiles)
    {
        Stage = stage;
        From = from;
        Step = step;
        _mean = mean;
        _quantiles = quantiles;
    }

    /// <summary>Stage number.</summary>
    public int Stage { get; }

    /// <summary>Start of the first bucket.</summary>
    public Instant From { get; }

    /// <summary>Width of a bucket.</summary>
    public TimeSpan Step { get; }

    /// <summary>Number of buckets.</summary>
    public int Buckets => _mean.Length;

    /// <summary>Mean demand of a bucket, in slots.</summary>
    public double Mean(int bucket) => _mean[bucket];

    /// <summary>Demand of a bucket that is not exceeded with probability <paramref name="level"/>, in slots; between the levels that are kept by straight line.</summary>
    public double Quantile(double level, int bucket)
    {
        var row = _quantiles.AsSpan(bucket * Levels.Length, Levels.Length);
        if (level <= Levels[0]) return row[0];
        for (var i = 1; i < Levels.Length; i++)
        {
            if (level > Levels[i]) continue;
            var share = (level - Levels[i - 1]) / (Levels[i] - Levels[i - 1]);
            return row[i - 1] + (share * (row[i] - row[i - 1]));
        }

        return row[^1];
    }

    /// <summary>The bucket with the highest quantile within the first <paramref name="span"/>.</summary>
    public (int Bucket, double Slots) Peak(double level, TimeSpan span)
    {
        var last = (int)Math.Min(Buckets - 1, span.Ticks / Step.Ticks);
        var best = (Bucket: 0, Slots: 0.0);
        for (var b = 0; b <= last; b++)
        {
            var slots = Quantile(level, b);
            if (slots > best.Slots) best = (b, slots);
        }

        return best;
    }

    /// <summary>Start of a bucket.</summary>
    public Instant StartOf(int bucket) => From + (Step * bucket);
}

using Foreflow.Core.Model;

namespace Foreflow.Core.Forecasting.Demand;

/// <summary>Slots of a stage that are needed at an instant for nobody to wait, as a distribution.</summary>
/// <param name="Mean">Expected slots.</param>
/// <param name="Noise">Variance by chance: who arrives when, how long tasks take. Gone within the time a task takes.</param>
/// <param name="Level">Variance because the rate itself is not known: the same for all that is near in time.</param>
public readonly record struct SlotDemand(double Mean, double Noise, double Level)
{
    /// <summary>The number of slots not exceeded with a probability, by a gamma distribution (Wilson and Hilferty 1931); below half a slot by one task that comes or not.</summary>
    public double Quantile(double level) => Mean <= 0 ? 0 : Quantile(level, MathNet.Numerics.Distributions.Normal.InvCDF(0, 1, level));

    /// <inheritdoc cref="Quantile(double)"/>
    /// <param name="level">The probability.</param>
    /// <param name="normal">The quantile of the standard normal distribution at that probability: dear, so whoever asks often brings it.</param>
    public double Quantile(double level, double normal)
    {
        if (Mean <= 0) return 0;
        var variance = Math.Max(Noise + Level, 1e-9);
        if (Mean < 0.5)
        {
            var size = Math.Max(1, variance / Mean);
            return level <= 1 - (Mean / size) ? 0 : size;
        }

        var shape = Mean * Mean / variance;
        var root = 1 - (1 / (9 * shape)) + (normal / (3 * Math.Sqrt(shape)));
        return Mean * Math.Max(0, root) * Math.Max(0, root) * Math.Max(0, root);
    }
}

/// <summary>
/// Demand for slots of a stage over time, on two grids that meet: fine, from work in flight and the recent rate, and beyond
/// it coarse, from trend and season. As in M/G/infinity, nobody queues: a task takes its slot when it is ready.
/// </summary>
public sealed class DemandCurve
{
    private readonly float[] _mean;
    private readonly float[] _noise;
    private readonly float[] _level;
    private readonly CoarseOutlook _coarse;
    private readonly double _slotSecondsPerRun;
    private readonly double _delaySeconds;

    internal DemandCurve(
        int stage, Instant from, TimeSpan step, float[] mean, float[] noise, float[] level, CoarseOutlook coarse, double slotSecondsPerRun, double delaySeconds)
    {
        (Stage, From, Step) = (stage, from, step);
        (_mean, _noise, _level) = (mean, noise, level);
        (_coarse, _slotSecondsPerRun, _delaySeconds) = (coarse, slotSecondsPerRun, delaySeconds);
    }

    /// <summary>Stage number.</summary>
    public int Stage { get; }

    /// <summary>Start of the first bucket.</summary>
    public Instant From { get; }

    /// <summary>Width of a fine bucket.</summary>
    public TimeSpan Step { get; }

    /// <summary>Number of fine buckets.</summary>
    public int Buckets => _mean.Length;

    /// <summary>Why the arrivals it rests on are not to be trusted; null where they are.</summary>
    public string? Distrust { get; internal init; }

    /// <summary>What the arrivals it rests on follow, for people.</summary>
    public string Basis { get; internal init; } = "";

    /// <summary>Mean demand of a fine bucket, in slots.</summary>
    public double Mean(int bucket) => _mean[bucket];

    /// <summary>Demand of a fine bucket that is not exceeded with a probability, in slots.</summary>
    public double Quantile(double level, int bucket) => Bucket(bucket).Quantile(level);

    /// <summary>Demand of a fine bucket.</summary>
    public SlotDemand Bucket(int bucket) => new(_mean[bucket], _noise[bucket], _level[bucket]);

    /// <summary>Demand some time from now; by the coarse grid where the fine one ends.</summary>
    public SlotDemand At(TimeSpan ahead)
    {
        var bucket = ahead.Ticks / Step.Ticks;
        if (bucket < Buckets) return Bucket((int)Math.Max(0, bucket));
        var (perSecond, variance) = _coarse.At(From + ahead - TimeSpan.FromSeconds(_delaySeconds));
        var mean = perSecond * _slotSecondsPerRun;
        return new SlotDemand(mean, mean, variance * mean * mean);
    }

    /// <summary>Expected slot-seconds from now for a span, on the fine grid.</summary>
    public double WorkWithin(TimeSpan span)
    {
        var buckets = Math.Min(Buckets, (double)span.Ticks / Step.Ticks);
        var sum = 0.0;
        for (var b = 0; b < (int)buckets; b++) sum += _mean[b];
        if ((int)buckets < Buckets) sum += (buckets - (int)buckets) * _mean[(int)buckets];
        return sum * Step.TotalSeconds;
    }

    /// <summary>Start of a fine bucket.</summary>
    public Instant StartOf(int bucket) => From + (Step * bucket);
}

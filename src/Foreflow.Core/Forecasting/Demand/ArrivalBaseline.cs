using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Forecasting.Demand;

/// <summary>What a workflow's arrivals are thought to follow apart from their level.</summary>
internal enum ArrivalShape
{
    /// <summary>Nothing: the rate is what it was lately.</summary>
    Level,

    /// <summary>The time of day.</summary>
    Day,

    /// <summary>The time of the week.</summary>
    Week,

    /// <summary>Waves on the fine grid.</summary>
    Wave,
}

/// <summary>
/// Expected arrivals per fine bucket of the past, at the same phase of earlier days, weeks or waves, newer ones counting
/// more (the one before counts 1, those before .7 of the one after them).
/// </summary>
internal sealed class ArrivalBaseline(TimeSpan fineStep, TimeSpan coarseStep)
{
    private const double OlderCounts = 0.7;
    private const int MostWaves = 4;

    /// <summary>Mass of neighbouring coarse buckets: 1 2 3 2 1. A count of a few is mostly chance; a quarter of an hour is not.</summary>
    private static readonly double[] Smoothing = [1, 2, 3, 2, 1];

    private readonly long _finePerCoarse = Math.Max(1, coarseStep.Ticks / fineStep.Ticks);
    private readonly long _coarsePerDay = Math.Max(1, TimeSpan.TicksPerDay / coarseStep.Ticks);
    private readonly Dictionary<(ArrivalShape, long), double> _known = [];

    /// <summary>Length of the waves found, in fine buckets; 0 where there are none.</summary>
    public int WaveBuckets { get; private set; }

    /// <summary>Looks for waves in what is complete before a bucket.</summary>
    public void LookForWaves(ArrivalHistory history, long openBucket)
    {
        // The recent past only: waves that changed should be found anew.
        var length = (int)Math.Min(1024, openBucket - history.FirstFine);
        if (length < 8) return;
        var counts = new double[length];
        for (var i = 0; i < length; i++) counts[i] = history.FineCount(openBucket - length + i);
        WaveBuckets = WaveFinder.StrongestLag(counts);
    }

    /// <summary>Expected arrivals in a fine bucket by what was before <paramref name="openBucket"/>; NaN where nothing is known of that phase.</summary>
    public double At(ArrivalShape shape, ArrivalHistory history, long bucket, long openBucket)
    {
        switch (shape)
        {
            case ArrivalShape.Level:
                return 1;
            case ArrivalShape.Wave:
                return WaveAt(history, bucket, openBucket);
            default:
                var period = shape == ArrivalShape.Day ? _coarsePerDay : 7 * _coarsePerDay;
                // By straight line between the middles of coarse buckets, so that the rate has no steps.
                var position = ((bucket + 0.5) / _finePerCoarse) - 0.5;
                var lower = (long)Math.Floor(position);
                var share = position - lower;
                return ((1 - share) * SeasonAt(shape, history, lower, period, openBucket / _finePerCoarse))
                    + (share * SeasonAt(shape, history, lower + 1, period, openBucket / _finePerCoarse));
        }
    }

    private double SeasonAt(ArrivalShape shape, ArrivalHistory history, long coarse, long period, long openCoarse)
    {
        if (_known.TryGetValue((shape, coarse), out var known)) return known;
        var (sum, weights) = (0.0, 0.0);
        var weight = 1.0;
        for (var back = coarse - period; back - 2 >= history.FirstCoarse && coarse - back < ArrivalHistory.Capacity - 8; back -= period, weight *= OlderCounts)
        {
            if (back + 2 >= openCoarse) continue;
            var smooth = 0.0;
            for (var i = 0; i < Smoothing.Length; i++) smooth += Smoothing[i] / 9 * history.CoarseCount(back - 2 + i);
            sum += weight * smooth;
            weights += weight;
        }

        var value = weights > 0 ? sum / weights / _finePerCoarse : double.NaN;
        if (_known.Count > 512) _known.Clear();
        // What lies more than a period less a smoothing width ahead is known by fewer periods now than it will be then.
        if (coarse - period + 2 < openCoarse) _known[(shape, coarse)] = value;
        return value;
    }

    private double WaveAt(ArrivalHistory history, long bucket, long openBucket)
    {
        if (WaveBuckets == 0) return double.NaN;
        var (sum, weights) = (0.0, 0.0);
        var weight = 1.0;
        var seen = 0;
        for (var back = bucket - WaveBuckets; back - 1 >= history.FirstFine && seen < MostWaves; back -= WaveBuckets)
        {
            if (back + 1 >= openBucket) continue;
            sum += weight * ((0.25 * history.FineCount(back - 1)) + (0.5 * history.FineCount(back)) + (0.25 * history.FineCount(back + 1)));
            weights += weight;
            weight *= OlderCounts;
            seen++;
        }

        return weights > 0 ? sum / weights : double.NaN;
    }
}

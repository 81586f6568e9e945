using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Forecasting.Demand;

/// <summary>
/// Forecast of a workflow's arrivals on the fine grid by resampling its own past. With a season: the same phase of
/// recent seasons, one season a path and stretch, so that waves stay waves. Without: recent buckets, weighted by age
/// (a decayed histogram). Nothing is assumed of the shape of the counts, which on a fine grid are mostly zero.
/// </summary>
public sealed class ArrivalForecast
{
    /// <summary>Seasons drawn from: the last one half of the time, the one before a quarter, …</summary>
    private const int SeasonsKept = 4;

    /// <summary>Autocorrelation a season must have. At 0.3 and two hundred buckets, chance alone is 4 standard errors away.</summary>
    private const double LeastCorrelation = 0.3;

    /// <summary>Half-life of the decayed histogram, in buckets.</summary>
    private const double HalfLifeBuckets = 64;

    private int _period;
    private int _checkedAtLength = -1;

    /// <summary>Season found, in buckets; 0 where there is none.</summary>
    public int PeriodBuckets => _period;

    /// <summary>What the forecast rests on, for people.</summary>
    public string Describe(TimeSpan step) => _period > 0
        ? $"seasonal resampling, season {_period * step.TotalSeconds:0.#} s"
        : "decayed histogram of recent arrivals";

    /// <summary>Draws possible futures.</summary>
    /// <param name="history">Arrivals so far.</param>
    /// <param name="now">Time of the forecast.</param>
    /// <param name="step">Width of a bucket of the history's fine grid.</param>
    /// <param name="buckets">Buckets to forecast, the open one included.</param>
    /// <param name="paths">How many futures.</param>
    /// <param name="seed">Seed of the draws.</param>
    public ArrivalPaths Paths(ArrivalHistory history, Instant now, TimeSpan step, int buckets, int paths, ulong seed)
    {
        var counts = history.Fine(now, out var open);
        LookForSeason(counts);
        var future = new int[paths * buckets];
        if (counts.Length > 0 && history.Count > 1)
        {
            for (var path = 0; path < paths; path++)
            {
                var row = future.AsSpan(path * buckets, buckets);
                if (_period > 0) Resample(counts, row, Draw.Mix(seed, (ulong)path), open.Ticks / step.Ticks);
                else DrawDecayed(counts, row, Draw.Mix(seed, (ulong)path), open.Ticks / step.Ticks);
                // What has already come in the open bucket is known, not forecast.
                row[0] = Math.Max(0, row[0] - history.InOpenFineBucket(now));
            }
        }

        return new ArrivalPaths(open, step, buckets, future);
    }

    private void Resample(double[] counts, Span<int> row, ulong seed, long openBucket)
    {
        var seasons = Math.Min(SeasonsKept, counts.Length / _period);
        for (var i = 0; i < row.Length; i++)
        {
            // One choice a season ahead and path: buckets of a wave are drawn together. The choice is tied to the
            // absolute time, so that the next cycle draws the same future.
            var stretch = (openBucket + i) / _period;
            var uniform = Draw.Uniform(seed, (ulong)stretch, 1);
            var back = 1;
            while (back < seasons && uniform < 1.0 / (1 << back)) back++;
            var seasonsAhead = (i / _period) + 1;
            var source = counts.Length + i - ((seasonsAhead + back - 1) * _period);
            row[i] = source >= 0 ? (int)counts[source] : 0;
        }
    }

    private static void DrawDecayed(double[] counts, Span<int> row, ulong seed, long openBucket)
    {
        for (var i = 0; i < row.Length; i++)
        {
            // Age is geometric with the half-life: the draw is one from the decayed histogram.
            var uniform = Draw.Uniform(seed, (ulong)(openBucket + i), 2);
            var age = (int)(-Math.Log2(1 - uniform) * HalfLifeBuckets);
            row[i] = age < counts.Length ? (int)counts[counts.Length - 1 - age] : 0;
        }
    }

    private void LookForSeason(double[] counts)
    {
        if (counts.Length < 8 || counts.Length - _checkedAtLength < Math.Max(1, _checkedAtLength / 32)) return;
        _checkedAtLength = counts.Length;
        // The recent past only: a season that changed should be found anew.
        var recent = counts.AsSpan(Math.Max(0, counts.Length - 1024));
        _period = StrongestLag(recent);
    }

    /// <summary>The shortest lag whose autocorrelation is a local peak and within a tenth of the highest one; 0 where none is high enough.</summary>
    private static int StrongestLag(ReadOnlySpan<double> series)
    {
        var smooth = Smoothed(series);
        var mean = 0.0;
        foreach (var value in smooth) mean += value / smooth.Length;
        var variance = 0.0;
        foreach (var value in smooth) variance += (value - mean) * (value - mean);
        if (variance <= 0) return 0;

        var longest = smooth.Length / 2;
        var correlation = new double[longest + 2];
        for (var lag = 1; lag <= longest; lag++)
        {
            var sum = 0.0;
            for (var t = lag; t < smooth.Length; t++) sum += (smooth[t] - mean) * (smooth[t - lag] - mean);
            // Fewer pairs at long lags: compare means, not sums.
            correlation[lag] = sum / variance * smooth.Length / (smooth.Length - lag);
        }

        var peak = 0.0;
        for (var lag = 2; lag <= longest; lag++)
            if (IsPeak(correlation, lag)) peak = Math.Max(peak, correlation[lag]);
        if (peak < LeastCorrelation) return 0;
        for (var lag = 2; lag <= longest; lag++)
            if (IsPeak(correlation, lag) && correlation[lag] >= 0.9 * peak) return lag;
        return 0;
    }

    private static bool IsPeak(double[] correlation, int lag) =>
        correlation[lag] > correlation[lag - 1] && correlation[lag] >= correlation[lag + 1];

    /// <summary>Three-bucket mean: waves that slip by a bucket still line up.</summary>
    private static double[] Smoothed(ReadOnlySpan<double> series)
    {
        var smooth = new double[series.Length];
        for (var t = 0; t < series.Length; t++)
        {
            var before = t > 0 ? series[t - 1] : series[t];
            var after = t + 1 < series.Length ? series[t + 1] : series[t];
            smooth[t] = (before + (2 * series[t]) + after) / 4;
        }

        return smooth;
    }
}

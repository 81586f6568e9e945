namespace Foreflow.Core.Forecasting.Demand;

/// <summary>Finds the length of waves in recent fine buckets: the shortest lag at which the series resembles itself most.</summary>
internal static class WaveFinder
{
    /// <summary>Autocorrelation a wave must have. At 0.3 and two hundred buckets, chance alone is 4 standard errors away.</summary>
    private const double LeastCorrelation = 0.3;

    /// <summary>The shortest lag whose autocorrelation is a local peak and within a tenth of the highest one; 0 where none is high enough.</summary>
    public static int StrongestLag(ReadOnlySpan<double> series)
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
        var valley = 1.0;
        var first = 0;
        for (var lag = 1; lag <= longest; lag++)
        {
            valley = Math.Min(valley, correlation[lag]);
            // A trend resembles itself at every lag: waves rise from a valley.
            if (lag < 2 || !IsPeak(correlation, lag) || correlation[lag] < LeastCorrelation || correlation[lag] - valley < LeastCorrelation) continue;
            if (correlation[lag] * 0.9 > peak) first = lag;
            peak = Math.Max(peak, correlation[lag]);
        }

        return first;
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

namespace Foreflow.Core.Forecasting.Accuracy;

/// <summary>
/// The benchmark of the M4 competition that OWA is relative to: the naive forecast of the series, seasonally adjusted by
/// classical multiplicative decomposition where an autocorrelation test at 90 % finds a season.
/// </summary>
/// <remarks>
/// Source: Makridakis, Spiliotis and Assimakopoulos (2020), "The M4 Competition: 100,000 time series and 61 forecasting
/// methods", section 2.2. It is a yardstick, not a member of the pool: it assumes positive values and one known period.
/// </remarks>
public static class Naive2
{
    private const double Quantile90 = 1.645;

    /// <summary>Forecasts <paramref name="horizon"/> steps.</summary>
    /// <param name="history">Values without gaps, oldest first; at least one.</param>
    /// <param name="period">Seasonal period in steps; 1 for none.</param>
    public static double[] Forecast(ReadOnlySpan<double> history, int period, int horizon)
    {
        if (history.IsEmpty) throw new ArgumentException("The history is empty.", nameof(history));
        var forecast = new double[horizon];
        if (!IsSeasonal(history, period))
        {
            Array.Fill(forecast, history[^1]);
            return forecast;
        }

        var indices = SeasonalIndices(history, period);
        var level = history[^1] / indices[(history.Length - 1) % period];
        for (var i = 0; i < horizon; i++) forecast[i] = level * indices[(history.Length + i) % period];
        return forecast;
    }

    /// <summary>The competition's test: is the autocorrelation at the period beyond its 90 % limit (Bartlett's formula)?</summary>
    internal static bool IsSeasonal(ReadOnlySpan<double> history, int period)
    {
        if (period <= 1 || history.Length < 3 * period) return false;
        double mean = 0;
        foreach (var value in history) mean += value;
        mean /= history.Length;
        double variance = 0;
        foreach (var value in history) variance += (value - mean) * (value - mean);
        if (variance == 0) return false;

        var squares = 0.0;
        for (var lag = 1; lag < period; lag++) squares += Math.Pow(Autocorrelation(history, mean, variance, lag), 2);
        var limit = Quantile90 * Math.Sqrt((1 + (2 * squares)) / history.Length);
        return Math.Abs(Autocorrelation(history, mean, variance, period)) > limit;
    }

    private static double Autocorrelation(ReadOnlySpan<double> y, double mean, double variance, int lag)
    {
        double sum = 0;
        for (var t = lag; t < y.Length; t++) sum += (y[t] - mean) * (y[t - lag] - mean);
        return sum / variance;
    }

    private static double[] SeasonalIndices(ReadOnlySpan<double> y, int period)
    {
        var sums = new double[period];
        var counts = new int[period];
        for (var t = period / 2; t < y.Length - (period / 2); t++)
        {
            var ratio = y[t] / CentredAverage(y, t, period);
            if (!double.IsFinite(ratio)) continue;
            sums[t % period] += ratio;
            counts[t % period]++;
        }

        var indices = new double[period];
        for (var k = 0; k < period; k++) indices[k] = counts[k] == 0 ? 1 : sums[k] / counts[k];
        var mean = indices.Average();
        for (var k = 0; k < period; k++) indices[k] = mean == 0 || indices[k] == 0 ? 1 : indices[k] / mean;
        return indices;
    }

    /// <summary>The 2×period moving average: for an even period the two ends count half.</summary>
    private static double CentredAverage(ReadOnlySpan<double> y, int t, int period)
    {
        var half = period / 2;
        double sum = 0;
        for (var j = -half; j <= half; j++)
        {
            var isEnd = Math.Abs(j) == half && period % 2 == 0;
            sum += (isEnd ? 0.5 : 1) * y[t + j];
        }
        return sum / period;
    }
}

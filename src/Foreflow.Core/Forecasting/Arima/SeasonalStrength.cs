using System.Numerics.Tensors;

namespace Foreflow.Core.Forecasting.Arima;

/// <summary>How much of a detrended series its season explains, by a decomposition into trend, season and rest.</summary>
/// <remarks>
/// Sources: Cleveland, Cleveland, McRae and Terpenning (1990), "STL: a seasonal-trend decomposition procedure based on loess",
/// section 2 (inner loop, not robust); strength: Wang, Smith and Hyndman (2006), "Characteristic-based clustering for time series
/// data", section 3.
/// </remarks>
internal static class SeasonalStrength
{
    /// <summary>
    /// Strength above which a seasonal difference is taken: the threshold that Hyndman's R package <c>forecast</c> found best for M3
    /// forecasts.
    /// </summary>
    public const double DifferenceAbove = 0.64;

    private const int SeasonalWindow = 11;
    private const int Passes = 2;

    /// <summary>max(0, 1 − Var(rest) / Var(season + rest)), in [0, 1].</summary>
    /// <param name="series">A series without missing values, at least two periods long.</param>
    public static double Of(ReadOnlySpan<double> series, int period)
    {
        var n = series.Length;
        var trend = new double[n];
        var season = new double[n];
        var work = new double[n];
        var trendWindow = Odd((int)Math.Ceiling(1.5 * period / (1 - (1.5 / SeasonalWindow))));
        for (var pass = 0; pass < Passes; pass++)
        {
            TensorPrimitives.Subtract(series, trend, work);
            Season(work, period, season);
            TensorPrimitives.Subtract(series, season, work);
            LocalLine(work, trendWindow, trend);
        }
        TensorPrimitives.Subtract(series, trend, work);
        var together = Variance(work);
        TensorPrimitives.Subtract<double>(work, season, work);
        return together > 0 ? Math.Clamp(1 - (Variance(work) / together), 0, 1) : 0;
    }

    /// <summary>Smooths each phase by itself, then takes away whatever of that is slower than a season.</summary>
    private static void Season(double[] detrended, int period, double[] season)
    {
        // One season more at either end, so that the moving averages have full windows.
        var extended = new double[detrended.Length + (2 * period)];
        for (var phase = 0; phase < period; phase++) SmoothPhase(detrended, phase, period, extended);

        var slow = MovingAverage(MovingAverage(MovingAverage(extended, period), period), 3);
        var level = new double[slow.Length];
        LocalLine(slow, Odd(period), level);
        for (var t = 0; t < season.Length; t++) season[t] = extended[t + period] - level[t];
    }

    private static void SmoothPhase(double[] series, int phase, int period, double[] extended)
    {
        var count = (series.Length - phase + period - 1) / period;
        for (var k = -1; k <= count; k++)
        {
            var (first, last) = Window(Math.Clamp(k, 0, count - 1), count, SeasonalWindow);
            double sum = 0, weights = 0;
            var reach = Reach(k, first, last, count, SeasonalWindow);
            for (var j = first; j <= last; j++)
            {
                var weight = Tricube(Math.Abs(j - k), reach);
                sum += weight * series[phase + (j * period)];
                weights += weight;
            }
            var at = phase + ((k + 1) * period);
            if (at < extended.Length) extended[at] = sum / weights;
        }
    }

    /// <summary>Loess of degree 1 on equally spaced points.</summary>
    private static void LocalLine(ReadOnlySpan<double> series, int window, Span<double> smooth)
    {
        var n = series.Length;
        for (var i = 0; i < n; i++)
        {
            var (first, last) = Window(i, n, window);
            var reach = Reach(i, first, last, n, window);
            double w0 = 0, w1 = 0, w2 = 0, y0 = 0, y1 = 0;
            for (var j = first; j <= last; j++)
            {
                var x = j - i;
                var weight = Tricube(Math.Abs(x), reach);
                w0 += weight;
                w1 += weight * x;
                w2 += weight * x * x;
                y0 += weight * series[j];
                y1 += weight * x * series[j];
            }
            var determinant = (w0 * w2) - (w1 * w1);
            smooth[i] = determinant > 1e-9 * w0 * w2 ? ((w2 * y0) - (w1 * y1)) / determinant : y0 / w0;
        }
    }

    /// <summary>The <paramref name="width"/> points nearest to one, fewer where there are not as many.</summary>
    private static (int First, int Last) Window(int centre, int count, int width)
    {
        var first = Math.Clamp(centre - (width / 2), 0, Math.Max(0, count - width));
        return (first, Math.Min(count, first + width) - 1);
    }

    /// <summary>Distance at which a weight falls to 0; a window wider than the series reaches further (equation of section 2 of the paper).</summary>
    private static double Reach(int centre, int first, int last, int count, int width) =>
        Math.Max(centre - first, last - centre) + Math.Max(0, (width - count) / 2) + 0.001;

    private static double Tricube(double distance, double reach)
    {
        var u = distance / reach;
        var v = 1 - (u * u * u);
        return v <= 0 ? 0 : v * v * v;
    }

    private static double[] MovingAverage(double[] series, int width)
    {
        var result = new double[series.Length - width + 1];
        double sum = 0;
        for (var t = 0; t < series.Length; t++)
        {
            sum += series[t];
            if (t >= width) sum -= series[t - width];
            if (t >= width - 1) result[t - width + 1] = sum / width;
        }
        return result;
    }

    private static double Variance(ReadOnlySpan<double> values)
    {
        var mean = TensorPrimitives.Sum(values) / values.Length;
        return (TensorPrimitives.SumOfSquares(values) / values.Length) - (mean * mean);
    }

    private static int Odd(int value) => value | 1;
}

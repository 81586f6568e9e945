namespace Foreflow.Core.Forecasting.Accuracy;

/// <summary>
/// Measures of forecast accuracy. Steps whose actual value is missing (<see cref="double.NaN"/>) are left out of every mean.
/// </summary>
/// <remarks>
/// Sources: Hyndman and Koehler (2006), "Another look at measures of forecast accuracy" (MASE);
/// Makridakis, Spiliotis and Assimakopoulos (2020), "The M4 Competition" (sMAPE as used there, OWA, MSIS);
/// Gneiting and Raftery (2007), "Strictly proper scoring rules" (interval and quantile score).
/// </remarks>
public static class ForecastAccuracy
{
    /// <summary>
    /// Mean absolute error of the in-sample seasonal naive forecast: the scale of <see cref="Mase"/> and <see cref="Msis"/>.
    /// </summary>
    /// <param name="history">The history before the forecast; may hold NaN.</param>
    /// <param name="period">Seasonal period in steps; 1 for a series without season.</param>
    /// <returns>NaN where the history holds no pair of values one period apart; 0 for a series that repeats exactly.</returns>
    public static double SeasonalNaiveScale(ReadOnlySpan<double> history, int period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(period, 1);
        double sum = 0;
        var count = 0;
        for (var t = period; t < history.Length; t++)
        {
            var difference = Math.Abs(history[t] - history[t - period]);
            if (double.IsNaN(difference)) continue;
            sum += difference;
            count++;
        }
        return count == 0 ? double.NaN : sum / count;
    }

    /// <summary>Mean absolute error, in the unit of the series.</summary>
    public static double MeanAbsoluteError(ReadOnlySpan<double> actual, ReadOnlySpan<double> forecast)
    {
        CheckLengths(actual, forecast);
        var mean = new MeanOfKnown();
        for (var i = 0; i < actual.Length; i++) mean.Add(Math.Abs(actual[i] - forecast[i]), actual[i]);
        return mean.Value;
    }

    /// <summary>Mean absolute scaled error: 1 is as good as the seasonal naive forecast was on the history.</summary>
    /// <param name="scale">From <see cref="SeasonalNaiveScale"/>; not 0.</param>
    public static double Mase(ReadOnlySpan<double> actual, ReadOnlySpan<double> forecast, double scale) =>
        MeanAbsoluteError(actual, forecast) / scale;

    /// <summary>Symmetric mean absolute percentage error, 0 to 200; a step with actual and forecast both 0 counts 0.</summary>
    public static double Smape(ReadOnlySpan<double> actual, ReadOnlySpan<double> forecast)
    {
        CheckLengths(actual, forecast);
        var mean = new MeanOfKnown();
        for (var i = 0; i < actual.Length; i++)
        {
            var size = Math.Abs(actual[i]) + Math.Abs(forecast[i]);
            mean.Add(size == 0 ? 0 : 200 * Math.Abs(actual[i] - forecast[i]) / size, actual[i]);
        }
        return mean.Value;
    }

    /// <summary>Overall weighted average of sMAPE and MASE, each relative to the Naive2 benchmark of the same set of series.</summary>
    public static double Owa(double smape, double mase, double naive2Smape, double naive2Mase) =>
        ((smape / naive2Smape) + (mase / naive2Mase)) / 2;

    /// <summary>Mean pinball (quantile) loss at one level, in the unit of the series.</summary>
    /// <param name="level">The quantile's probability, above 0 and below 1.</param>
    public static double Pinball(ReadOnlySpan<double> actual, ReadOnlySpan<double> quantile, double level)
    {
        CheckLengths(actual, quantile);
        var mean = new MeanOfKnown();
        for (var i = 0; i < actual.Length; i++)
            mean.Add(Pinball(actual[i], quantile[i], level), actual[i]);
        return mean.Value;
    }

    /// <summary>Pinball (quantile) loss of one value.</summary>
    /// <inheritdoc cref="Pinball(ReadOnlySpan{double}, ReadOnlySpan{double}, double)"/>
    public static double Pinball(double actual, double quantile, double level)
    {
        var over = actual - quantile;
        return over >= 0 ? level * over : (level - 1) * over;
    }

    /// <summary>Share of the actual values that lie within the interval, ends included; 0 to 1.</summary>
    public static double Coverage(ReadOnlySpan<double> actual, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper)
    {
        CheckLengths(actual, lower);
        CheckLengths(actual, upper);
        var mean = new MeanOfKnown();
        for (var i = 0; i < actual.Length; i++)
            mean.Add(actual[i] >= lower[i] && actual[i] <= upper[i] ? 1 : 0, actual[i]);
        return mean.Value;
    }

    /// <summary>
    /// Mean scaled interval score: width plus 2/alpha for each unit by which the actual value lies outside, over the MASE scale.
    /// </summary>
    /// <param name="coverage">Nominal coverage of the interval, 0.95 for a 95 % interval.</param>
    /// <param name="scale">From <see cref="SeasonalNaiveScale"/>; not 0.</param>
    public static double Msis(
        ReadOnlySpan<double> actual, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper, double coverage, double scale)
    {
        CheckLengths(actual, lower);
        CheckLengths(actual, upper);
        var penalty = 2 / (1 - coverage);
        var mean = new MeanOfKnown();
        for (var i = 0; i < actual.Length; i++)
        {
            var below = Math.Max(0, lower[i] - actual[i]);
            var above = Math.Max(0, actual[i] - upper[i]);
            mean.Add(upper[i] - lower[i] + (penalty * (below + above)), actual[i]);
        }
        return mean.Value / scale;
    }

    private static void CheckLengths(ReadOnlySpan<double> actual, ReadOnlySpan<double> forecast)
    {
        if (actual.Length != forecast.Length)
            throw new ArgumentException($"{actual.Length} actual values against {forecast.Length} forecast values.");
    }

    /// <summary>A running mean that leaves out steps whose actual value is missing.</summary>
    private struct MeanOfKnown
    {
        private double _sum;
        private int _count;

        public readonly double Value => _count == 0 ? double.NaN : _sum / _count;

        public void Add(double score, double actual)
        {
            if (double.IsNaN(actual)) return;
            _sum += score;
            _count++;
        }
    }
}

namespace Foreflow.Core.Forecasting.Estimation;

/// <summary>Picks the one season of a model that can hold no more, out of several.</summary>
/// <remarks>
/// Information criteria do not compare ARIMA models that difference the series differently: their likelihoods are of different data.
/// Forecasts of the same held-out observations do compare, for any model.
/// </remarks>
/// <param name="fit">Fits the model with one period.</param>
/// <param name="longest">Longest period to consider, in steps.</param>
internal sealed class PeriodChoice(Func<double[], int, IForecaster> fit, int longest)
{
    /// <summary>A season must be seen three times to be told from chance.</summary>
    private const int SeasonsNeeded = 3;

    private const int Origins = 4;

    /// <summary>A longer season must bring the error below this share of the best shorter one's.</summary>
    private const double MustReach = 0.9;

    /// <summary>The periods that the series holds often enough, in the order given.</summary>
    public int[] Usable(double[] series, IReadOnlyList<int> periods) =>
        [.. periods.Where(period => period >= 2 && period <= longest && series.Length >= SeasonsNeeded * period)];

    /// <summary>The period to use; 1 where none is usable.</summary>
    /// <param name="periods">Known periods, ascending.</param>
    public int Choose(double[] series, IReadOnlyList<int> periods)
    {
        var usable = Usable(series, periods);
        if (usable.Length <= 1) return usable is [var only] ? only : 1;

        // A season of the shortest ahead, but never so much that less than two thirds are left to fit to.
        var horizon = Math.Min(usable[0], series.Length / (3 * Origins));
        var best = usable[0];
        var lowest = HeldOutError(series, best, horizon);
        foreach (var period in usable[1..])
        {
            if (series.Length - (Origins * horizon) < SeasonsNeeded * period) break;
            var error = HeldOutError(series, period, horizon);
            if (!(error < MustReach * lowest)) continue;
            (best, lowest) = (period, error);
        }
        return best;
    }

    /// <summary>Mean absolute error over the last observations, coefficients from before them.</summary>
    private double HeldOutError(double[] series, int period, int horizon)
    {
        var start = series.Length - (Origins * horizon);
        double sum = 0;
        var count = 0;
        try
        {
            var forecaster = fit(series[..start], period);
            for (; start < series.Length; start += horizon)
            {
                var means = forecaster.Forecast(horizon).Mean;
                for (var h = 0; h < horizon; h++)
                {
                    forecaster.Update(series[start + h]);
                    if (double.IsNaN(series[start + h])) continue;
                    sum += Math.Abs(series[start + h] - means[h]);
                    count++;
                }
            }
        }
        catch (ForecastFitException)
        {
            return double.PositiveInfinity;
        }
        return count == 0 ? double.PositiveInfinity : sum / count;
    }
}

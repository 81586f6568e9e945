namespace Foreflow.Core.Forecasting.Arima;

/// <summary>Picks the one season of an ARIMA model out of several.</summary>
/// <remarks>
/// Information criteria do not compare models that differ the series differently: their likelihoods are of different data. Forecasts
/// of the same held-out observations do compare.
/// </remarks>
internal sealed class PeriodChoice(ArimaOptions options)
{
    /// <summary>A season must be seen three times to be told from chance.</summary>
    private const int SeasonsNeeded = 3;

    private const int Origins = 4;

    /// <summary>A longer season must bring the error below this share of the best shorter one's.</summary>
    private const double MustReach = 0.9;

    /// <summary>The period to use; 1 where none is usable.</summary>
    /// <param name="periods">Known periods, ascending.</param>
    public int Choose(double[] series, IReadOnlyList<int> periods)
    {
        int[] usable = [.. periods.Where(period => period >= 2 && period <= options.MaxPeriod && series.Length >= SeasonsNeeded * period)];
        if (usable.Length == 0) return 1;
        if (usable.Length == 1 || options.Season == ArimaSeason.Shortest) return usable[0];
        if (options.Season == ArimaSeason.Longest) return usable[^1];

        var best = usable[0];
        var lowest = HeldOutError(series, usable[0], usable[0]);
        foreach (var period in usable[1..])
        {
            if (series.Length - (Origins * usable[0]) < SeasonsNeeded * period) break;
            var error = HeldOutError(series, period, usable[0]);
            if (!(error < MustReach * lowest)) continue;
            (best, lowest) = (period, error);
        }
        return best;
    }

    /// <summary>Mean absolute error over the last observations, coefficients from before them.</summary>
    private double HeldOutError(double[] series, int period, int horizon)
    {
        var model = new ArimaModel(options with { Season = ArimaSeason.Shortest, MaxObservations = int.MaxValue });
        var start = series.Length - (Origins * horizon);
        double sum = 0;
        var count = 0;
        try
        {
            var forecaster = model.Fit(series.AsSpan(0, start), new FitOptions([period]));
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

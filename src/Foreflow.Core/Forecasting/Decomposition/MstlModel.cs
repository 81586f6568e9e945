using Foreflow.Core.Forecasting.Preparation;

namespace Foreflow.Core.Forecasting.Decomposition;

/// <summary>
/// Takes the seasons out by MSTL, forecasts what is left with another model, and puts the last cycle of every season back.
/// The seasons stay as they are between refits; the other model takes each observation in.
/// </summary>
/// <param name="adjusted">Forecasts the seasonally adjusted series.</param>
/// <remarks>
/// Source: Bandara, Hyndman and Bergmeir (2021), "MSTL"; forecasting a decomposition part by part as in Hyndman and
/// Athanasopoulos (2021), "Forecasting: Principles and Practice", section 5.7.
/// </remarks>
public sealed class MstlModel(IForecastModel adjusted) : IForecastModel
{
    /// <inheritdoc/>
    public string Name => $"mstl-{adjusted.Name}";

    /// <inheritdoc/>
    public IForecaster Fit(ReadOnlySpan<double> history, FitOptions options)
    {
        var length = history.Length;
        int[] periods = [.. options.Periods.Where(period => length >= (2 * period) + 1)];
        if (periods.Length == 0)
            throw new ForecastFitException(options.Periods.Count == 0 ? "no season was found" : $"{length} values do not hold two seasons");

        var filled = Gaps.Fill(history, options.Periods);
        var parts = SeasonalTrendDecomposition.Decompose(filled, periods);
        // The adjusted series may dip below zero where the whole does not: only the sum is floored.
        var inner = adjusted.Fit(parts.Adjusted, options with { Periods = [], NonNegative = false });
        var cycles = new double[periods.Length][];
        for (var i = 0; i < periods.Length; i++) cycles[i] = parts.Seasons[i][^periods[i]..];
        return new Forecaster(inner, cycles, new ForecastBounds(filled, options.NonNegative));
    }

    /// <param name="cycles">For each period, the cycle that repeats; element <c>step mod period</c> belongs to the next step.</param>
    private sealed class Forecaster(IForecaster inner, double[][] cycles, ForecastBounds bounds) : IForecaster
    {
        private ForecastBounds _bounds = bounds;
        private long _steps;

        public string Description => $"MSTL[{string.Join(", ", cycles.Select(cycle => cycle.Length))}] + {inner.Description}";

        public void Update(double observation)
        {
            _bounds.Observe(observation);
            inner.Update(observation - Season(0));
            _steps++;
        }

        public PointForecast Forecast(int horizon)
        {
            var (mean, deviation) = inner.Forecast(horizon);
            for (var i = 0; i < horizon; i++) mean[i] += Season(i);
            return new PointForecast(_bounds.Clamp(mean), deviation);
        }

        public IForecaster Clone() => new Forecaster(inner.Clone(), cycles, _bounds) { _steps = _steps };

        private double Season(int ahead)
        {
            double sum = 0;
            foreach (var cycle in cycles) sum += cycle[(int)((_steps + ahead) % cycle.Length)];
            return sum;
        }
    }
}

namespace Foreflow.Core.Forecasting.Transforms;

/// <summary>
/// Fits another model to the logarithm of a positive series, for seasons and errors in proportion to the level. The forecast
/// transformed back is the median where the inner one is the mean of a symmetric distribution.
/// </summary>
/// <param name="inner">The model of the logarithms.</param>
/// <remarks>
/// Source: Box and Cox (1964), "An analysis of transformations", at λ = 0; Hyndman and Athanasopoulos (2021), "Forecasting:
/// Principles and Practice", section 5.6, for the median under back-transformation.
/// </remarks>
public sealed class LogTransformedModel(IForecastModel inner) : IForecastModel
{
    /// <inheritdoc/>
    public string Name => $"log-{inner.Name}";

    /// <inheritdoc/>
    public IForecaster Fit(ReadOnlySpan<double> history, FitOptions options)
    {
        var logarithms = new double[history.Length];
        for (var t = 0; t < history.Length; t++)
        {
            if (history[t] <= 0) throw new ForecastFitException("not all values are positive");
            logarithms[t] = Math.Log(history[t]);
        }
        return new Forecaster(inner.Fit(logarithms, options with { NonNegative = false }), new ForecastBounds(history, nonNegative: true));
    }

    private sealed class Forecaster(IForecaster inner, ForecastBounds bounds) : IForecaster
    {
        private ForecastBounds _bounds = bounds;

        public string Description => $"log, {inner.Description}";

        public void Update(double observation)
        {
            _bounds.Observe(observation);
            // A value the logarithm does not take is passed on as missing.
            inner.Update(observation > 0 ? Math.Log(observation) : double.NaN);
        }

        public PointForecast Forecast(int horizon)
        {
            var (mean, deviation) = inner.Forecast(horizon);
            for (var i = 0; i < horizon; i++)
            {
                mean[i] = _bounds.Clamp(Math.Exp(mean[i]));
                deviation[i] = mean[i] * Math.Sqrt(Math.Exp(deviation[i] * deviation[i]) - 1);
            }
            return new PointForecast(mean, deviation);
        }

        public IForecaster Clone() => new Forecaster(inner.Clone(), _bounds);
    }
}

namespace Foreflow.Core.Forecasting.Arima;

/// <summary>A fitted ARIMA model at the end of its series.</summary>
public sealed class ArimaForecaster : IForecaster
{
    private readonly ArimaFilter _filter;
    private ForecastBounds _bounds;

    internal ArimaForecaster(ArimaEstimate estimate, ArimaFilter filter, ForecastBounds bounds)
    {
        Estimate = estimate;
        _filter = filter;
        _bounds = bounds;
    }

    /// <summary>The orders, the coefficients and how well they explain the history.</summary>
    public ArimaEstimate Estimate { get; }

    /// <inheritdoc/>
    public string Description => Estimate.Order.ToString();

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The observation is infinite.</exception>
    public void Update(double observation)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(double.IsInfinity(observation), true, nameof(observation));
        _bounds.Observe(observation);
        _filter.Step(observation);
    }

    /// <inheritdoc/>
    public PointForecast Forecast(int horizon)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(horizon);
        var means = new double[horizon];
        var deviations = new double[horizon];
        _filter.Forecast(means, deviations);
        for (var h = 0; h < horizon; h++)
        {
            means[h] = _bounds.Clamp(means[h]);
            deviations[h] = Math.Sqrt(deviations[h] * Estimate.UnbiasedVariance);
        }
        return new PointForecast(means, deviations);
    }

    /// <inheritdoc/>
    public IForecaster Clone() => new ArimaForecaster(Estimate, _filter.Clone(), _bounds);
}

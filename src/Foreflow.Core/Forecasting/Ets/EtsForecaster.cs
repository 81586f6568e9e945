namespace Foreflow.Core.Forecasting.Ets;

/// <summary>A fitted exponential smoothing model at the end of its series. An update takes O(1).</summary>
public sealed class EtsForecaster : IForecaster
{
    private readonly EtsState _state;
    private ForecastBounds _bounds;

    internal EtsForecaster(EtsEstimate estimate, EtsState state, ForecastBounds bounds)
    {
        Estimate = estimate;
        _state = state;
        _bounds = bounds;
    }

    /// <summary>The components, the parameters and how well they explain the history.</summary>
    public EtsEstimate Estimate { get; }

    /// <inheritdoc/>
    public string Description => Estimate.Form.ToString();

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The observation is infinite.</exception>
    public void Update(double observation)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(double.IsInfinity(observation), true, nameof(observation));
        _bounds.Observe(observation);
        _state.Step(observation);
    }

    /// <inheritdoc/>
    public PointForecast Forecast(int horizon)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(horizon);
        var means = new double[horizon];
        var season = new double[horizon];
        _state.Forecast(means, season);
        var deviations = EtsVariance.Of(Estimate.Form, Estimate.Smoothing, means, season, Estimate.UnbiasedVariance);
        for (var h = 0; h < horizon; h++)
        {
            deviations[h] = Math.Sqrt(deviations[h]);
            if (Estimate.Form.Season == EtsKind.Multiplicative) means[h] *= season[h];
            else if (Estimate.Form.Season == EtsKind.Additive) means[h] += season[h];
            means[h] = _bounds.Clamp(means[h]);
        }
        return new PointForecast(means, deviations);
    }

    /// <inheritdoc/>
    public IForecaster Clone() => new EtsForecaster(Estimate, _state.Clone(), _bounds);
}

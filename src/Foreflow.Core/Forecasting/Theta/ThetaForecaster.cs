using System.Globalization;

namespace Foreflow.Core.Forecasting.Theta;

/// <summary>A fitted theta model at the end of its series. An update takes O(1).</summary>
public sealed class ThetaForecaster : IForecaster
{
    private readonly SeasonalCycles _cycles;
    private ThetaState _state;
    private ForecastBounds _bounds;
    private long _step;

    internal ThetaForecaster(
        ThetaParameters parameters, double innovationVariance, ThetaState state, SeasonalCycles cycles, long step, ForecastBounds bounds)
    {
        Parameters = parameters;
        InnovationVariance = innovationVariance;
        _state = state;
        _cycles = cycles;
        _step = step;
        _bounds = bounds;
    }

    /// <summary>The estimated parameters, of the seasonally adjusted series.</summary>
    public ThetaParameters Parameters { get; }

    /// <summary>Variance of the one-step errors in squared units of the series.</summary>
    public double InnovationVariance { get; }

    /// <inheritdoc/>
    public string Description
    {
        get
        {
            var theta = string.Create(CultureInfo.InvariantCulture, $"theta(θ={Parameters.Theta:0.##}, α={Parameters.Alpha:0.##})");
            var kind = _cycles.IsMultiplicative ? "multiplicative" : "additive";
            return _cycles.Periods.Any() ? $"{theta}, {kind} season [{string.Join(", ", _cycles.Periods)}]" : theta;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The observation is infinite.</exception>
    public void Update(double observation)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(double.IsInfinity(observation), true, nameof(observation));
        _bounds.Observe(observation);
        var season = _cycles.At(_step++);
        if (double.IsNaN(observation)) observation = _state.Predict();
        else observation = _cycles.IsMultiplicative ? observation / season : observation - season;
        _state.Step(observation);
    }

    /// <inheritdoc/>
    public PointForecast Forecast(int horizon)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(horizon);
        var means = new double[horizon];
        var state = _state;
        for (var h = 0; h < horizon; h++)
        {
            var mean = state.Predict();
            state.Step(mean);
            var season = _cycles.At(_step + h);
            means[h] = _bounds.Clamp(_cycles.IsMultiplicative ? mean * season : mean + season);
        }
        return new PointForecast(means, Deviations(horizon));
    }

    /// <inheritdoc/>
    public IForecaster Clone() => new ThetaForecaster(Parameters, InnovationVariance, _state, _cycles, _step, _bounds);

    /// <summary>
    /// The model is linear: the variance h steps ahead sums the squares of what a unit innovation at each step before makes of it. The
    /// line through the data learns ever more slowly, so each step has a response of its own.
    /// </summary>
    private double[] Deviations(int horizon)
    {
        var deviations = new double[horizon];
        var origin = _state.Homogeneous();
        for (var at = 0; at < horizon; at++)
        {
            deviations[at] += 1;
            var response = origin;
            response.Step(1);
            for (var h = at + 1; h < horizon; h++)
            {
                var effect = response.Predict();
                deviations[h] += effect * effect;
                response.Step(effect);
            }
            origin.Step(0);
        }
        for (var h = 0; h < horizon; h++) deviations[h] = Math.Sqrt(deviations[h] * InnovationVariance);
        return deviations;
    }
}

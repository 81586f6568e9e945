using Foreflow.Core.Forecasting.Preparation;

namespace Foreflow.Core.Forecasting.Seasonal;

/// <summary>
/// The mean of each phase of the season, where older seasons count exponentially less. With a decay of 0.6:
/// <list type="table">
/// <item><term>this season</term><description>counts 1</description></item>
/// <item><term>one season ago</term><description>counts 0.6</description></item>
/// <item><term>four seasons ago</term><description>counts 0.13</description></item>
/// </list>
/// </summary>
/// <param name="decay">Weight of a season relative to the next newer one, above 0, at most 1.</param>
/// <param name="period">Seasonal period in steps; null for the longest of <see cref="FitOptions.Periods"/>.</param>
/// <remarks>
/// Source: exponential smoothing of each phase by itself, as the seasonal equation of Winters (1960), "Forecasting sales by
/// exponentially weighted moving averages", with weights normalised so that the start needs no initial value.
/// </remarks>
public sealed class SeasonalProfileModel(double decay = 0.6, int? period = null) : IForecastModel
{
    /// <inheritdoc/>
    public string Name => period is { } fixedPeriod ? $"profile-{fixedPeriod}" : "profile";

    /// <inheritdoc/>
    public IForecaster Fit(ReadOnlySpan<double> history, FitOptions options)
    {
        var chosen = period ?? (options.Periods.Count > 0 ? options.Periods[^1] : throw new ForecastFitException("no season was found"));
        if (history.Length < chosen)
            throw new ForecastFitException($"{history.Length} values are less than one season of {chosen}");
        return new Forecaster(Gaps.Fill(history, options.Periods), chosen, decay);
    }

    private sealed class Forecaster : IForecaster
    {
        private readonly double _decay;
        private readonly double[] _sums;
        private readonly double[] _weights;
        private readonly double[] _squaredErrors;
        private int _phase;

        public Forecaster(double[] history, int period, double decay)
        {
            _decay = decay;
            _sums = new double[period];
            _weights = new double[period];
            _squaredErrors = new double[period];
            foreach (var value in history) Update(value);
        }

        private Forecaster(Forecaster other)
        {
            (_decay, _phase) = (other._decay, other._phase);
            _sums = (double[])other._sums.Clone();
            _weights = (double[])other._weights.Clone();
            _squaredErrors = (double[])other._squaredErrors.Clone();
        }

        public string Description => $"seasonal profile[{_sums.Length}], decay {_decay:0.##}";

        public void Update(double observation)
        {
            var known = _weights[_phase] > 0;
            if (double.IsNaN(observation)) observation = Mean(_phase);
            var error = known ? observation - Mean(_phase) : 0;
            _squaredErrors[_phase] = (_decay * _squaredErrors[_phase]) + (error * error);
            _sums[_phase] = (_decay * _sums[_phase]) + observation;
            _weights[_phase] = (_decay * _weights[_phase]) + 1;
            _phase = (_phase + 1) % _sums.Length;
        }

        public PointForecast Forecast(int horizon)
        {
            var mean = new double[horizon];
            var deviation = new double[horizon];
            for (var i = 0; i < horizon; i++)
            {
                var phase = (_phase + i) % _sums.Length;
                mean[i] = Mean(phase);
                deviation[i] = Math.Sqrt(_squaredErrors[phase] / _weights[phase]);
            }
            return new PointForecast(mean, deviation);
        }

        public IForecaster Clone() => new Forecaster(this);

        private double Mean(int phase) => _sums[phase] / _weights[phase];
    }
}

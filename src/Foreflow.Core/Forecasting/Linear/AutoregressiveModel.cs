using System.Numerics.Tensors;
using Foreflow.Core.Forecasting.Preparation;

namespace Foreflow.Core.Forecasting.Linear;

/// <summary>
/// A mean (or last level) and an autoregressive process around it, its order chosen by AICc. Takes no account of seasons
/// beyond its longest lag: for series without one, and for what is left when seasons have been taken out.
/// </summary>
/// <param name="onChanges">True to fit the changes from step to step: the level wanders and no mean pulls it back.</param>
/// <remarks>Sources: those of Burg's method and AICc, Burg (1975) and Hurvich and Tsai (1989).</remarks>
public sealed class AutoregressiveModel(bool onChanges = false) : IForecastModel
{
    private const int LongestOrder = 50;

    /// <inheritdoc/>
    public string Name => onChanges ? "ari" : "ar";

    /// <inheritdoc/>
    public IForecaster Fit(ReadOnlySpan<double> history, FitOptions options)
    {
        var filled = Gaps.Fill(history, options.Periods);
        if (filled.Length < 4) throw new ForecastFitException($"{filled.Length} values are too few for an autoregression");

        double[] sample;
        double mean = 0;
        if (onChanges)
        {
            sample = new double[filled.Length - 1];
            TensorPrimitives.Subtract(filled.AsSpan(1), filled.AsSpan(0, sample.Length), sample);
        }
        else
        {
            mean = TensorPrimitives.Sum<double>(filled) / filled.Length;
            sample = new double[filled.Length];
            TensorPrimitives.Subtract(filled, mean, sample);
        }

        var process = AutoregressiveProcess.Fit(sample, Math.Min(LongestOrder, sample.Length / 10));
        var bounds = new ForecastBounds(filled, options.NonNegative);
        return new Forecaster(process, onChanges, mean, new SlidingWindow(process.Order, sample), filled[^1], bounds);
    }

    private sealed class Forecaster(
        AutoregressiveProcess process, bool onChanges, double mean, SlidingWindow window, double last, ForecastBounds bounds)
        : IForecaster
    {
        private ForecastBounds _bounds = bounds;
        private double _last = last;

        public string Description => onChanges ? $"AR({process.Order}) on changes" : $"AR({process.Order})";

        public void Update(double observation)
        {
            if (double.IsNaN(observation)) observation = Forecast(1).Mean[0];
            _bounds.Observe(observation);
            window.Add(onChanges ? observation - _last : observation - mean);
            _last = observation;
        }

        public PointForecast Forecast(int horizon)
        {
            var path = process.Extend(window.Values, horizon);
            var level = _last;
            for (var i = 0; i < horizon; i++) path[i] = onChanges ? level += path[i] : path[i] + mean;
            return new PointForecast(_bounds.Clamp(path), process.ForecastDeviation(horizon, onChanges));
        }

        public IForecaster Clone() => new Forecaster(process, onChanges, mean, window.Clone(), _last, _bounds);
    }
}

using Foreflow.Core.Forecasting.Intervals;
using Foreflow.Core.Forecasting.Preparation;

namespace Foreflow.Core.Forecasting.Ensemble;

/// <summary>
/// A fitted ensemble. Take each new observation in with <see cref="Update"/>, ask for quantiles or sample paths, and fit anew
/// now and then: members keep their parameters and weights between fits, intervals adapt with every observation.
/// </summary>
public sealed class EnsembleForecaster : IForecaster
{
    private readonly IReadOnlyList<WeightedForecaster> _members;
    private readonly Calibration _calibration;
    private readonly AnomalyGuard? _guard;
    private readonly bool _nonNegative;
    private ForecastBounds _bounds;
    private long _time;

    internal EnsembleForecaster(
        IReadOnlyList<WeightedForecaster> members, IReadOnlyList<MemberReport> reports, IReadOnlyList<int> periods, IReadOnlyList<string> notes,
        Calibration calibration, AnomalyGuard? guard, ForecastBounds bounds, bool nonNegative, long time)
    {
        (_members, Reports, Periods, Notes, _calibration) = (members, reports, periods, notes, calibration);
        (_guard, _bounds, _nonNegative, _time) = (guard, bounds, nonNegative, time);
    }

    /// <summary>What became of each model of the pool, heaviest first.</summary>
    public IReadOnlyList<MemberReport> Reports { get; }

    /// <summary>Seasonal periods in steps the ensemble was fitted with, ascending; empty for none.</summary>
    public IReadOnlyList<int> Periods { get; }

    /// <summary>What was found in the history and done about it, in words for people.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <inheritdoc/>
    public string Description => string.Join(
        " + ", Reports.Where(report => report.Weight > 0).Select(report => $"{report.Weight:0.00} {report.Description}"));

    /// <inheritdoc/>
    public void Update(double observation)
    {
        var intervals = _calibration.Intervals;
        if (intervals.WantsForecast(_time)) intervals.Remember(_time, Mean(_calibration.Horizon));
        if (!double.IsNaN(observation)) intervals.Observe(_time, observation);

        // Intervals are held to what happened; members need not learn from what will not happen again.
        var taken = _guard?.Pass(_time, observation) ?? observation;
        _bounds.Observe(taken);
        foreach (var (_, forecaster) in _members) forecaster.Update(taken);
        _time++;
    }

    /// <inheritdoc/>
    public PointForecast Forecast(int horizon)
    {
        var oneSigma = _calibration.Intervals.Distance(0.8413);
        var mean = Mean(horizon);
        var deviation = new double[horizon];
        for (var step = 0; step < horizon; step++) deviation[step] = oneSigma * _calibration.Intervals.ScaleAt(step, _time + step);
        return new PointForecast(mean, deviation);
    }

    /// <summary>Forecasts the quantiles of the next steps.</summary>
    /// <param name="horizon">Steps ahead, at least 1.</param>
    /// <param name="levels">Probabilities, each above 0 and below 1; <see cref="QuantileForecast.LevelsOf(IEnumerable{double})"/> gives those of intervals.</param>
    public QuantileForecast Forecast(int horizon, IReadOnlyList<double> levels) =>
        _calibration.Intervals.Quantiles(Mean(horizon), _time, [.. levels.Order()], _nonNegative);

    /// <summary>
    /// Draws possible futures. Each step is distributed as its quantiles say, and steps hang together as errors did in
    /// validation, so that sums over time are as uncertain as they should be.
    /// </summary>
    /// <param name="count">Number of paths.</param>
    /// <param name="seed">Equal seeds draw equal paths.</param>
    /// <returns>One array of <paramref name="horizon"/> values per path.</returns>
    public double[][] SamplePaths(int horizon, int count, ulong seed)
    {
        var scale = new double[horizon];
        for (var step = 0; step < horizon; step++) scale[step] = _calibration.Intervals.ScaleAt(step, _time + step);
        return Intervals.SamplePaths.Draw(
            Mean(horizon), scale, _calibration.Intervals.Distance, _calibration.Correlation, count, seed, _nonNegative);
    }

    /// <summary>An independent copy: updating one leaves the other as it was.</summary>
    public EnsembleForecaster Clone() => new(
        [.. _members.Select(member => member with { Forecaster = member.Forecaster.Clone() })], Reports, Periods, Notes,
        _calibration with { Intervals = _calibration.Intervals.Clone() }, _guard?.Clone(), _bounds, _nonNegative, _time);

    IForecaster IForecaster.Clone() => Clone();

    private double[] Mean(int horizon)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(horizon, 1);
        var mean = new double[horizon];
        foreach (var (weight, forecaster) in _members)
        {
            var path = forecaster.Forecast(horizon).Mean;
            for (var step = 0; step < horizon; step++) mean[step] += weight * path[step];
        }
        return _bounds.Clamp(mean);
    }
}

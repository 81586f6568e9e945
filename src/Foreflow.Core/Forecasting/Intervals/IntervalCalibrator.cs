namespace Foreflow.Core.Forecasting.Intervals;

/// <summary>
/// Turns a forecast into quantiles, and keeps them honest: forecasts are remembered, scored as their steps come to pass, and
/// their errors and misses taken in.
/// </summary>
internal sealed class IntervalCalibrator
{
    private readonly ErrorScale _scale;
    private readonly ErrorDistribution _errors;
    private readonly AdaptiveMissRates _missRates;
    private readonly List<Outstanding> _outstanding;
    private readonly int _interval;

    /// <param name="interval">Observations from one remembered forecast to the next.</param>
    public IntervalCalibrator(ErrorScale scale, ErrorDistribution errors, int interval)
        : this(scale, errors, new AdaptiveMissRates(), [], interval)
    {
    }

    private IntervalCalibrator(
        ErrorScale scale, ErrorDistribution errors, AdaptiveMissRates missRates, List<Outstanding> outstanding, int interval)
    {
        (_scale, _errors, _missRates) = (scale, errors, missRates);
        (_outstanding, _interval) = (outstanding, interval);
    }

    /// <summary>A forecast that waits to be scored.</summary>
    private readonly record struct Outstanding(long Origin, double[] Mean);

    /// <summary>An independent copy.</summary>
    public IntervalCalibrator Clone() => new(_scale, _errors.Clone(), _missRates.Clone(), [.. _outstanding], _interval);

    /// <summary>True where a forecast from this time on should be remembered.</summary>
    public bool WantsForecast(long time) => _outstanding.Count == 0 || time - _outstanding[^1].Origin >= _interval;

    /// <summary>Remembers a forecast, to be scored as its steps are observed.</summary>
    /// <param name="time">Index of its first step.</param>
    public void Remember(long time, double[] mean) => _outstanding.Add(new Outstanding(time, mean));

    /// <summary>Scores the remembered forecasts of one step.</summary>
    /// <param name="time">Index of the step.</param>
    public void Observe(long time, double observation)
    {
        _outstanding.RemoveAll(forecast => time - forecast.Origin >= forecast.Mean.Length);
        if (_outstanding.Count == 0) return;

        Span<double> missed = stackalloc double[AdaptiveMissRates.Followed.Length];
        missed.Clear();
        var followed = AdaptiveMissRates.Followed;
        Span<double> scaled = _outstanding.Count <= 64 ? stackalloc double[_outstanding.Count] : new double[_outstanding.Count];
        for (var k = 0; k < _outstanding.Count; k++)
        {
            var step = (int)(time - _outstanding[k].Origin);
            scaled[k] = (observation - _outstanding[k].Mean[step]) / _scale.At(step, time);
        }
        for (var i = 0; i < followed.Length; i++)
        {
            var (below, above) = _errors.Reach(_missRates.Aimed(followed[i]));
            foreach (var error in scaled)
            {
                if (error > above || error < -below) missed[i] += 1.0 / scaled.Length;
            }
        }
        _missRates.Observe(missed);
        foreach (var error in scaled) _errors.Replace(error);
    }

    /// <summary>The quantiles of a forecast; they never cross.</summary>
    /// <param name="time">Index of its first step.</param>
    /// <param name="levels">Ascending probabilities, each above 0 and below 1.</param>
    public QuantileForecast Quantiles(double[] mean, long time, IReadOnlyList<double> levels, bool nonNegative)
    {
        // Each level learns from its own misses, so that two of them may cross: rearranged, they are no worse
        // (Chernozhukov, Fernandez-Val and Galichon 2010).
        var distances = levels.Select(Distance).ToArray();
        Array.Sort(distances);
        var paths = new double[levels.Count][];
        for (var i = 0; i < paths.Length; i++)
        {
            var distance = distances[i];
            var path = paths[i] = new double[mean.Length];
            for (var step = 0; step < path.Length; step++)
            {
                var value = mean[step] + (distance * _scale.At(step, time + step));
                path[step] = nonNegative ? Math.Max(0, value) : value;
            }
        }
        return new QuantileForecast(mean, [.. levels], paths);
    }

    /// <summary>Signed distance of a quantile from the forecast, in units of the scale; it ascends with the level.</summary>
    public double Distance(double level)
    {
        if (level is <= 0 or >= 1) throw new ArgumentOutOfRangeException(nameof(level), level, "A level lies between 0 and 1.");
        var missRate = 2 * Math.Min(level, 1 - level);
        if (missRate >= 1) return 0;
        var (below, above) = _errors.Reach(_missRates.Aimed(missRate));
        return level < 0.5 ? -below : above;
    }

    /// <summary>Expected absolute error of a step.</summary>
    public double ScaleAt(int step, long time) => _scale.At(step, time);
}

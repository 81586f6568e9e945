namespace Foreflow.Core.Forecasting;

/// <summary>
/// Keeps a forecast within reason: no further outside what was seen than the whole range seen, never negative for a series
/// that must not be, and never "not a number".
/// </summary>
internal struct ForecastBounds
{
    private readonly bool _nonNegative;
    private double _minimum;
    private double _maximum;

    public ForecastBounds(ReadOnlySpan<double> history, bool nonNegative)
    {
        _nonNegative = nonNegative;
        _minimum = double.PositiveInfinity;
        _maximum = double.NegativeInfinity;
        foreach (var value in history) Observe(value);
    }

    /// <summary>Widens the bounds to a new observation.</summary>
    public void Observe(double value)
    {
        if (double.IsNaN(value)) return;
        _minimum = Math.Min(_minimum, value);
        _maximum = Math.Max(_maximum, value);
    }

    /// <summary>The nearest value within the bounds; the middle of the range for NaN.</summary>
    public readonly double Clamp(double value)
    {
        if (_minimum > _maximum) return value;
        if (double.IsNaN(value)) value = (_minimum + _maximum) / 2;
        var range = _maximum - _minimum;
        var floor = _minimum - range;
        return Math.Clamp(value, _nonNegative ? Math.Max(0, floor) : floor, Math.Max(_nonNegative ? 0 : floor, _maximum + range));
    }

    /// <summary>The nearest value that was seen or lies between such.</summary>
    public readonly double ClampToSeen(double value) => _minimum > _maximum ? value : Math.Clamp(value, _minimum, _maximum);

    /// <summary>Clamps every value in place and returns the same array.</summary>
    public readonly double[] Clamp(double[] values)
    {
        for (var i = 0; i < values.Length; i++) values[i] = Clamp(values[i]);
        return values;
    }
}

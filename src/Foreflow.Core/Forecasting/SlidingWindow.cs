namespace Foreflow.Core.Forecasting;

/// <summary>The newest values of a series, as one contiguous span. Adding costs O(1) on average; older values are forgotten.</summary>
internal sealed class SlidingWindow
{
    private readonly double[] _buffer;
    private readonly int _capacity;
    private int _end;

    /// <param name="capacity">How many values are kept at least.</param>
    /// <param name="values">Values to begin with, oldest first.</param>
    public SlidingWindow(int capacity, ReadOnlySpan<double> values)
    {
        _capacity = Math.Max(1, capacity);
        _buffer = new double[2 * _capacity];
        var kept = values[Math.Max(0, values.Length - _capacity)..];
        kept.CopyTo(_buffer);
        _end = kept.Length;
    }

    private SlidingWindow(SlidingWindow other)
    {
        _capacity = other._capacity;
        _buffer = (double[])other._buffer.Clone();
        _end = other._end;
    }

    /// <summary>The newest values, oldest first; fewer than the capacity while the series is shorter.</summary>
    public ReadOnlySpan<double> Values => _buffer.AsSpan(Math.Max(0, _end - _capacity), Math.Min(_end, _capacity));

    /// <summary>The newest value.</summary>
    public double Last => _buffer[_end - 1];

    /// <summary>The value <paramref name="lag"/> steps before the next one: 1 is the newest.</summary>
    public double Lagged(int lag) => _buffer[_end - lag];

    /// <summary>Adds the next value.</summary>
    public void Add(double value)
    {
        if (_end == _buffer.Length)
        {
            _buffer.AsSpan(_end - _capacity).CopyTo(_buffer);
            _end = _capacity;
        }
        _buffer[_end++] = value;
    }

    /// <summary>An independent copy.</summary>
    public SlidingWindow Clone() => new(this);
}

using System.Runtime.InteropServices;

namespace Foreflow.Core.Forecasting.Lstm;

/// <summary>
/// A series without holes, which remembers where they were. A missing value takes that of one season ago, or the one before where
/// there is no season: what a forecaster can know at the time, so that training sees holes as forecasting does.
/// It also knows its phase in each season, counted from the crest of the season's fundamental wave: series of different places and
/// calendars then agree on what "morning" is, without any of them knowing the time of day.
/// </summary>
internal sealed class FilledSeries
{
    private readonly int[] _periods;
    private readonly int _season;
    private readonly int _kept;
    private readonly double[] _crests;
    private readonly List<double> _values;
    private readonly List<bool> _known;
    private long _forgotten;

    /// <summary>Reads a history, oldest first; <see cref="double.NaN"/> is missing, and so is infinity.</summary>
    /// <param name="periods">Seasonal periods, ascending; a missing value is looked up one of the shortest ago.</param>
    /// <param name="kept">How many of the newest values must stay when more are appended.</param>
    /// <param name="unmeasured">How many of the newest values have no say in deviation and phase, because they are held out.</param>
    /// <exception cref="ForecastFitException">No value is known.</exception>
    public FilledSeries(ReadOnlySpan<double> history, IReadOnlyList<int> periods, int kept, int unmeasured = 0)
    {
        _periods = [.. periods];
        _season = periods.Count > 0 ? periods[0] : 1;
        _kept = Math.Max(kept, _season);
        _values = new List<double>(history.Length);
        _known = new List<bool>(history.Length);
        var first = 0;
        while (first < history.Length && !double.IsFinite(history[first])) first++;
        if (first == history.Length) throw new ForecastFitException("every value of the history is missing");

        foreach (var value in history) Take(value, history[first]);
        var measured = CollectionsMarshal.AsSpan(_values)[..Math.Max(1, history.Length - unmeasured)];
        Deviation = StandardDeviation(measured);
        _crests = new double[_periods.Length];
        for (var i = 0; i < _crests.Length; i++) _crests[i] = Crest(measured, _periods[i]);
    }

    private FilledSeries(FilledSeries other)
    {
        (_periods, _crests, _forgotten) = (other._periods, other._crests, other._forgotten);
        (_season, _kept, Deviation) = (other._season, other._kept, other.Deviation);
        _values = [.. other._values];
        _known = [.. other._known];
    }

    /// <summary>Values held.</summary>
    public int Count => _values.Count;

    /// <summary>Standard deviation of the history this was made from, held-out values aside.</summary>
    public double Deviation { get; }

    /// <summary>The value at a position, filled in where it was missing.</summary>
    public double this[int index] => _values[index];

    /// <summary>True where the value was observed.</summary>
    public bool IsKnown(int index) => _known[index];

    /// <summary>The value at a position; before the first one, the earliest that is whole seasons later.</summary>
    public double Before(int index, int season)
    {
        if (index < 0) index += (season - 1 - index) / season * season;
        return _values[index];
    }

    /// <summary>Angle, in radians, of a position in a season, 0 at the crest of the season's fundamental wave.</summary>
    /// <param name="period">Position among the periods.</param>
    public double Phase(int index, int period) => (2 * Math.PI * ((_forgotten + index) % _periods[period]) / _periods[period]) - _crests[period];

    /// <summary>Takes the next value, and forgets the oldest ones when there are many more than needed.</summary>
    public void Append(double value)
    {
        Take(value, 0);
        if (_values.Count < 2 * _kept) return;
        var surplus = _values.Count - _kept;
        _values.RemoveRange(0, surplus);
        _known.RemoveRange(0, surplus);
        _forgotten += surplus;
    }

    /// <summary>An independent copy of the newest values.</summary>
    public FilledSeries Clone() => new(this);

    private void Take(double value, double substitute)
    {
        var known = double.IsFinite(value);
        var count = _values.Count;
        _values.Add(known ? value : count >= _season ? _values[count - _season] : count > 0 ? _values[^1] : substitute);
        _known.Add(known);
    }

    // The angle of the Fourier coefficient at the period, over whole seasons.
    private static double Crest(ReadOnlySpan<double> values, int period)
    {
        double sine = 0, cosine = 0;
        for (var t = values.Length % period; t < values.Length; t++)
        {
            var (s, c) = Math.SinCos(2 * Math.PI * (t % period) / period);
            sine += s * values[t];
            cosine += c * values[t];
        }

        return Math.Atan2(sine, cosine);
    }

    private static double StandardDeviation(ReadOnlySpan<double> values)
    {
        double mean = 0, squares = 0;
        foreach (var value in values) mean += value / values.Length;
        foreach (var value in values) squares += (value - mean) * (value - mean) / values.Length;
        return Math.Sqrt(squares);
    }
}

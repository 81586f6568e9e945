namespace Foreflow.Core.Forecasting.Preparation;

/// <summary>The steps of a week at which there ever is a value: the opening hours of whatever is measured.</summary>
internal sealed class OpenWeek
{
    /// <summary>Weeks that must agree before a step counts as closed.</summary>
    private const int LeastWeeks = 3;

    /// <summary>Share of steps without value below which gaps are gaps, not closing hours.</summary>
    private const double LeastMissing = 0.2;

    private readonly bool[] _isOpen;
    private readonly int _stepsPerDay;
    private readonly int _openPerWeek;
    private readonly int[] _openPlaces;

    private OpenWeek(bool[] isOpen, int stepsPerDay)
    {
        (_isOpen, _stepsPerDay) = (isOpen, stepsPerDay);
        _openPlaces = [.. Enumerable.Range(0, isOpen.Length).Where(place => isOpen[place])];
        _openPerWeek = _openPlaces.Length;
    }

    /// <summary>Share of the week that is closed.</summary>
    public double ClosedShare => 1 - ((double)_openPerWeek / _isOpen.Length);

    /// <summary>Open steps in a day, where all open days are alike, and in a week.</summary>
    public IReadOnlyList<int> Periods
    {
        get
        {
            // The grid starts anywhere in a day, so days are counted from the first opening.
            var first = _openPlaces[0];
            int[] perDay = [.. Enumerable.Range(0, 7).Select(day => Enumerable.Range(0, _stepsPerDay)
                .Count(step => _isOpen[(first + (day * _stepsPerDay) + step) % _isOpen.Length])).Where(count => count > 0)];
            return perDay.Distinct().Count() == 1 && perDay.Length > 1 ? [perDay[0], _openPerWeek] : [_openPerWeek];
        }
    }

    /// <summary>The opening hours, where a fifth or more of the steps have no value and nearly all of these recur every week; else null.</summary>
    public static OpenWeek? Of(double[] values, long start, long step)
    {
        if (TimeSpan.TicksPerDay % step != 0 || TimeSpan.TicksPerDay / step < 2) return null;
        var perDay = (int)(TimeSpan.TicksPerDay / step);
        var perWeek = 7 * perDay;
        var missing = values.Count(double.IsNaN);
        if (values.Length < LeastWeeks * perWeek || missing < LeastMissing * values.Length) return null;

        var isOpen = new bool[perWeek];
        for (var t = 0; t < values.Length; t++) isOpen[t % perWeek] |= !double.IsNaN(values[t]);
        var closed = 0;
        for (var t = 0; t < values.Length; t++) closed += isOpen[t % perWeek] ? 0 : 1;
        return closed >= 0.75 * missing ? new OpenWeek(isOpen, perDay) : null;
    }

    /// <summary>The values at open steps.</summary>
    public double[] Open(double[] values) => [.. values.Where((_, place) => _isOpen[place % _isOpen.Length])];

    /// <summary>Steps of the clock from the start to an open step.</summary>
    public long PlaceOf(long openStep) => (openStep / _openPerWeek * _isOpen.Length) + _openPlaces[openStep % _openPerWeek];
}

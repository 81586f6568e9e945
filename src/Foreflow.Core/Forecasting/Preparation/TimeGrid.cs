namespace Foreflow.Core.Forecasting.Preparation;

/// <summary>Where the steps of a series lie on the wall clock, and which seasons people would give it.</summary>
public sealed class TimeGrid
{
    private readonly long _start;
    private readonly int _length;
    private readonly OpenWeek? _week;
    private readonly bool _isMonthly;

    internal TimeGrid(long start, long step, int length, OpenWeek? week)
    {
        (_start, _length, _week) = (start, length, week);
        Step = TimeSpan.FromTicks(step);
    }

    private TimeGrid(long lastMonth, int length)
    {
        (_start, _length, _isMonthly) = (lastMonth, length, true);
        Step = TimeSpan.FromDays(30);
    }

    /// <summary>Time from one step to the next; 30 days stand for a month.</summary>
    public TimeSpan Step { get; }

    /// <summary>
    /// Steps in a day and in a week, for steps shorter than half a day; in a week for days; in a year for months. For a
    /// business that closes, steps while it is open.
    /// </summary>
    public IReadOnlyList<int> LikelyPeriods
    {
        get
        {
            if (_isMonthly) return [12];
            if (_week is not null) return _week.Periods;
            var ticks = Step.Ticks;
            List<int> periods = [];
            foreach (var span in new[] { TimeSpan.TicksPerDay, 7 * TimeSpan.TicksPerDay })
            {
                if (span % ticks == 0 && span / ticks is >= 2 and <= 1_000_000) periods.Add((int)(span / ticks));
            }
            return periods;
        }
    }

    /// <summary>The time of a step on the wall clock.</summary>
    /// <param name="ahead">Steps after the last of the history; 1 is the next.</param>
    public DateTime After(int ahead)
    {
        if (_isMonthly) return new DateTime(_start).AddMonths(ahead);
        var place = _week is null ? _length - 1 + ahead : _week.PlaceOf(_length - 1 + ahead);
        return new DateTime(_start + (place * Step.Ticks));
    }

    internal static TimeGrid Months(long last, int length) => new(last, length);
}

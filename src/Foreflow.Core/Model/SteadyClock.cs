namespace Foreflow.Core.Model;

/// <summary>
/// Makes of a clock that may be set back one that never is: each step back is added to all later readings, so that time
/// goes on at the pace of the clock instead of standing still until it has caught up. A value is changed by reading it.
/// </summary>
public struct SteadyClock
{
    private long _aheadTicks;
    private Instant? _last;

    /// <summary>The steady time of a reading of the clock.</summary>
    public Instant Read(Instant reading)
    {
        var steady = new Instant(reading.Ticks + _aheadTicks);
        if (_last is { } last && steady < last)
        {
            _aheadTicks += last.Ticks - steady.Ticks;
            steady = last;
        }

        _last = steady;
        return steady;
    }
}

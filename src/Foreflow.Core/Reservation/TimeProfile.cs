using Foreflow.Core.Model;

namespace Foreflow.Core.Reservation;

/// <summary>
/// What is promised of one node at each instant from now on: a step function of time, kept as its value now and the changes to come.
/// Times are ticks; the last step holds for ever.
/// </summary>
internal sealed class TimeProfile
{
    private readonly List<(long Time, Resources Delta)> _steps = [];

    public Resources Now { get; private set; }

    public long FirstStep => _steps.Count == 0 ? long.MaxValue : _steps[0].Time;

    public Resources Peak => Max(long.MinValue, long.MaxValue);

    public void AddNow(in Resources delta) => Now += delta;

    public void AddStep(long time, in Resources delta)
    {
        if (delta.IsZero) return;
        var at = Lower(time);
        if (at == _steps.Count || _steps[at].Time != time) _steps.Insert(at, (time, delta));
        else if (_steps[at].Delta + delta is { IsZero: false } sum) _steps[at] = (time, sum);
        else _steps.RemoveAt(at);
    }

    /// <summary>Makes the steps up to and including <paramref name="now"/> part of the present.</summary>
    public void Advance(long now)
    {
        var passed = 0;
        while (passed < _steps.Count && _steps[passed].Time <= now) Now += _steps[passed++].Delta;
        _steps.RemoveRange(0, passed);
    }

    /// <summary>The largest value of each component over [from, until).</summary>
    public Resources Max(long from, long until)
    {
        Resources? max = null;
        foreach (var (start, end, value) in Segments())
        {
            if (end > from && start < until) max = max is { } m ? Resources.Max(m, value) : value;
        }

        return max ?? Resources.Zero;
    }

    /// <summary>The first instant in [from, until) at which a component is above the ceiling; <see cref="long.MaxValue"/> when there is none.</summary>
    public long FirstAbove(in Resources ceiling, long from, long until, out Resources value)
    {
        foreach (var (start, end, here) in Segments())
        {
            value = here;
            if (end > from && start < until && !here.FitsWithin(ceiling)) return Math.Max(start, from);
        }

        value = default;
        return long.MaxValue;
    }

    /// <summary>The first step after an instant; <see cref="long.MaxValue"/> when there is none.</summary>
    public long NextStep(long time)
    {
        foreach (var step in _steps)
        {
            if (step.Time > time) return step.Time;
        }

        return long.MaxValue;
    }

    /// <summary>The first start in [notBefore, cutoff) from which all components stay within the ceiling for the duration; else <see cref="long.MaxValue"/>.</summary>
    public long EarliestWithin(in Resources ceiling, long notBefore, long duration, long cutoff)
    {
        long? candidate = null;
        foreach (var (start, end, value) in Segments())
        {
            if (end <= notBefore) continue;
            if (!value.FitsWithin(ceiling)) candidate = null;
            else if ((candidate ??= Math.Max(start, notBefore)) is var found && (end == long.MaxValue || end - found >= duration)) return found < cutoff ? found : long.MaxValue;
        }

        return long.MaxValue;
    }

    private IEnumerable<(long Start, long End, Resources Value)> Segments()
    {
        var value = Now;
        var start = long.MinValue;
        foreach (var (time, delta) in _steps)
        {
            yield return (start, time, value);
            value += delta;
            start = time;
        }

        yield return (start, long.MaxValue, value);
    }

    public TimeProfile Clone()
    {
        var copy = new TimeProfile { Now = Now };
        copy._steps.AddRange(_steps);
        return copy;
    }

    private int Lower(long time)
    {
        int low = 0, high = _steps.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_steps[middle].Time < time) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}

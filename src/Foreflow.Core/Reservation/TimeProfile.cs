using System.Runtime.Intrinsics;
using Foreflow.Core.Model;

namespace Foreflow.Core.Reservation;

/// <summary>
/// What is promised of one node at each instant from now on: a step function of time, kept as its value now and the changes to come.
/// Times are ticks; the last step holds for ever. Steps lie in blocks in order of time (<see cref="StepBlocks"/>), and a tree over the blocks
/// knows of each group of them the sum and the highest and lowest running sum, so a search skips groups in which nothing is above, or
/// everything is: O(log steps), plus that again for each stretch of time it cannot decide on.
/// </summary>
internal sealed class TimeProfile
{
    private readonly StepBlocks _steps;
    private Vector256<long> _now;

    public TimeProfile() : this(new StepBlocks(), default)
    {
    }

    private TimeProfile(StepBlocks steps, Vector256<long> now)
    {
        _steps = steps;
        _now = now;
    }

    /// <summary>The value at present.</summary>
    public Resources Now => Lanes.ToResources(_now);

    /// <summary>When it changes next; <see cref="long.MaxValue"/> when it does not.</summary>
    public long FirstStep => _steps.FirstTime;

    /// <summary>The largest value of each component from now on.</summary>
    public Resources Peak => Lanes.ToResources(_steps.Count == 0 ? _now : Vector256.Max(_now, _now + _steps.Whole.Max));

    public void AddNow(in Resources change) => _now += Lanes.Of(change);

    public void AddStep(long time, in Resources change) => _steps.Add(time, Lanes.Of(change));

    /// <summary>Makes the steps up to and including <paramref name="now"/> part of the present.</summary>
    public void Advance(long now) => _now += _steps.RemoveUntil(now);

    /// <summary>The largest value of each component over [from, until).</summary>
    public Resources Max(long from, long until)
    {
        var cursor = _steps.After(from, _now);
        var max = cursor.Value;
        while (_steps.TryGroup(ref cursor, until))
        {
            if (!cursor.IsInBlock && _steps.EndOf(cursor) <= until)
            {
                max = Vector256.Max(max, cursor.Value + _steps.Group(cursor).Max);
                _steps.Skip(ref cursor);
            }
            else if (!_steps.TryNarrow(ref cursor))
            {
                while (_steps.TryStep(ref cursor, until, out _)) max = Vector256.Max(max, cursor.Value);
            }
        }

        return Lanes.ToResources(max);
    }

    /// <summary>The first instant in [from, until) at which a component is above the ceiling, and the value then; <see cref="long.MaxValue"/> when there is none.</summary>
    public long FirstAbove(in Resources ceiling, long from, long until, out Resources value)
    {
        var limit = Lanes.Of(ceiling);
        var cursor = _steps.After(from, _now);
        var at = from;
        var isFound = from < until && !Lanes.IsWithin(cursor.Value, limit);
        while (!isFound && _steps.TryGroup(ref cursor, until))
        {
            if (!cursor.IsInBlock && Lanes.IsWithin(cursor.Value + _steps.Group(cursor).Max, limit))
            {
                _steps.Skip(ref cursor);
            }
            else if (!_steps.TryNarrow(ref cursor))
            {
                while (!isFound && _steps.TryStep(ref cursor, until, out at)) isFound = !Lanes.IsWithin(cursor.Value, limit);
            }
        }

        value = Lanes.ToResources(cursor.Value);
        return isFound ? at : long.MaxValue;
    }

    /// <summary>
    /// The first start in [notBefore, cutoff) from which all components stay within the ceiling for the duration; <see cref="long.MaxValue"/> when there is none.
    /// </summary>
    public long EarliestWithin(in Resources ceiling, long notBefore, long duration, long cutoff)
    {
        const long none = long.MaxValue;
        var limit = Lanes.Of(ceiling);
        var cursor = _steps.After(notBefore, _now);
        var start = Lanes.IsWithin(cursor.Value, limit) ? notBefore : none;
        while (_steps.TryGroup(ref cursor, long.MaxValue))
        {
            var at = _steps.TimeAt(cursor);
            if (start != none ? at - start >= duration : at >= cutoff) return start;
            if (!cursor.IsInBlock && Lanes.IsWithin(cursor.Value + _steps.Group(cursor).Max, limit))
            {
                if (start == none) start = at;
                _steps.Skip(ref cursor);
            }
            else if (!cursor.IsInBlock && (!Lanes.IsWithin(cursor.Value + _steps.Group(cursor).Min, limit) || IsTooShort(cursor, start, at)))
            {
                start = none;
                _steps.Skip(ref cursor);
            }
            else if (!_steps.TryNarrow(ref cursor))
            {
                while (_steps.TryStep(ref cursor, long.MaxValue, out at))
                {
                    if (start != none ? at - start >= duration : at >= cutoff) return start;
                    if (!Lanes.IsWithin(cursor.Value, limit)) start = none;
                    else if (start == none) start = at;
                }
            }
        }

        return start;

        // Something in the group is above the ceiling. A start before it is of no use unless it can end within the group; one within the
        // group is of no use if it must outlast the next group as well and something in that is above, too. So no search looks closer than
        // about half a duration.
        bool IsTooShort(in StepCursor group, long start, long at)
        {
            if (start != none && _steps.EndOf(group) - start >= duration) return false;
            return _steps.TryNext(group, out var next, out var end)
                && end - at <= duration
                && !Lanes.IsWithin(group.Value + _steps.Group(group).Sum + next.Max, limit);
        }
    }

    public TimeProfile Clone() => new(_steps.Clone(), _now);
}

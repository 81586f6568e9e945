namespace Foreflow.Shell.Tests.World;

/// <summary>Time that passes only when nothing is left to do, and then jumps to the next timer. Timers of the same instant fire in the order they were set.</summary>
internal sealed class SimulatedClock
{
    private readonly PriorityQueue<Entry, (long Due, long Sequence)> _timers = new();
    private long _sequence;

    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Time since the start, in ticks of 100 ns.</summary>
    public long Ticks { get; private set; }

    public TimeSpan Elapsed => new(Ticks);

    /// <summary>How far the time of day is ahead of what has passed: a clock that is set, a machine that slept.</summary>
    public TimeSpan Set { get; set; }

    /// <summary>Everything stands still for a while: what was due meanwhile comes late, and all at once.</summary>
    public void Stall(TimeSpan time) => Ticks += time.Ticks;

    public Entry Schedule(TimeSpan after, Action call)
    {
        var entry = new Entry(call);
        _timers.Enqueue(entry, (Ticks + Math.Max(0, after.Ticks), _sequence++));
        return entry;
    }

    /// <summary>Goes to the next timer and fires it; false when there is none before the limit.</summary>
    public bool Advance(TimeSpan limit)
    {
        while (_timers.TryPeek(out var next, out var at))
        {
            if (next.Cancelled)
            {
                _timers.Dequeue();
                continue;
            }

            if (at.Due > limit.Ticks) break;
            _timers.Dequeue();
            Ticks = Math.Max(Ticks, at.Due);
            next.Call();
            return true;
        }

        Ticks = Math.Max(Ticks, limit.Ticks);
        return false;
    }

    public sealed class Entry(Action call)
    {
        public Action Call => call;

        public bool Cancelled { get; private set; }

        public void Cancel() => Cancelled = true;
    }
}

/// <summary>The clock as one process sees it: when the process dies, so do its timers.</summary>
internal sealed class ProcessTime(SimulatedClock clock) : TimeProvider
{
    public bool Dead { get; set; }

    public override DateTimeOffset GetUtcNow() => SimulatedClock.Start + clock.Elapsed + clock.Set;

    public override long GetTimestamp() => clock.Ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private SimulatedClock.Entry Schedule(TimeSpan after, Action call) => clock.Schedule(after, call);

    private sealed class Timer(ProcessTime time, TimerCallback callback, object? state) : ITimer
    {
        private SimulatedClock.Entry? _entry;
        private TimeSpan _period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _entry?.Cancel();
            _period = period;
            _entry = dueTime == Timeout.InfiniteTimeSpan ? null : time.Schedule(dueTime, Fire);
            return true;
        }

        public void Dispose() => _entry?.Cancel();

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire()
        {
            if (time.Dead) return;
            if (_period > TimeSpan.Zero && _period != Timeout.InfiniteTimeSpan) _entry = time.Schedule(_period, Fire);
            callback(state);
        }
    }
}

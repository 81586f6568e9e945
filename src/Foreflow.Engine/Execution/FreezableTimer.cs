namespace Foreflow.Engine.Execution;

/// <summary>Calls once after a time, in which time spent frozen does not count.</summary>
internal sealed class FreezableTimer : IDisposable
{
    private readonly TimeProvider time;
    private readonly ITimer timer;
    private TimeSpan left;
    private long runningSince;

    internal FreezableTimer(TimeProvider time, TimeSpan after, Action call)
    {
        (this.time, left) = (time, after);
        runningSince = time.GetTimestamp();
        timer = time.CreateTimer(_ => call(), null, after, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Stops or goes on; calls from one thread at a time, alternating.</summary>
    internal void SetFrozen(bool frozen)
    {
        if (frozen)
        {
            left -= time.GetElapsedTime(runningSince);
            timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
        else
        {
            runningSince = time.GetTimestamp();
            timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => timer.Dispose();
}

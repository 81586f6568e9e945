using Foreflow.Core.Profiling;
using Foreflow.Engine.Execution.Processes;

namespace Foreflow.Engine.Execution.Workers;

/// <summary>
/// Tells what each task of a worker consumed: what the worker consumed while it was the only one, and an equal share
/// while there were several. Shares are kept as one running sum a task reads at its start and at its end (as in
/// processor sharing, Kleinrock 1967), so that a task costs the same however many run beside it. Memory is the worker's
/// own, told of a task that was alone all the time; which of several holds what, nobody can say.
/// </summary>
internal sealed class SharedMeter(StageProcess process, TimeProvider time)
{
    /// <summary>Counters are not read more often than this: tasks of a millisecond must not cost as much to measure as to do.</summary>
    private static readonly TimeSpan ShortestReading = TimeSpan.FromMilliseconds(2);

    private readonly Lock gate = new();
    private Totals shares, last;
    private long lastReadAt;
    private bool everRead;
    private int tasks;
    private long begun;
    private long? memoryNow, memoryPeak;

    /// <summary>A task begins.</summary>
    internal Mark Begin()
    {
        lock (gate)
        {
            Settle();
            begun++;
            return new(shares, time.GetTimestamp(), tasks++ == 0, begun, memoryNow, memoryPeak);
        }
    }

    /// <summary>A task ends: what it consumed.</summary>
    internal AttemptUsage End(in Mark mark, long? inputBytes)
    {
        lock (gate)
        {
            Settle();
            tasks--;
            return new()
            {
                WallTime = time.GetElapsedTime(mark.At),
                CpuSeconds = shares.Cpu - mark.Shares.Cpu,
                MemoryPeakBytes = mark.Alone && mark.Number == begun ? MemorySince(mark) : null,
                DiskReadBytes = (long?)(shares.Read - mark.Shares.Read),
                DiskWriteBytes = (long?)(shares.Written - mark.Shares.Written),
                NetworkReceivedBytes = (long?)(shares.Received - mark.Shares.Received),
                NetworkSentBytes = (long?)(shares.Sent - mark.Shares.Sent),
                InputBytes = inputBytes,
            };
        }
    }

    /// <summary>A new mark of the worker was set by the task; without one, the worker held at least what it held at the task's beginning and end.</summary>
    private long? MemorySince(in Mark mark) =>
        memoryPeak > (mark.MemoryPeak ?? 0) ? memoryPeak
        : memoryNow is { } after && mark.MemoryNow is { } before ? Math.Max(before, after) : null;

    private void Settle()
    {
        if (everRead && time.GetElapsedTime(lastReadAt) < ShortestReading) return;
        if (process.Sample()?.Usage is not { } sample) return;
        (memoryNow, memoryPeak) = (sample.MemoryBytes ?? memoryNow, sample.MemoryPeakBytes ?? memoryPeak);
        var now = new Totals(sample.CpuSeconds, sample.DiskReadBytes, sample.DiskWriteBytes, sample.NetworkReceivedBytes, sample.NetworkSentBytes);
        if (!everRead) shares = now.Times(0);
        else if (tasks > 0) shares = shares.Plus(now.Minus(last).Times(1.0 / tasks));
        (last, lastReadAt, everRead) = (now, time.GetTimestamp(), true);
    }

    /// <summary>Where the running sums stood when a task began.</summary>
    internal readonly record struct Mark(Totals Shares, long At, bool Alone, long Number, long? MemoryNow, long? MemoryPeak);

    /// <summary>What can be shared out; null where it is not known.</summary>
    internal readonly record struct Totals(double? Cpu, double? Read, double? Written, double? Received, double? Sent)
    {
        internal Totals Plus(in Totals other) => new(Cpu + other.Cpu, Read + other.Read, Written + other.Written, Received + other.Received, Sent + other.Sent);

        internal Totals Minus(in Totals other) => new(Cpu - other.Cpu, Read - other.Read, Written - other.Written, Received - other.Received, Sent - other.Sent);

        internal Totals Times(double factor) => new(Cpu * factor, Read * factor, Written * factor, Received * factor, Sent * factor);
    }
}

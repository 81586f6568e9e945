using Foreflow.Core.Model;
using Foreflow.Core.Profiling;

namespace Foreflow.Engine.Sampling;

/// <summary>Folds the samples of one attempt into what it consumed: totals, peaks and means.</summary>
internal sealed class UsageAccumulator
{
    /// <summary>Rates over less than this say more about the clock than about the attempt.</summary>
    internal static readonly TimeSpan ShortestRateWindow = TimeSpan.FromMilliseconds(500);

    private UsageSample windowStart;
    private UsageSample last;
    private double? cpuPeakCores, networkPeak, diskPeak;
    private double memorySum;
    private long memoryCount;
    private bool anything;

    /// <param name="start">When the attempt started, with nothing consumed.</param>
    internal UsageAccumulator(Instant start) => windowStart = last = new(start, 0, null, null, 0, 0, 0, 0);

    /// <summary>The newest sample, totals never falling.</summary>
    internal UsageSample Last => last;

    /// <summary>Highest use of each resource so far, each rounded up to its whole unit; 0 where unknown.</summary>
    internal Resources Peak => new AttemptUsage { CpuPeakCores = cpuPeakCores, MemoryPeakBytes = last.MemoryPeakBytes, NetworkPeakBytesPerSecond = networkPeak, DiskPeakBytesPerSecond = diskPeak }.Peak;

    /// <summary>Takes in a sample of the attempt while it runs.</summary>
    internal void Add(in UsageSample sample)
    {
        if (sample.MemoryBytes is { } memory)
        {
            memorySum += memory;
            memoryCount++;
        }

        AddTotals(sample);
        var window = sample.At - windowStart.At;
        if (window < ShortestRateWindow) return;
        cpuPeakCores = Rate(cpuPeakCores, windowStart.CpuSeconds, sample.CpuSeconds, window);
        networkPeak = Rate(networkPeak, Sum(windowStart.NetworkReceivedBytes, windowStart.NetworkSentBytes), Sum(sample.NetworkReceivedBytes, sample.NetworkSentBytes), window);
        diskPeak = Rate(diskPeak, Sum(windowStart.DiskReadBytes, windowStart.DiskWriteBytes), Sum(sample.DiskReadBytes, sample.DiskWriteBytes), window);
        windowStart = sample;
    }

    /// <summary>Takes in the totals after the end, when no memory is held any more, and gives the whole.</summary>
    internal AttemptUsage Finish(in UsageSample final, TimeSpan wallTime, long? inputBytes)
    {
        AddTotals(final);
        return new()
        {
            WallTime = wallTime,
            CpuSeconds = last.CpuSeconds,
            CpuPeakCores = cpuPeakCores,
            MemoryPeakBytes = last.MemoryPeakBytes,
            MemoryMeanBytes = memoryCount > 0 ? memorySum / memoryCount : null,
            DiskReadBytes = last.DiskReadBytes,
            DiskWriteBytes = last.DiskWriteBytes,
            NetworkReceivedBytes = last.NetworkReceivedBytes,
            NetworkSentBytes = last.NetworkSentBytes,
            NetworkPeakBytesPerSecond = networkPeak,
            DiskPeakBytesPerSecond = diskPeak,
            InputBytes = inputBytes,
        };
    }

    private void AddTotals(in UsageSample sample)
    {
        // Before the first sample nothing is known, not even that nothing was consumed.
        var known = anything ? last : default;
        anything = true;
        last = new(
            sample.At,
            Larger(known.CpuSeconds, sample.CpuSeconds),
            sample.MemoryBytes,
            Larger(known.MemoryPeakBytes, sample.MemoryPeakBytes),
            Larger(known.DiskReadBytes, sample.DiskReadBytes),
            Larger(known.DiskWriteBytes, sample.DiskWriteBytes),
            Larger(known.NetworkReceivedBytes, sample.NetworkReceivedBytes),
            Larger(known.NetworkSentBytes, sample.NetworkSentBytes));
    }

    private static T? Larger<T>(T? a, T? b)
        where T : struct, IComparable<T> => a is { } x && b is { } y ? (x.CompareTo(y) >= 0 ? x : y) : a ?? b;

    private static double? Sum(long? a, long? b) => a is null && b is null ? null : (a ?? 0) + (b ?? 0);

    private static double? Rate(double? peak, double? before, double? after, TimeSpan window) =>
        before is { } from && after is { } to ? Math.Max(peak ?? 0, (to - from) / window.TotalSeconds) : peak;
}

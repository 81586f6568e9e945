using Foreflow.Core.Model;
using Foreflow.Core.Profiling;

namespace Foreflow.Engine.Sampling;

/// <summary>
/// Several readers of the same attempt as one: the first that knows a figure gives it. Disk traffic is the largest any
/// knows: a group's counter misses pages that the kernel writes back later, a process's own counter misses children
/// nobody waited for, and neither counts too much.
/// </summary>
internal sealed class CombinedReader(params IUsageReader[] readers) : IUsageReader
{
    public UsageSample Read(Instant at)
    {
        var all = new UsageSample(at, null, null, null, null, null, null, null);
        foreach (var reader in readers)
        {
            var one = reader.Read(at);
            all = all with
            {
                CpuSeconds = all.CpuSeconds ?? one.CpuSeconds,
                MemoryBytes = all.MemoryBytes ?? one.MemoryBytes,
                MemoryPeakBytes = all.MemoryPeakBytes ?? one.MemoryPeakBytes,
                DiskReadBytes = Larger(all.DiskReadBytes, one.DiskReadBytes),
                DiskWriteBytes = Larger(all.DiskWriteBytes, one.DiskWriteBytes),
                NetworkReceivedBytes = all.NetworkReceivedBytes ?? one.NetworkReceivedBytes,
                NetworkSentBytes = all.NetworkSentBytes ?? one.NetworkSentBytes,
            };
        }

        return all;
    }

    public void Dispose()
    {
        foreach (var reader in readers) reader.Dispose();
    }

    private static long? Larger(long? a, long? b) => a is { } x && b is { } y ? Math.Max(x, y) : a ?? b;
}

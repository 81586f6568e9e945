using Foreflow.Core.Model;
using Foreflow.Core.Profiling;

namespace Foreflow.Engine.Sampling;

/// <summary>Reads one group of the older hierarchies, one folder a controller; a controller not given leaves its figures unknown.</summary>
/// <param name="cpuacct">The group's folder under cpuacct.</param>
/// <param name="memory">The group's folder under memory.</param>
/// <param name="blkio">The group's folder under blkio.</param>
internal sealed class CgroupV1Reader(string? cpuacct, string? memory, string? blkio) : IUsageReader
{
    private readonly CounterFile? cpuUsage = FileIn(cpuacct, "cpuacct.usage");
    private readonly CounterFile? memoryUsage = FileIn(memory, "memory.usage_in_bytes");
    private readonly CounterFile? memoryMax = FileIn(memory, "memory.max_usage_in_bytes");
    private readonly CounterFile? memoryStat = FileIn(memory, "memory.stat");
    private readonly CounterFile? io = FileIn(blkio, "blkio.throttle.io_service_bytes");
    private MemoryPeakEstimate peak;

    public UsageSample Read(Instant at)
    {
        Span<byte> buffer = stackalloc byte[CounterFile.BufferBytes];
        var cpuNanoseconds = cpuUsage is null ? null : CounterText.Number(cpuUsage.Read(buffer));
        var (resident, residentPeak) = ReadMemory(buffer);
        long? read = null, written = null;
        if (io is not null && io.TryRead(buffer, out var text))
        {
            read = CounterText.SumOfOperation(text, "Read"u8);
            written = CounterText.SumOfOperation(text, "Write"u8);
        }

        return new(at, cpuNanoseconds / 1e9, resident, residentPeak, read, written, null, null);
    }

    private (long? Now, long? Peak) ReadMemory(Span<byte> buffer)
    {
        if (memoryUsage is null || CounterText.Number(memoryUsage.Read(buffer)) is not { } used) return (null, null);
        var mark = CounterText.Number(memoryMax!.Read(buffer));
        // The total_ lines count groups the stage made inside its own too. Here cache includes shared memory.
        var stat = memoryStat!.Read(buffer);
        var droppable = (CounterText.Key(stat, "total_cache"u8) ?? 0) - (CounterText.Key(stat, "total_shmem"u8) ?? 0);
        return (peak.Add(used, droppable, mark), peak.PeakBytes);
    }

    public void Dispose()
    {
        cpuUsage?.Dispose();
        memoryUsage?.Dispose();
        memoryMax?.Dispose();
        memoryStat?.Dispose();
        io?.Dispose();
    }

    private static CounterFile? FileIn(string? folder, string name) => folder is null ? null : new(Path.Combine(folder, name));
}

using Foreflow.Core.Model;
using Foreflow.Core.Profiling;

namespace Foreflow.Engine.Sampling;

/// <summary>
/// Reads one group of the unified hierarchy. cpu.stat is there even without controllers; memory and io files only with
/// them, and each missing one leaves its figures unknown.
/// </summary>
/// <param name="folder">The group's folder.</param>
internal sealed class CgroupV2Reader(string folder) : IUsageReader
{
    private readonly CounterFile cpu = new(Path.Combine(folder, "cpu.stat"));
    private readonly CounterFile memory = new(Path.Combine(folder, "memory.current"));
    private readonly CounterFile memoryPeak = new(Path.Combine(folder, "memory.peak"));
    private readonly CounterFile memoryStat = new(Path.Combine(folder, "memory.stat"));
    private readonly CounterFile io = new(Path.Combine(folder, "io.stat"));
    private MemoryPeakEstimate peak;

    public UsageSample Read(Instant at)
    {
        Span<byte> buffer = stackalloc byte[CounterFile.BufferBytes];
        var cpuMicroseconds = CounterText.Key(cpu.Read(buffer), "usage_usec"u8);
        var (resident, residentPeak) = ReadMemory(buffer);
        long? read = null, written = null;
        if (io.TryRead(buffer, out var text))
        {
            read = CounterText.SumOfField(text, "rbytes="u8);
            written = CounterText.SumOfField(text, "wbytes="u8);
        }

        return new(at, cpuMicroseconds / 1e6, resident, residentPeak, read, written, null, null);
    }

    private (long? Now, long? Peak) ReadMemory(Span<byte> buffer)
    {
        if (CounterText.Number(memory.Read(buffer)) is not { } used) return (null, null);
        var mark = CounterText.Number(memoryPeak.Read(buffer));
        var stat = memoryStat.Read(buffer);
        var droppable = (CounterText.Key(stat, "file"u8) ?? 0) - (CounterText.Key(stat, "shmem"u8) ?? 0) + (CounterText.Key(stat, "slab_reclaimable"u8) ?? 0);
        return (peak.Add(used, droppable, mark), peak.PeakBytes);
    }

    public void Dispose()
    {
        cpu.Dispose();
        memory.Dispose();
        memoryPeak.Dispose();
        memoryStat.Dispose();
        io.Dispose();
    }
}

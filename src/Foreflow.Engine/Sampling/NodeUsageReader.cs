using Foreflow.Core.Model;

namespace Foreflow.Engine.Sampling;

/// <summary>Reads what the whole node uses, from /proc, and takes off what our own processes use.</summary>
/// <param name="procFolder"><c>/proc</c>, or a recording of it.</param>
/// <param name="cores">Processor cores there are for us.</param>
/// <param name="memoryBytes">Memory there is for us, in bytes; 0 to take all the machine has.</param>
/// <param name="memoryPressureFile">Where to read how short of memory it is; null for the folder's own.</param>
internal sealed class NodeUsageReader(string procFolder, double cores, long memoryBytes, string? memoryPressureFile = null) : IDisposable
{
    private const int SectorBytes = 512;

    private readonly CounterFile stat = new(Path.Combine(procFolder, "stat"), inPieces: true);
    private readonly CounterFile memory = new(Path.Combine(procFolder, "meminfo"));
    private readonly CounterFile disks = new(Path.Combine(procFolder, "diskstats"), inPieces: true);
    private readonly CounterFile network = new(Path.Combine(procFolder, "net/dev"), inPieces: true);
    private readonly CounterFile cpuPressure = new(Path.Combine(procFolder, "pressure/cpu"));
    private readonly CounterFile memoryPressure = new(memoryPressureFile ?? Path.Combine(procFolder, "pressure/memory"));
    private readonly CounterFile ioPressure = new(Path.Combine(procFolder, "pressure/io"));
    private Totals? before;

    /// <summary>This machine, as far as this program may use it.</summary>
    internal static NodeUsageReader ForThisMachine(string? memoryPressureFile = null) =>
        // The runtime knows the bounds of the control group it runs in.
        new("/proc", Environment.ProcessorCount, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, memoryPressureFile);

    /// <summary>Reads now.</summary>
    /// <param name="at">The time to stamp it with.</param>
    /// <param name="ownCpuSeconds">Processor time of all our processes so far, those that have ended included.</param>
    /// <param name="ownMemoryBytes">Memory of our processes now, in bytes.</param>
    internal NodeUsage Read(Instant at, double ownCpuSeconds, long ownMemoryBytes)
    {
        var now = new Totals(at, BusySeconds(), ownCpuSeconds, DiskBytes(), NetworkBytes());
        var (total, used) = Memory();
        var seconds = before is { } old ? (at - old.At).TotalSeconds : 0;
        var busy = Rate(before?.Busy, now.Busy, seconds);
        var own = Rate(before?.Own, now.Own, seconds);
        var usage = new NodeUsage
        {
            At = at,
            Cores = cores,
            MemoryBytes = memoryBytes > 0 ? Math.Min(memoryBytes, total ?? memoryBytes) : total ?? 0,
            BusyCores = busy,
            OthersBusyCores = busy is { } all && own is { } ours ? Math.Max(0, all - ours) : null,
            UsedMemoryBytes = used,
            OthersMemoryBytes = used is { } bytes ? Math.Max(0, bytes - ownMemoryBytes) : null,
            DiskBytesPerSecond = Rate(before?.Disk, now.Disk, seconds),
            NetworkBytesPerSecond = Rate(before?.Network, now.Network, seconds),
            CpuPressure = Pressure(cpuPressure),
            MemoryPressure = Pressure(memoryPressure),
            IoPressure = Pressure(ioPressure),
        };
        if (before is null || seconds > 0) before = now;
        return usage;
    }

    public void Dispose()
    {
        foreach (var file in (CounterFile[])[stat, memory, disks, network, cpuPressure, memoryPressure, ioPressure]) file.Dispose();
    }

    private double? BusySeconds()
    {
        Span<byte> buffer = stackalloc byte[CounterFile.BufferBytes];
        var text = stat.Read(buffer);
        var line = CounterText.NextLine(ref text);
        if (!line.StartsWith("cpu "u8)) return null;
        // user nice system idle iowait irq softirq steal: all but idle, iowait, and what other machines stole.
        Span<long> fields = stackalloc long[8];
        var found = Fields(line[4..], fields);
        return found < 7 ? null : (fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) / ProcessTable.TicksPerSecond;
    }

    private (long? Total, long? Used) Memory()
    {
        Span<byte> buffer = stackalloc byte[CounterFile.BufferBytes];
        var text = memory.Read(buffer);
        var total = CounterText.Key(text, "MemTotal:"u8) * 1024;
        return (total, total - (CounterText.Key(text, "MemAvailable:"u8) * 1024));
    }

    private double? DiskBytes()
    {
        Span<byte> buffer = stackalloc byte[CounterFile.BufferBytes];
        if (!disks.TryRead(buffer, out var text)) return null;
        long sectors = 0;
        Span<long> fields = stackalloc long[10];
        while (!text.IsEmpty)
        {
            // MAJOR MINOR NAME reads merged SECTORS ms writes merged SECTORS …: whole disks only, not their parts.
            var line = CounterText.NextLine(ref text).TrimStart((byte)' ');
            var name = NameOf(line);
            if (!IsWholeDisk(name)) continue;
            if (Fields(line[(line.IndexOf(name) + name.Length)..], fields) >= 7) sectors += fields[2] + fields[6];
        }

        return sectors * (double)SectorBytes;
    }

    private double? NetworkBytes()
    {
        Span<byte> buffer = stackalloc byte[CounterFile.BufferBytes];
        if (!network.TryRead(buffer, out var text)) return null;
        long bytes = 0;
        Span<long> fields = stackalloc long[9];
        while (!text.IsEmpty)
        {
            // NAME: received packets errs drop fifo frame compressed multicast SENT …
            var line = CounterText.NextLine(ref text).TrimStart((byte)' ');
            var colon = line.IndexOf((byte)':');
            if (colon < 0 || line[..colon].SequenceEqual("lo"u8)) continue;
            if (Fields(line[(colon + 1)..], fields) == 9) bytes += fields[0] + fields[8];
        }

        return bytes;
    }

    private static double? Pressure(CounterFile file)
    {
        Span<byte> buffer = stackalloc byte[512];
        return CounterText.Pressure(file.Read(buffer), "some"u8, "avg10="u8);
    }

    private static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> line)
    {
        for (var i = 0; i < 2; i++)
        {
            var space = line.IndexOf((byte)' ');
            if (space < 0) return default;
            line = line[space..].TrimStart((byte)' ');
        }

        var end = line.IndexOf((byte)' ');
        return end < 0 ? default : line[..end];
    }

    /// <summary>sda, vda, xvda, nvme0n1, mmcblk0; not their partitions, and not devices made of others (dm, md, loop).</summary>
    private static bool IsWholeDisk(ReadOnlySpan<byte> name)
    {
        if (name.StartsWith("sd"u8) || name.StartsWith("vd"u8) || name.StartsWith("xvd"u8) || name.StartsWith("hd"u8)) return !char.IsAsciiDigit((char)name[^1]);
        return (name.StartsWith("nvme"u8) || name.StartsWith("mmcblk"u8)) && !name.Contains((byte)'p');
    }

    private static int Fields(ReadOnlySpan<byte> text, Span<long> fields)
    {
        var found = 0;
        while (found < fields.Length)
        {
            text = text.TrimStart((byte)' ');
            if (CounterText.Number(text) is not { } value) break;
            fields[found++] = value;
            var space = text.IndexOf((byte)' ');
            if (space < 0) break;
            text = text[space..];
        }

        return found;
    }

    private static double? Rate(double? from, double? to, double seconds) =>
        from is { } a && to is { } b && seconds > 0 ? Math.Max(0, (b - a) / seconds) : null;

    private sealed record Totals(Instant At, double? Busy, double? Own, double? Disk, double? Network);
}

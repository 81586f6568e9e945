using Foreflow.Core.Model;
using Foreflow.Core.Profiling;

namespace Foreflow.Engine.Sampling;

/// <summary>
/// Adds up a whole process tree from /proc, where no control group can be made. What a process had consumed when it was
/// last seen stays counted after it is gone: by its parent, if that one waited for it; else here. Short-lived processes
/// that nobody waited for are missed, and memory is only as fine as the samples: the figures are lower bounds.
/// </summary>
internal sealed class ProcessTreeReader(int rootId, ProcessTable table, TimeSpan maxAge) : IUsageReader
{
    private readonly Dictionary<int, Member> members = [];
    private long departedCpuTicks, departedRead, departedWritten;
    private long peakBytes;

    public UsageSample Read(Instant at)
    {
        var all = table.Read(maxAge);
        var rows = all.TreeOf(rootId);
        CountTheDeparted(all);
        long cpu = departedCpuTicks, resident = 0, read = departedRead, written = departedWritten;
        var ioKnown = false;
        foreach (var row in rows)
        {
            var member = members.GetValueOrDefault(row.Id) with { Row = row };
            ReadFiles(row.Id, ref member, ref ioKnown);
            members[row.Id] = member;
            cpu += row.CpuTicks + row.WaitedCpuTicks;
            resident += row.ResidentPages * Environment.SystemPageSize;
            read += member.Read;
            written += member.Written;
            // The mark of one process is exact between samples; the sum over several need not have been there at once.
            peakBytes = Math.Max(peakBytes, member.HighWater);
        }

        peakBytes = Math.Max(peakBytes, resident);
        var known = members.Count > 0;
        return new(
            at,
            known ? cpu / ProcessTable.TicksPerSecond : null,
            known && rows.Count > 0 ? resident : null,
            peakBytes > 0 ? peakBytes : null,
            ioKnown ? read : null,
            ioKnown ? written : null,
            null,
            null);
    }

    /// <summary>Adds to a last sample what the kernel said of the root, and of all it waited for, when it was reaped: exact where /proc counts in ticks of 10 ms.</summary>
    internal UsageSample WithReaped(in UsageSample last, double cpuSeconds, long readBytes, long writtenBytes) => last with
    {
        CpuSeconds = Math.Max(last.CpuSeconds ?? 0, cpuSeconds + (departedCpuTicks / ProcessTable.TicksPerSecond)),
        DiskReadBytes = Math.Max(last.DiskReadBytes ?? 0, readBytes + departedRead),
        DiskWriteBytes = Math.Max(last.DiskWriteBytes ?? 0, writtenBytes + departedWritten),
    };

    public void Dispose()
    {
    }

    private void CountTheDeparted(ProcessSnapshot all)
    {
        foreach (var (id, member) in members)
        {
            if (all.Find(id) is { } row && row.StartTicks == member.Row.StartTicks) continue;
            members.Remove(id);
            // A parent that lives has waited for it, and carries its figures on.
            if (id == rootId || (members.ContainsKey(member.Row.Parent) && all.Find(member.Row.Parent) is not null)) continue;
            departedCpuTicks += member.Row.CpuTicks + member.Row.WaitedCpuTicks;
            departedRead += member.Read;
            departedWritten += member.Written;
        }
    }

    private static void ReadFiles(int id, ref Member member, ref bool ioKnown)
    {
        Span<byte> path = stackalloc byte[32];
        Span<byte> buffer = stackalloc byte[4096];
        var length = SystemCalls.ReadWhole(ProcessTable.PathOf(id, "/io"u8, path), buffer);
        if (length > 0 && CounterText.Key(buffer[..length], "read_bytes:"u8) is { } read)
        {
            ioKnown = true;
            member.Read = read;
            member.Written = CounterText.Key(buffer[..length], "write_bytes:"u8) ?? 0;
        }

        length = SystemCalls.ReadWhole(ProcessTable.PathOf(id, "/status"u8, path), buffer);
        if (length > 0 && CounterText.Key(buffer[..length], "VmHWM:"u8) is { } kibibytes) member.HighWater = kibibytes * 1024;
    }

    private record struct Member(ProcessRow Row)
    {
        internal long Read { get; set; }

        internal long Written { get; set; }

        internal long HighWater { get; set; }
    }
}

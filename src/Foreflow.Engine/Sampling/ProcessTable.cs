using System.Buffers.Text;
using System.IO.Enumeration;

namespace Foreflow.Engine.Sampling;

/// <summary>One process as /proc/PID/stat tells it.</summary>
/// <param name="Id">Process id.</param>
/// <param name="Parent">Id of its parent.</param>
/// <param name="Group">Process group.</param>
/// <param name="Session">Session: inherited by every child that does not ask for its own.</param>
/// <param name="State">R, S, D, Z (ended, not yet reaped), T, …</param>
/// <param name="CpuTicks">Processor time of its own, in clock ticks.</param>
/// <param name="WaitedCpuTicks">Processor time of the children it has waited for.</param>
/// <param name="StartTicks">When it started, in clock ticks since boot: with the id, names a process for good.</param>
/// <param name="ResidentPages">Resident memory, in pages.</param>
internal readonly record struct ProcessRow(
    int Id, int Parent, int Group, int Session, char State, long CpuTicks, long WaitedCpuTicks, long StartTicks, long ResidentPages);

/// <summary>All processes of a machine at one time, and who belongs to whom.</summary>
internal sealed class ProcessSnapshot
{
    private readonly Dictionary<int, ProcessRow> byId;
    private readonly ILookup<int, ProcessRow> byParent, bySession;

    internal ProcessSnapshot(IReadOnlyList<ProcessRow> rows)
    {
        Rows = rows;
        byId = rows.ToDictionary(row => row.Id);
        byParent = rows.ToLookup(row => row.Parent);
        bySession = rows.ToLookup(row => row.Session);
    }

    /// <summary>The processes, in no order that matters.</summary>
    internal IReadOnlyList<ProcessRow> Rows { get; }

    /// <summary>One process; null when there is none of this id.</summary>
    internal ProcessRow? Find(int id) => byId.TryGetValue(id, out var row) ? row : null;

    /// <summary>A process, its descendants, and whoever else lives in the session it leads, with theirs: orphans keep their session.</summary>
    internal List<ProcessRow> TreeOf(int root)
    {
        var tree = new List<ProcessRow>();
        var inside = new HashSet<int>();
        if (byId.TryGetValue(root, out var row) && inside.Add(root)) tree.Add(row);
        foreach (var member in bySession[root])
        {
            if (inside.Add(member.Id)) tree.Add(member);
        }

        for (var i = 0; i < tree.Count; i++)
        {
            foreach (var child in byParent[tree[i].Id])
            {
                if (inside.Add(child.Id)) tree.Add(child);
            }
        }

        return tree;
    }
}

/// <summary>
/// All processes of this machine, read at most once in a while however many trees look at them: one scan serves a
/// hundred attempts.
/// </summary>
internal sealed class ProcessTable(TimeProvider time)
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, IgnoreInaccessible = true };

    private readonly Lock gate = new();
    private ProcessSnapshot? snapshot;
    private long readAt;

    /// <summary>The clock tick of /proc on every architecture .NET runs on: 1/100 s.</summary>
    internal const double TicksPerSecond = 100;

    /// <summary>The processes; read anew when the last scan is older than <paramref name="maxAge"/>.</summary>
    internal ProcessSnapshot Read(TimeSpan maxAge)
    {
        lock (gate)
        {
            if (snapshot is not null && time.GetElapsedTime(readAt) <= maxAge) return snapshot;
            snapshot = new(Scan());
            readAt = time.GetTimestamp();
            return snapshot;
        }
    }

    /// <summary>One process; null when there is none of this id.</summary>
    internal static ProcessRow? Find(int id)
    {
        Span<byte> path = stackalloc byte[32];
        Span<byte> buffer = stackalloc byte[1024];
        var length = SystemCalls.ReadWhole(PathOf(id, "/stat"u8, path), buffer);
        return length > 0 ? Parse(buffer[..length]) : null;
    }

    /// <summary><c>/proc/ID</c> and a name, null-terminated, without allocating.</summary>
    internal static ReadOnlySpan<byte> PathOf(int id, ReadOnlySpan<byte> name, Span<byte> buffer)
    {
        "/proc/"u8.CopyTo(buffer);
        _ = Utf8Formatter.TryFormat(id, buffer[6..], out var digits);
        name.CopyTo(buffer[(6 + digits)..]);
        buffer[6 + digits + name.Length] = 0;
        return buffer[..(6 + digits + name.Length + 1)];
    }

    private static List<ProcessRow> Scan()
    {
        var found = new List<ProcessRow>(256);
        var ids = new FileSystemEnumerable<int>("/proc", static (ref entry) => int.Parse(entry.FileName), Everything)
        {
            ShouldIncludePredicate = static (ref entry) => int.TryParse(entry.FileName, out _),
        };
        foreach (var id in ids)
        {
            if (Find(id) is { } row) found.Add(row);
        }

        return found;
    }

    /// <summary>Reads one stat line. The name in brackets may hold anything, brackets and spaces too: the last bracket ends it.</summary>
    internal static ProcessRow? Parse(ReadOnlySpan<byte> text)
    {
        var close = text.LastIndexOf((byte)')');
        if (close < 0 || close + 2 >= text.Length || CounterText.Number(text) is not { } id) return null;
        var rest = text[(close + 2)..];
        var state = (char)rest[0];
        // Field n of proc(5) is at index n - 4 here: field 4 (ppid) is the first after the state.
        Span<long> fields = stackalloc long[21];
        for (var i = 0; i < fields.Length; i++)
        {
            var space = rest.IndexOf((byte)' ');
            if (space < 0) return null;
            rest = rest[(space + 1)..];
            if (CounterText.Number(rest) is not { } value) return null;
            fields[i] = value;
        }

        return new(
            (int)id, (int)fields[0], (int)fields[1], (int)fields[2], state,
            fields[10] + fields[11], fields[12] + fields[13], fields[18], fields[20]);
    }
}

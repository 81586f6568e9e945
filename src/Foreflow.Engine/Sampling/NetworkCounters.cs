using System.Runtime.InteropServices;
using System.Text;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;

namespace Foreflow.Engine.Sampling;

/// <summary>
/// Counts the network bytes of groups of the unified hierarchy: two small programs in the kernel (cgroup_skb, one a
/// direction), loaded once, attached to each group; every attachment has its own pair of counters there. They see whole
/// IP packets of every socket made inside the group or below it, loopback too, and let every packet through.
/// </summary>
internal sealed unsafe class NetworkCounters : IDisposable
{
    // Commands, types and instructions of bpf(2), linux/bpf.h.
    private const int MapCreate = 0, MapLookup = 1, ProgramLoad = 5, ProgramAttach = 8;
    private const uint CgroupStorage = 19, CgroupSkb = 8, AllowMulti = 2;
    private const int GetLocalStorage = 81;

    private readonly int map;
    private readonly int[] programs;

    private NetworkCounters(int map, int[] programs) => (this.map, this.programs) = (map, programs);

    /// <summary>Loads the programs; null, and why, where the kernel or our rights do not allow it.</summary>
    internal static NetworkCounters? TryLoad(out string whyNot)
    {
        whyNot = "";
        if (BpfNumber is null)
        {
            whyNot = $"not known for the {RuntimeInformation.ProcessArchitecture} architecture";
            return null;
        }

        // Key: the group's id. Value: bytes received, bytes sent.
        var map = Bpf(MapCreate, [CgroupStorage, 8, 16, 0]);
        if (map < 0)
        {
            whyNot = $"the kernel gives no counter map: {SystemCalls.Describe(Marshal.GetLastPInvokeError())}; it needs root or CAP_BPF and CAP_NET_ADMIN, and Linux 5.9";
            return null;
        }

        var programs = new int[2];
        for (var direction = 0; direction < 2; direction++)
        {
            programs[direction] = Load(map, direction);
            if (programs[direction] >= 0) continue;
            whyNot = $"the kernel does not take the counting program: {SystemCalls.Describe(Marshal.GetLastPInvokeError())}";
            if (direction == 1) _ = SystemCalls.Close(programs[0]);
            _ = SystemCalls.Close(map);
            return null;
        }

        return new(map, programs);
    }

    /// <summary>Starts counting for a group; null when the kernel refuses.</summary>
    internal IUsageReader? TryAttach(string groupFolder)
    {
        var folder = SystemCalls.Open(groupFolder, SystemCalls.ReadOnly);
        if (folder < 0) return null;
        var attached = true;
        for (var direction = 0; direction < 2; direction++)
            attached &= Bpf(ProgramAttach, [(uint)folder, (uint)programs[direction], (uint)direction, AllowMulti]) >= 0;

        var id = attached ? InodeOf(folder) : 0;
        _ = SystemCalls.Close(folder);
        return id == 0 ? null : new Reader(this, id);
    }

    public void Dispose()
    {
        foreach (var program in programs) _ = SystemCalls.Close(program);
        _ = SystemCalls.Close(map);
    }

    private (long Received, long Sent)? Lookup(ulong groupId)
    {
        var value = stackalloc long[2];
        var attributes = stackalloc ulong[16];
        new Span<ulong>(attributes, 16).Clear();
        attributes[0] = (uint)map;
        attributes[1] = (ulong)&groupId;
        attributes[2] = (ulong)value;
        return SystemCalls.SystemCall(BpfNumber!.Value, MapLookup, attributes, 128, 0, null) < 0 ? null : (value[0], value[1]);
    }

    private static int Load(int map, int direction)
    {
        ReadOnlySpan<ulong> program =
        [
            Instruction(0x61, 7, 1, 0, 0),                                        // r7 = packet->len
            Instruction(0x18, 1, 1, 0, map), 0,                                   // r1 = map
            Instruction(0xb7, 2, 0, 0, 0),                                        // r2 = 0
            Instruction(0x85, 0, 0, 0, GetLocalStorage),                          // r0 = this group's counters
            Instruction(0xdb, 0, 7, (short)(direction * sizeof(long)), 0),        // atomic: r0[direction] += r7
            Instruction(0xb7, 0, 0, 0, 1),                                        // let the packet through
            Instruction(0x95, 0, 0, 0, 0),
        ];
        // Counters are no secret of the kernel's; the licence is what helpers ask for.
        var licence = Encoding.ASCII.GetBytes("Dual BSD/GPL\0");
        var attributes = stackalloc ulong[16];
        new Span<ulong>(attributes, 16).Clear();
        fixed (ulong* code = program)
        fixed (byte* text = licence)
        {
            attributes[0] = CgroupSkb | ((ulong)program.Length << 32);
            attributes[1] = (ulong)code;
            attributes[2] = (ulong)text;
            attributes[8] = (ulong)(uint)direction << 32; // expected_attach_type, at byte 68
            return (int)SystemCalls.SystemCall(BpfNumber!.Value, ProgramLoad, attributes, 128, 0, null);
        }
    }

    private static ulong Instruction(byte code, int destination, int source, short offset, int immediate) =>
        code | ((ulong)(uint)(destination | (source << 4)) << 8) | ((ulong)(ushort)offset << 16) | ((ulong)(uint)immediate << 32);

    private static int Bpf(int command, ReadOnlySpan<uint> leading)
    {
        var attributes = stackalloc uint[32];
        new Span<uint>(attributes, 32).Clear();
        leading.CopyTo(new Span<uint>(attributes, 32));
        return (int)SystemCalls.SystemCall(BpfNumber!.Value, command, attributes, 128, 0, null);
    }

    /// <summary>The id of a group is the inode of its folder. statx has the same layout on every architecture; stat has not.</summary>
    private static ulong InodeOf(int descriptor)
    {
        const long AtEmptyPath = 0x1000, InodeMask = 0x100;
        var statx = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 291 : 332;
        var result = stackalloc ulong[32];
        byte empty = 0;
        return SystemCalls.SystemCall(statx, descriptor, &empty, AtEmptyPath, InodeMask, result) < 0 ? 0 : result[4];
    }

    private static long? BpfNumber => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 321,
        Architecture.Arm64 => 280,
        _ => null,
    };

    private sealed class Reader(NetworkCounters counters, ulong groupId) : IUsageReader
    {
        public UsageSample Read(Instant at)
        {
            var bytes = counters.Lookup(groupId);
            return new(at, null, null, null, null, null, bytes?.Received, bytes?.Sent);
        }

        public void Dispose()
        {
        }
    }
}

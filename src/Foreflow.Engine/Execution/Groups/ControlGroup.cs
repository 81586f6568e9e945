using System.Collections.Immutable;
using Foreflow.Engine.Execution.Processes;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution.Groups;

/// <summary>A group of processes held together by the kernel, in the unified hierarchy, the older ones, or some of both.</summary>
internal sealed class ControlGroup : IProcessGroup
{
    private readonly ControlGroupFolders folders;
    private readonly IUsageReader? network;
    private readonly string first;
    private readonly Func<int, IUsageReader>? tree;

    /// <param name="tree">Where the group has no memory or no I/O controller: reads those from the process tree.</param>
    internal ControlGroup(ControlGroupFolders folders, IReadOnlyList<string> unenforced, IUsageReader? network, bool measuresMemory, Func<int, IUsageReader>? tree)
    {
        (this.folders, this.network, this.tree, NeedsEarlySamples) = (folders, network, tree, !measuresMemory);
        first = folders["unified"] ?? folders.All.First();
        JoinFiles = [.. folders.All.Select(folder => Path.Combine(folder, "cgroup.procs"))];
        UnenforcedLimits = [.. unenforced];
    }

    public IReadOnlyList<string> JoinFiles { get; }

    public IReadOnlyList<string> UnenforcedLimits { get; }

    public bool NeedsEarlySamples { get; }

    public IUsageReader Attach(int leaderId)
    {
        var readers = ImmutableArray.CreateBuilder<IUsageReader>();
        if (folders["unified"] is { } unified) readers.Add(new CgroupV2Reader(unified));
        if ((folders["cpuacct"] ?? folders["memory"] ?? folders["blkio"]) is not null)
            readers.Add(new CgroupV1Reader(folders["cpuacct"], folders["memory"], folders["blkio"]));
        readers.Add(tree is null ? new ProcessIoReader(leaderId) : tree(leaderId));
        if (network is not null) readers.Add(network);
        return new CombinedReader([.. readers]);
    }

    public long OutOfMemoryKills()
    {
        Span<byte> buffer = stackalloc byte[1024];
        using var events = new CounterFile(folders["memory"] is { } older
            ? Path.Combine(older, "memory.oom_control")
            : Path.Combine(first, "memory.events"));
        return CounterText.Key(events.Read(buffer), "oom_kill"u8) ?? 0;
    }

    public bool HasProcesses()
    {
        if (folders["unified"] is not { } unified) return ControlGroupFolders.Processes(first).Count > 0;
        Span<byte> buffer = stackalloc byte[256];
        using var events = new CounterFile(Path.Combine(unified, "cgroup.events"));
        return CounterText.Key(events.Read(buffer), "populated"u8) is 1;
    }

    public void Signal(int signal)
    {
        foreach (var id in ControlGroupFolders.Processes(first)) _ = ProcessCalls.Kill(id, signal);
    }

    public void Kill()
    {
        if (folders["unified"] is { } unified && SystemCalls.WriteControl(Path.Combine(unified, "cgroup.kill"), "1") == 0) return;
        // Without cgroup.kill (Linux 5.14): nobody is born while all are frozen; the signals act at the thaw.
        SetFrozen(true);
        Signal(ProcessCalls.SigKill);
        SetFrozen(false);
    }

    public bool SetFrozen(bool frozen)
    {
        if (folders["unified"] is { } unified && SystemCalls.WriteControl(Path.Combine(unified, "cgroup.freeze"), frozen ? "1" : "0") == 0) return true;
        return folders["freezer"] is { } older && SystemCalls.WriteControl(Path.Combine(older, "freezer.state"), frozen ? "FROZEN" : "THAWED") == 0;
    }

    public bool TryRemove() => folders.TryRemove();

    public void Dispose() => network?.Dispose();
}

using System.Text;
using Foreflow.Engine.Execution.Processes;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution.Groups;

/// <summary>
/// A process tree as /proc shows it, where no control group can be made: descendants, whoever lives in the session the
/// first one leads, and whoever carries the group's mark in its environment. A process that hides from all three escapes.
/// </summary>
internal sealed class ProcessTreeGroup(string mark, ProcessLimits limits, string whyNoGroups, ProcessTable table) : IProcessGroup
{
    /// <summary>One scan of /proc serves all trees that are looked at within this time.</summary>
    internal static readonly TimeSpan SharedScan = TimeSpan.FromMilliseconds(200);

    private int leader;
    private long leaderStart;

    public IReadOnlyList<string> JoinFiles => [];

    public IReadOnlyList<string> UnenforcedLimits { get; } = Unenforced(limits, whyNoGroups);

    public bool NeedsEarlySamples => true;

    public IUsageReader Attach(int leaderId)
    {
        leader = leaderId;
        leaderStart = ProcessTable.Find(leaderId)?.StartTicks ?? long.MaxValue;
        return new ProcessTreeReader(leaderId, table, SharedScan);
    }

    public long OutOfMemoryKills() => 0;

    public bool HasProcesses() => Living().Count > 0;

    public void Signal(int signal)
    {
        foreach (var row in Living()) _ = ProcessCalls.Kill(row.Id, signal);
    }

    public void Kill()
    {
        // Stopped processes give birth to none: stop all, look again for those born meanwhile, then kill.
        Signal(ProcessCalls.SigStop);
        Signal(ProcessCalls.SigKill);
    }

    public bool SetFrozen(bool frozen)
    {
        Signal(frozen ? ProcessCalls.SigStop : ProcessCalls.SigCont);
        if (frozen) Signal(ProcessCalls.SigStop);
        return leader != 0;
    }

    public bool TryRemove() => true;

    public void Dispose()
    {
    }

    private List<ProcessRow> Living()
    {
        if (leader == 0) return [];
        var all = table.Read(TimeSpan.Zero);
        var tree = all.TreeOf(leader);
        foreach (var row in all.Rows)
        {
            // Only what was born since can be one of ours, and reading environments is dear.
            if (row.StartTicks >= leaderStart && row.State != 'Z' && !tree.Contains(row) && ProcessMarks.Carries(row.Id, mark)) tree.Add(row);
        }

        tree.RemoveAll(static row => row.State is 'Z' or 'X');
        return tree;
    }

    private static List<string> Unenforced(ProcessLimits limits, string reason)
    {
        var missing = new List<string>();
        if (limits.MemoryBytes is not null) missing.Add($"memory limit: {reason}");
        if (limits.CpuCores is not null) missing.Add($"cpu limit: {reason}");
        if (limits.MaxProcesses is not null) missing.Add($"pids limit: {reason}");
        return missing;
    }
}

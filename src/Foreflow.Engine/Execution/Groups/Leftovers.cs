using Foreflow.Engine.Execution.Processes;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution.Groups;

/// <summary>
/// Finds and ends what an earlier server of the same data folder has left running: by the control groups under the
/// folder's own root, and by the mark every process was started with, which tells those that no group held.
/// </summary>
internal static class Leftovers
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Ends them all. To be called before anything is started for the folder.</summary>
    /// <returns>How many processes were killed, and which could not be.</returns>
    internal static async Task<LeftoversReport> EndAsync(ProcessHost host)
    {
        var killed = new HashSet<(int Id, long Start)>();
        var since = TimeProvider.System.GetTimestamp();
        for (var pause = 1; ; pause = Math.Min(100, pause * 2))
        {
            var left = Find(host);
            foreach (var row in left) killed.Add((row.Id, row.StartTicks));
            KillGroups(host);
            foreach (var row in left) _ = ProcessCalls.Kill(row.Id, ProcessCalls.SigKill);
            var gone = RemoveGroups(host);
            if (left.Count == 0 && gone) return new(killed.Count, []);
            if (TimeProvider.System.GetElapsedTime(since) > Patience) return new(killed.Count, [.. left.Select(row => row.Id)]);
            await Task.Delay(pause).ConfigureAwait(false);
        }
    }

    private static List<ProcessRow> Find(ProcessHost host)
    {
        var inGroups = new HashSet<int>();
        foreach (var folder in Folders(host)) inGroups.UnionWith(ControlGroupFolders.Processes(folder));
        var found = new List<ProcessRow>();
        foreach (var row in host.Table.Read(TimeSpan.Zero).Rows)
        {
            // Our own children carry the mark too, but there are none yet; this process carries it when a stage has started it.
            if (row.State is 'Z' or 'X' || row.Id == Environment.ProcessId) continue;
            if (inGroups.Contains(row.Id) || ProcessMarks.Carries(row.Id, $"{host.Owner}/")) found.Add(row);
        }

        return found;
    }

    private static void KillGroups(ProcessHost host)
    {
        foreach (var folder in Folders(host))
        {
            _ = SystemCalls.WriteControl(Path.Combine(folder, "cgroup.kill"), "1");
            // A frozen group of the older kind does not die before it is thawed.
            _ = SystemCalls.WriteControl(Path.Combine(folder, "freezer.state"), "THAWED");
        }
    }

    private static bool RemoveGroups(ProcessHost host) => Folders(host).TrueForAll(ControlGroupFolders.TryRemove);

    private static List<string> Folders(ProcessHost host) => host.Groups is null ? [] : [.. host.Groups.Existing().SelectMany(group => group)];
}

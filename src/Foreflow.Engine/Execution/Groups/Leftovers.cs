using Foreflow.Engine.Execution.Processes;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution.Groups;

/// <summary>
/// Finds and ends what engines of the same data folder that are no more have left running: by the control groups under the
/// folder's own root, and by the mark every process was started with, which tells those that no group held. Both begin
/// with the engine's name; what engines that are alive have started is left alone.
/// </summary>
internal static class Leftovers
{
    /// <summary>Ends the engine's name in the name of a group: no such name contains it.</summary>
    internal const char EndOfEngine = '+';

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Ends them all. To be called before any task of those engines is run again.</summary>
    /// <returns>How many processes were killed, and which could not be.</returns>
    internal static async Task<LeftoversReport> EndAsync(ProcessHost host, Func<string, ValueTask<bool>> isAlive)
    {
        var killed = new HashSet<(int Id, long Start)>();
        // Asked once an engine: who was dead stays dead, who was alive is not touched in this round.
        var alive = new Dictionary<string, bool>(StringComparer.Ordinal) { [host.Engine] = true };
        var since = TimeProvider.System.GetTimestamp();
        for (var pause = 1; ; pause = Math.Min(100, pause * 2))
        {
            var folders = await FoldersAsync(host, alive, isAlive).ConfigureAwait(false);
            var left = await FindAsync(host, folders, alive, isAlive).ConfigureAwait(false);
            foreach (var row in left) killed.Add((row.Id, row.StartTicks));
            KillGroups(folders);
            foreach (var row in left) _ = ProcessCalls.Kill(row.Id, ProcessCalls.SigKill);
            var gone = folders.TrueForAll(ControlGroupFolders.TryRemove);
            if (left.Count == 0 && gone) return new(killed.Count, []);
            if (TimeProvider.System.GetElapsedTime(since) > Patience) return new(killed.Count, [.. left.Select(row => row.Id)]);
            await Task.Delay(pause).ConfigureAwait(false);
        }
    }

    private static async ValueTask<List<ProcessRow>> FindAsync(
        ProcessHost host, List<string> folders, Dictionary<string, bool> alive, Func<string, ValueTask<bool>> isAlive)
    {
        var inGroups = new HashSet<int>();
        foreach (var folder in folders) inGroups.UnionWith(ControlGroupFolders.Processes(folder));
        var found = new List<ProcessRow>();
        foreach (var row in host.Table.Read(TimeSpan.Zero).Rows)
        {
            // This process carries the mark too when a stage has started it.
            if (row.State is 'Z' or 'X' || row.Id == Environment.ProcessId) continue;
            if (inGroups.Contains(row.Id)
                || (ProcessMarks.Read(row.Id, $"{host.Owner}/") is { } name && !await IsAliveAsync(name, alive, isAlive).ConfigureAwait(false)))
                found.Add(row);
        }

        return found;
    }

    private static async ValueTask<List<string>> FoldersAsync(ProcessHost host, Dictionary<string, bool> alive, Func<string, ValueTask<bool>> isAlive)
    {
        var folders = new List<string>();
        if (host.Groups is null) return folders;
        foreach (var group in host.Groups.Existing())
            if (!await IsAliveAsync(group.Key, alive, isAlive).ConfigureAwait(false)) folders.AddRange(group);
        return folders;
    }

    private static async ValueTask<bool> IsAliveAsync(string groupName, Dictionary<string, bool> alive, Func<string, ValueTask<bool>> isAlive)
    {
        var end = groupName.IndexOf(EndOfEngine, StringComparison.Ordinal);
        // A name that was not given here is nobody's any more.
        if (end <= 0) return false;
        var engine = groupName[..end];
        if (!alive.TryGetValue(engine, out var answer)) alive[engine] = answer = await isAlive(engine).ConfigureAwait(false);
        return answer;
    }

    private static void KillGroups(List<string> folders)
    {
        foreach (var folder in folders)
        {
            _ = SystemCalls.WriteControl(Path.Combine(folder, "cgroup.kill"), "1");
            // A frozen group of the older kind does not die before it is thawed.
            _ = SystemCalls.WriteControl(Path.Combine(folder, "freezer.state"), "THAWED");
        }
    }
}

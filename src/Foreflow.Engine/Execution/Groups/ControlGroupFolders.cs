using System.Runtime.InteropServices;
using Foreflow.Engine.Execution.Processes;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution.Groups;

/// <summary>The folders of one group, by hierarchy: <c>unified</c> or the name of a controller. Hierarchies mounted together share a folder.</summary>
internal sealed class ControlGroupFolders(string name)
{
    private const int Mode = 0b111_101_101;
    private readonly List<(string Hierarchy, string Folder)> folders = [];

    /// <summary>The folder in one hierarchy; null when the group is not there.</summary>
    internal string? this[string hierarchy]
    {
        get
        {
            foreach (var (key, folder) in folders)
            {
                if (key == hierarchy) return folder;
            }

            return null;
        }
    }

    /// <summary>The folders, each once.</summary>
    internal IEnumerable<string> All => folders.Select(entry => entry.Folder).Distinct();

    /// <summary>Makes the group's folder below a root.</summary>
    internal void Add(string hierarchy, string root)
    {
        var folder = Path.Combine(root, name);
        if (!folders.Exists(entry => entry.Folder == folder) && !TryMake(root, folder))
            throw new IOException($"cannot make the control group {folder}: {SystemCalls.Describe(Marshal.GetLastPInvokeError())}");
        folders.Add((hierarchy, folder));
    }

    /// <summary>Another engine of the same data folder takes the root away when it ends and finds it empty: then it is made anew.</summary>
    private static bool TryMake(string root, string folder)
    {
        if (ProcessCalls.MakeFolder(folder, Mode) >= 0) return true;
        if (Marshal.GetLastPInvokeError() != ProcessCalls.NotFound) return false;
        _ = ProcessCalls.MakeFolder(root, Mode);
        return ProcessCalls.MakeFolder(folder, Mode) >= 0;
    }

    /// <summary>Removes them, and groups the stage has made inside; false when one still has processes.</summary>
    internal bool TryRemove() => All.ToList().TrueForAll(TryRemove);

    /// <summary>Removes one group's folder with those inside it; false when it still has processes.</summary>
    internal static bool TryRemove(string folder)
    {
        if (ProcessCalls.RemoveFolder(folder) == 0) return true;
        if (Marshal.GetLastPInvokeError() == ProcessCalls.NotFound) return true;
        if (Marshal.GetLastPInvokeError() != ProcessCalls.Busy) return false;
        try
        {
            foreach (var inner in Directory.EnumerateDirectories(folder))
            {
                if (!TryRemove(inner)) return false;
            }
        }
        catch (IOException)
        {
            return false;
        }

        return ProcessCalls.RemoveFolder(folder) == 0 || Marshal.GetLastPInvokeError() == ProcessCalls.NotFound;
    }

    /// <summary>The processes of a group and of those inside it. Ended ones are not among them.</summary>
    internal static List<int> Processes(string folder)
    {
        var found = new List<int>();
        try
        {
            foreach (var line in File.ReadLines(Path.Combine(folder, "cgroup.procs")))
            {
                if (int.TryParse(line, out var id)) found.Add(id);
            }

            foreach (var inner in Directory.EnumerateDirectories(folder)) found.AddRange(Processes(inner));
        }
        catch (IOException)
        {
            // The group has gone: nobody is in it.
        }

        return found;
    }
}

using System.Globalization;
using System.Runtime.InteropServices;
using Foreflow.Engine.Execution.Processes;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution.Groups;

/// <summary>
/// The folders under which this node's groups are made: <c>foreflow-OWNER</c> below the own group in every hierarchy.
/// The owner names one data folder, so that after a crash its groups are found again.
/// </summary>
internal sealed class ControlGroupRoot : IDisposable
{
    private readonly string? unified;
    private readonly UnifiedControllers controllers;
    private readonly Dictionary<string, string> older;
    private readonly NetworkCounters? network;
    private readonly IReadOnlyList<string> throttleRules;

    private ControlGroupRoot(string? unified, UnifiedControllers controllers, Dictionary<string, string> older)
    {
        (this.unified, this.controllers, this.older) = (unified, controllers, older);
        NetworkWhyNot = "the unified control group hierarchy (version 2) is not mounted or not ours to use";
        network = unified is null ? null : NetworkCounters.TryLoad(out var whyNot) is { } loaded ? loaded : Fail(whyNot);
        throttleRules = older.ContainsKey("blkio") ? BlockDevices() : [];

        NetworkCounters? Fail(string reason)
        {
            NetworkWhyNot = reason;
            return null;
        }
    }

    /// <summary>Why network bytes are not counted; meaningless where they are.</summary>
    internal string NetworkWhyNot { get; private set; }

    /// <summary>True where network bytes are counted.</summary>
    internal bool CountsNetwork => network is not null;

    /// <summary>True where groups of the unified hierarchy are made.</summary>
    internal bool HasUnified => unified is not null;

    /// <summary>Why a controller that is there cannot be used; by controller.</summary>
    internal IReadOnlyDictionary<string, string> WhyNot => controllers.WhyNot;

    /// <summary>Where a controller's groups are made; null where it is not to be had. <c>io</c> and <c>blkio</c> are the same.</summary>
    internal string? Where(string controller)
    {
        if (unified is not null && controllers.Enabled.Contains(controller)) return unified;
        return older.GetValueOrDefault(controller == "io" ? "blkio" : controller);
    }

    /// <summary>Makes the folders; null, and why, where no group can be made at all.</summary>
    internal static ControlGroupRoot? TryOpen(CgroupMounts mounts, string owner, out string whyNot)
    {
        whyNot = "no control group hierarchy is mounted";
        var name = $"foreflow-{owner}";
        string? unified = null;
        var controllers = UnifiedControllers.None;
        if (mounts.Unified is { } own)
        {
            var home = UnifiedControllers.HomeOf(own);
            if (TryMakeFolder(Path.Combine(home, name), out whyNot))
            {
                unified = Path.Combine(home, name);
                controllers = UnifiedControllers.Enable(own, unified);
            }
        }

        var older = new Dictionary<string, string>();
        foreach (var (controller, folder) in mounts.Controllers)
        {
            if (TryMakeFolder(Path.Combine(folder, name), out var reason)) older[controller] = Path.Combine(folder, name);
            else whyNot = reason;
        }

        return unified is null && older.Count == 0 ? null : new(unified, controllers, older);
    }

    /// <summary>Makes a group with its limits set, empty as yet.</summary>
    /// <param name="table">Where controllers are missing, the process tree is looked at.</param>
    /// <exception cref="IOException">A folder cannot be made.</exception>
    internal ControlGroup Create(string name, ProcessLimits limits, ProcessTable table)
    {
        var folders = new ControlGroupFolders(name);
        try
        {
            if (unified is not null) folders.Add("unified", unified);
            foreach (var controller in Wanted(limits))
            {
                if (!controllers.Enabled.Contains(controller) && older.TryGetValue(controller, out var root)) folders.Add(controller, root);
            }

            var unenforced = ControlGroupLimits.Apply(limits, folders, controllers);
            if (folders["blkio"] is { } blkio) CountDisk(blkio);
            var counted = folders["unified"] is { } group ? network?.TryAttach(group) : null;
            var measuresMemory = Where("memory") is not null;
            var tree = measuresMemory && Where("io") is not null ? null : (Func<int, IUsageReader>?)(leader => new ProcessTreeReader(leader, table, ProcessTreeGroup.SharedScan));
            return new(folders, unenforced, counted, measuresMemory, tree);
        }
        catch
        {
            folders.TryRemove();
            throw;
        }
    }

    /// <summary>Full paths of the groups that exist below the root, in every hierarchy; by name.</summary>
    internal ILookup<string, string> Existing()
    {
        var all = new List<string>();
        foreach (var root in older.Values.Append(unified).OfType<string>().Distinct())
        {
            if (Directory.Exists(root)) all.AddRange(Directory.EnumerateDirectories(root));
        }

        return all.ToLookup(Path.GetFileName, path => path)!;
    }

    /// <summary>Takes the empty root folders away and unloads the counters.</summary>
    public void Dispose()
    {
        network?.Dispose();
        foreach (var folder in older.Values.Append(unified).OfType<string>().Distinct()) _ = ProcessCalls.RemoveFolder(folder);
    }

    private IEnumerable<string> Wanted(ProcessLimits limits)
    {
        yield return "memory";
        yield return "blkio";
        // Moving a process into one more hierarchy costs time: only those something is read from or set in.
        if (unified is null) yield return "cpuacct";
        if (unified is null) yield return "freezer";
        if (limits.CpuCores is not null) yield return "cpu";
        if (limits.MaxProcesses is not null) yield return "pids";
    }

    /// <summary>
    /// A group of the older kind counts traffic only on devices it has a rule for: one that never bites (1 TiB/s).
    /// </summary>
    private void CountDisk(string folder)
    {
        foreach (var rule in throttleRules)
        {
            _ = SystemCalls.WriteControl(Path.Combine(folder, "blkio.throttle.read_bps_device"), rule);
            _ = SystemCalls.WriteControl(Path.Combine(folder, "blkio.throttle.write_bps_device"), rule);
        }
    }

    private static List<string> BlockDevices()
    {
        var rules = new List<string>();
        if (!Directory.Exists("/sys/block")) return rules;
        foreach (var device in Directory.EnumerateFileSystemEntries("/sys/block").Order(StringComparer.Ordinal))
        {
            var kind = Path.GetFileName(device);
            if (kind.StartsWith("loop", StringComparison.Ordinal) || kind.StartsWith("ram", StringComparison.Ordinal) || kind.StartsWith("zram", StringComparison.Ordinal)) continue;
            var number = Path.Combine(device, "dev");
            if (File.Exists(number)) rules.Add(string.Create(CultureInfo.InvariantCulture, $"{File.ReadAllText(number).Trim()} {1L << 40}"));
        }

        return rules;
    }

    private static bool TryMakeFolder(string path, out string whyNot)
    {
        whyNot = "";
        if (ProcessCalls.MakeFolder(path, 0b111_101_101) == 0 || Marshal.GetLastPInvokeError() == ProcessCalls.Exists) return true;
        whyNot = $"cannot make {path}: {SystemCalls.Describe(Marshal.GetLastPInvokeError())}";
        return false;
    }
}

using System.Globalization;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution.Groups;

/// <summary>Which controllers of the unified hierarchy our groups have.</summary>
/// <param name="Enabled">Those that work.</param>
/// <param name="WhyNot">Why one that the kernel has does not work for us; by controller.</param>
internal sealed record UnifiedControllers(IReadOnlySet<string> Enabled, IReadOnlyDictionary<string, string> WhyNot)
{
    /// <summary>The group this process moves into when the group it was in must hold no process itself.</summary>
    private const string ServerGroup = "foreflow-server";

    private static readonly string[] Wanted = ["cpu", "memory", "io", "pids"];

    /// <summary>No controllers.</summary>
    internal static UnifiedControllers None { get; } = new(new HashSet<string>(), new Dictionary<string, string>());

    /// <summary>Where our groups belong: the own group, or its parent when an earlier start has moved this process down.</summary>
    internal static string HomeOf(string ownFolder) =>
        Path.GetFileName(ownFolder) == ServerGroup ? Path.GetDirectoryName(ownFolder)! : ownFolder;

    /// <summary>
    /// Hands the controllers down from the own group to <paramref name="root"/> and from there to the groups in it. The
    /// kernel wants no process in a group that hands down (some controllers it then hands down as threaded, which is
    /// worse than not at all), so this process steps aside first; where others are in the group too, nothing is touched.
    /// </summary>
    internal static UnifiedControllers Enable(string ownFolder, string root)
    {
        var home = HomeOf(ownFolder);
        var available = ReadWords(Path.Combine(home, "cgroup.controllers"));
        var whyNot = Wanted.Except(available).ToDictionary(controller => controller, controller => $"{home} is not given the {controller} controller; a systemd unit gets it with Delegate=yes");
        var wanted = Wanted.Intersect(available).ToList();
        if (wanted.Count == 0) return new(new HashSet<string>(), whyNot);
        if (!MakeRoom(home))
        {
            foreach (var controller in wanted) whyNot[controller] = $"other processes share the group {home}; start the server in one of its own, for example with systemd-run --scope -p Delegate=yes (and --user where you are not root)";
            return new(new HashSet<string>(), whyNot);
        }

        var enabled = new HashSet<string>();
        foreach (var controller in wanted)
        {
            var error = HandDown(home, controller);
            if (error == 0) error = HandDown(root, controller);
            if (error == 0) enabled.Add(controller);
            else whyNot[controller] = $"cannot hand down the {controller} controller in {home}: {SystemCalls.Describe(error)}";
        }

        return new(enabled, whyNot);
    }

    private static int HandDown(string folder, string controller)
    {
        var file = Path.Combine(folder, "cgroup.subtree_control");
        return ReadWords(file).Contains(controller) ? 0 : SystemCalls.WriteControl(file, $"+{controller}");
    }

    /// <summary>Leaves a group without processes by moving this one, and no other, into a group below it; false when others are there.</summary>
    private static bool MakeRoom(string folder)
    {
        // The root of the hierarchy may have processes, and has no type.
        if (!File.Exists(Path.Combine(folder, "cgroup.type"))) return true;
        var inside = ReadWords(Path.Combine(folder, "cgroup.procs"));
        if (inside.Length == 0) return true;
        var own = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        if (inside.Any(id => id != own)) return false;
        var aside = Path.Combine(folder, ServerGroup);
        try
        {
            Directory.CreateDirectory(aside);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }

        return SystemCalls.WriteControl(Path.Combine(aside, "cgroup.procs"), "0") == 0;
    }

    private static string[] ReadWords(string file)
    {
        try
        {
            return File.ReadAllText(file).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}

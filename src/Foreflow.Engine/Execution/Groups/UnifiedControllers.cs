using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution.Groups;

/// <summary>Which controllers of the unified hierarchy our groups have.</summary>
/// <param name="Enabled">Those that work.</param>
/// <param name="WhyNot">Why one that the kernel has does not work for us; by controller.</param>
internal sealed record UnifiedControllers(IReadOnlySet<string> Enabled, IReadOnlyDictionary<string, string> WhyNot)
{
    /// <summary>The group this process moves into when the group it was in must hold no process itself.</summary>
    private const string ServerGroup = "foreflow-server";

    private const int Busy = 16;

    private static readonly string[] Wanted = ["cpu", "memory", "io", "pids"];

    /// <summary>No controllers.</summary>
    internal static UnifiedControllers None { get; } = new(new HashSet<string>(), new Dictionary<string, string>());

    /// <summary>Where our groups belong: the own group, or its parent when an earlier start has moved this process down.</summary>
    internal static string HomeOf(string ownFolder) =>
        Path.GetFileName(ownFolder) == ServerGroup ? Path.GetDirectoryName(ownFolder)! : ownFolder;

    /// <summary>
    /// Hands the controllers down from the own group to <paramref name="root"/> and from there to the groups in it. The
    /// kernel allows that only where no process is in the group that hands down, so this process steps aside first.
    /// </summary>
    internal static UnifiedControllers Enable(string ownFolder, string root)
    {
        var home = HomeOf(ownFolder);
        var enabled = new HashSet<string>();
        var whyNot = new Dictionary<string, string>();
        var available = ReadWords(Path.Combine(home, "cgroup.controllers"));
        foreach (var controller in Wanted)
        {
            if (!available.Contains(controller))
            {
                whyNot[controller] = $"{home} is not given the {controller} controller; a systemd unit gets it with Delegate=yes";
                continue;
            }

            var error = HandDown(home, controller, mayStepAside: true);
            if (error == 0) error = HandDown(root, controller, mayStepAside: false);
            if (error == 0) enabled.Add(controller);
            else whyNot[controller] = Explain(home, controller, error);
        }

        return new(enabled, whyNot);
    }

    private static int HandDown(string folder, string controller, bool mayStepAside)
    {
        var file = Path.Combine(folder, "cgroup.subtree_control");
        if (ReadWords(file).Contains(controller)) return 0;
        var error = SystemCalls.WriteControl(file, $"+{controller}");
        if (error != Busy || !mayStepAside || !StepAside(folder)) return error;
        return SystemCalls.WriteControl(file, $"+{controller}");
    }

    /// <summary>Moves this process, and no other, into a group below the one it is in.</summary>
    private static bool StepAside(string folder)
    {
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

    private static string Explain(string home, string controller, int error) => error == Busy
        ? $"other processes share the group {home}; start the server in one of its own, for example with systemd-run --scope -p Delegate=yes"
        : $"cannot hand down the {controller} controller in {home}: {SystemCalls.Describe(error)}";

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

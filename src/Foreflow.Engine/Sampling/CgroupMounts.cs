namespace Foreflow.Engine.Sampling;

/// <summary>Where this process sits in the machine's control groups.</summary>
/// <param name="Unified">Its own folder in the unified hierarchy (version 2); null where that is not mounted.</param>
/// <param name="Controllers">Its own folder under each mounted controller of the older kind (version 1).</param>
internal sealed record CgroupMounts(string? Unified, IReadOnlyDictionary<string, string> Controllers)
{
    private static readonly string[] Known = ["cpu", "cpuacct", "memory", "blkio", "pids", "freezer"];

    /// <summary>Nothing mounted.</summary>
    internal static CgroupMounts None { get; } = new(null, new Dictionary<string, string>());

    /// <summary>Reads where this process is.</summary>
    internal static CgroupMounts Discover()
    {
        try
        {
            return Parse(File.ReadAllText("/proc/self/mountinfo"), File.ReadAllText("/proc/self/cgroup"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return None;
        }
    }

    /// <summary>Joins what is mounted where (/proc/self/mountinfo) with where this process is in it (/proc/self/cgroup).</summary>
    internal static CgroupMounts Parse(string mountInfo, string ownGroups)
    {
        string? unified = null;
        var controllers = new Dictionary<string, string>();
        foreach (var line in mountInfo.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // ID PARENT MAJ:MIN ROOT MOUNTPOINT OPTIONS [tags] - TYPE SOURCE SUPEROPTIONS
            var halves = line.Split(" - ", 2);
            var left = halves[0].Split(' ');
            var right = halves.Length == 2 ? halves[1].Split(' ') : [];
            if (left.Length < 6 || right.Length < 3) continue;
            var (root, mountPoint) = (Unescape(left[3]), Unescape(left[4]));
            if (right[0] == "cgroup2")
            {
                unified ??= OwnFolder(root, mountPoint, OwnPath(ownGroups, ""));
            }
            else if (right[0] == "cgroup")
            {
                foreach (var name in right[2].Split(',').Intersect(Known))
                {
                    if (OwnFolder(root, mountPoint, OwnPath(ownGroups, name)) is { } folder) controllers.TryAdd(name, folder);
                }
            }
        }

        return new(unified, controllers);
    }

    private static string? OwnPath(string ownGroups, string controller)
    {
        foreach (var line in ownGroups.Split('\n'))
        {
            // NUMBER:CONTROLLERS:PATH, no controllers for the unified hierarchy.
            var parts = line.Split(':', 3);
            if (parts.Length == 3 && parts[1].Split(',').Contains(controller)) return parts[2];
        }

        return null;
    }

    private static string? OwnFolder(string root, string mountPoint, string? path)
    {
        if (path is null) return null;
        if (root == "/") return path == "/" ? mountPoint : mountPoint + path;
        // A container sees its own subtree mounted: the part of the path that is the mount's root is not below it.
        return path.StartsWith(root + "/", StringComparison.Ordinal) ? mountPoint + path[root.Length..] : mountPoint;
    }

    private static string Unescape(string text) =>
        text.Replace(@"\040", " ", StringComparison.Ordinal).Replace(@"\011", "\t", StringComparison.Ordinal).Replace(@"\134", @"\", StringComparison.Ordinal);
}

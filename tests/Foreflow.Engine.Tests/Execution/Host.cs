using Foreflow.Engine.Execution;
using Foreflow.Engine.Execution.Groups;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Tests.Execution;

/// <summary>What this host lets tests do; those that need more are skipped, and say why.</summary>
internal static class Host
{
    internal static void NeedsGroups(GroupingKind grouping)
    {
        if (grouping == GroupingKind.ProcessTree) return;
        using var root = Open(grouping, out var whyNot);
        if (root is null) Assert.Skip($"no control groups: {whyNot}");
        if (root.Where("memory") is null) Assert.Skip("no memory controller for us");
    }

    internal static void NeedsNetworkCounters()
    {
        using var root = Open(GroupingKind.Best, out var whyNot);
        if (root is null || !root.CountsNetwork) Assert.Skip($"no network counters: {root?.NetworkWhyNot ?? whyNot}");
    }

    internal static ControlGroupRoot? Open(GroupingKind grouping, out string whyNot)
    {
        var mounts = CgroupMounts.Discover();
        if (grouping == GroupingKind.OlderHierarchies)
        {
            mounts = mounts with { Unified = null };
            if (mounts.Controllers.Count == 0)
            {
                whyNot = "no hierarchies of version 1 here";
                return null;
            }
        }

        return ControlGroupRoot.TryOpen(mounts, $"test-{Guid.NewGuid():n}", out whyNot);
    }
}

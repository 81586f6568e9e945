using System.Collections.Immutable;

namespace Foreflow.Engine.Execution;

/// <summary>How well a host lets something be done.</summary>
public enum CapabilityState
{
    /// <summary>It holds: the kernel sees to it.</summary>
    Enforced,

    /// <summary>It is measured, and the figure is the whole truth.</summary>
    Measured,

    /// <summary>It is done as well as can be; the detail says what may be missed.</summary>
    Approximate,

    /// <summary>It is not done, and is reported as unknown; the detail says why.</summary>
    Missing,
}

/// <summary>One thing a host lets us do, or not.</summary>
/// <param name="Name">What: <c>memory limit</c>, <c>network traffic</c>, …</param>
/// <param name="State">How well.</param>
/// <param name="Detail">By which means, or why not and what would help.</param>
public sealed record HostCapability(string Name, CapabilityState State, string Detail);

/// <summary>What this host lets us limit and measure, found by trying.</summary>
/// <param name="All">Every capability, in a fixed order.</param>
public sealed record HostCapabilities(ImmutableArray<HostCapability> All)
{
    /// <summary>The capability of this name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public HostCapability this[string name] =>
        All.FirstOrDefault(capability => capability.Name == name) ?? throw new KeyNotFoundException($"no capability {name}");

    /// <summary>Tries what the host can do: makes a group with limits, runs one small process in it, and takes it away again.</summary>
    /// <param name="grouping">The means to look at.</param>
    /// <param name="memoryPressureFile">Where to read how short of memory it is; null for the machine's own.</param>
    public static async Task<HostCapabilities> ProbeAsync(GroupingKind grouping = GroupingKind.Best, string? memoryPressureFile = null)
    {
        var folder = Directory.CreateTempSubdirectory("foreflow-probe-").FullName;
        try
        {
            var options = new NodeRunnerOptions { DataFolder = folder, Grouping = grouping };
            var runner = new NodeRunner(memoryPressureFile is null ? options : options with { MemoryPressureFile = memoryPressureFile });
            await using (runner.ConfigureAwait(false))
                return await HostProbe.TryAsync(runner, folder).ConfigureAwait(false);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

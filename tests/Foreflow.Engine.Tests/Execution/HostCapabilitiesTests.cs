using Foreflow.Engine.Execution;

namespace Foreflow.Engine.Tests.Execution;

public sealed class HostCapabilitiesTests
{
    [Theory]
    [InlineData(GroupingKind.Best)]
    [InlineData(GroupingKind.OlderHierarchies)]
    [InlineData(GroupingKind.ProcessTree)]
    public async Task Every_host_says_what_it_can_and_why_not(GroupingKind grouping)
    {
        var capabilities = await HostCapabilities.ProbeAsync(grouping);

        Assert.Equal(
            ["processes", "memory limit", "cpu limit", "process limit", "cpu time", "memory peak", "disk traffic", "network traffic", "out-of-memory cause", "ending a stage whole", "freezing", "notice of an end", "leftovers of a crash", "memory pressure"],
            capabilities.All.Select(capability => capability.Name));
        Assert.All(capabilities.All, capability => Assert.NotEmpty(capability.Detail));
        Assert.NotEqual(CapabilityState.Missing, capabilities["processes"].State);
        Assert.Throws<KeyNotFoundException>(() => capabilities["flying"]);
    }

    [Fact]
    public async Task Without_groups_nothing_is_called_enforced()
    {
        var capabilities = await HostCapabilities.ProbeAsync(GroupingKind.ProcessTree);

        Assert.DoesNotContain(capabilities.All, capability => capability.State == CapabilityState.Enforced);
        Assert.Equal(CapabilityState.Missing, capabilities["memory limit"].State);
        Assert.Equal(CapabilityState.Missing, capabilities["network traffic"].State);
    }
}

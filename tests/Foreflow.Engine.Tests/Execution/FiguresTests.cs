using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Engine.Execution;

namespace Foreflow.Engine.Tests.Execution;

/// <summary>What a stage takes is what is shown, whichever way it is read.</summary>
public sealed class FiguresTests
{
    private const long Allocated = 300_000_000, Written = 50_000_000, Sent = 10_000_000;

    [Theory]
    [InlineData(GroupingKind.Best)]
    [InlineData(GroupingKind.OlderHierarchies)]
    [InlineData(GroupingKind.ProcessTree)]
    public async Task A_stage_shows_what_it_took(GroupingKind grouping)
    {
        Host.NeedsGroups(grouping);
        await using var node = new NodeFixture(grouping);
        var file = Path.Combine(node.Folder, "written");

        var outcome = await node.RunAsync(node.Stage($"allocate={Allocated}", $"write={file},{Written}", "burn-to=2", "report-cpu"));

        Assert.Equal((AttemptCause.Succeeded, ""), (outcome.Cause, outcome.Detail));
        var usage = outcome.Usage!;
        // On a busy machine touching the memory alone may take more than the 2 s: the stage knows what it took.
        var reported = double.Parse(outcome.OutputJson!, CultureInfo.InvariantCulture);
        Assert.InRange(reported, 2, 60);
        AssertWithin(reported, usage.CpuSeconds, 0.1);
        // The runtime of the stage itself takes about 20 MB.
        AssertWithin(Allocated + 20_000_000, usage.MemoryPeakBytes, 0.1);
        AssertWithin(Written, usage.DiskWriteBytes, 0.1);
        Assert.InRange(usage.WallTime.TotalSeconds, 1.9, 60);
    }

    [Fact]
    public async Task Network_bytes_are_those_sent_and_received()
    {
        Host.NeedsNetworkCounters();
        await using var node = new NodeFixture();

        var outcome = await node.RunAsync(node.Stage($"send={Sent}"));

        AssertWithin(Sent, outcome.Usage!.NetworkSentBytes, 0.1);
        AssertWithin(Sent, outcome.Usage!.NetworkReceivedBytes, 0.1);
    }

    [Theory]
    [InlineData(GroupingKind.OlderHierarchies)]
    [InlineData(GroupingKind.ProcessTree)]
    public async Task Network_bytes_that_nobody_counts_are_unknown_and_not_zero(GroupingKind grouping)
    {
        Host.NeedsGroups(grouping);
        await using var node = new NodeFixture(grouping);

        var outcome = await node.RunAsync(node.Stage("send=1000"));

        Assert.Null(outcome.Usage!.NetworkSentBytes);
        Assert.Null(outcome.Usage!.NetworkReceivedBytes);
    }

    [Theory]
    [InlineData(GroupingKind.Best)]
    [InlineData(GroupingKind.OlderHierarchies)]
    [InlineData(GroupingKind.ProcessTree)]
    public async Task Children_count_too_even_those_long_gone(GroupingKind grouping)
    {
        Host.NeedsGroups(grouping);
        await using var node = new NodeFixture(grouping);
        var order = node.Stage() with { Command = new StageCommand.Script($"{TestStage.Path} burn=0.5; {TestStage.Path} burn=0.5 & wait") };

        var outcome = await node.RunAsync(order);

        Assert.Equal(AttemptCause.Succeeded, outcome.Cause);
        AssertWithin(1.15, outcome.Usage!.CpuSeconds, 0.2);
    }

    [Theory]
    [InlineData(GroupingKind.Best)]
    [InlineData(GroupingKind.OlderHierarchies)]
    [InlineData(GroupingKind.ProcessTree)]
    public async Task A_short_stage_still_has_its_processor_time(GroupingKind grouping)
    {
        Host.NeedsGroups(grouping);
        await using var node = new NodeFixture(grouping);

        var outcome = await node.RunAsync(node.Script("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"));

        Assert.InRange(outcome.Usage!.CpuSeconds!.Value, 0.002, 1);
        Assert.Null(outcome.Usage.CpuPeakCores);
    }

    private static void AssertWithin(double expected, double? actual, double share) =>
        Assert.InRange(Assert.NotNull(actual), expected * (1 - share), expected * (1 + share));
}

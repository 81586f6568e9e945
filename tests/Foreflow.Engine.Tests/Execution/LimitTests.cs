using Foreflow.Core.Model;
using Foreflow.Engine.Execution;

namespace Foreflow.Engine.Tests.Execution;

/// <summary>Limits hold where the host can hold them, and are told as missing where not.</summary>
public sealed class LimitTests
{
    private const long Mebibyte = 1024 * 1024;

    [Theory]
    [InlineData(GroupingKind.Best)]
    [InlineData(GroupingKind.OlderHierarchies)]
    public async Task A_stage_over_its_memory_is_killed_and_its_neighbour_is_not(GroupingKind grouping)
    {
        Host.NeedsGroups(grouping);
        await using var node = new NodeFixture(grouping);
        var neighbour = node.Runner.Start(node.Script("echo ready > ready; while [ ! -e stop ]; do sleep 0.02; done") with { Limits = new(MemoryBytes: 64 * Mebibyte) });
        await NodeFixture.FileAsync(Path.Combine(node.Folder, "ready"));

        var outcome = await node.RunAsync(node.Stage($"allocate={300 * Mebibyte}", "sleep=60") with { Limits = new(MemoryBytes: 128 * Mebibyte) });
        File.WriteAllText(Path.Combine(node.Folder, "stop"), "");

        Assert.Equal(AttemptCause.OutOfMemory, outcome.Cause);
        Assert.InRange(outcome.Usage!.MemoryPeakBytes!.Value, 100 * Mebibyte, 129 * Mebibyte);
        Assert.Empty(outcome.UnenforcedLimits);
        Assert.Equal(AttemptCause.Succeeded, (await neighbour.Completion.WaitAsync(TimeSpan.FromSeconds(30))).Cause);
    }

    [Fact]
    public async Task A_child_killed_for_memory_makes_it_out_of_memory_whatever_the_exit_code()
    {
        Host.NeedsGroups(GroupingKind.Best);
        await using var node = new NodeFixture();
        var order = node.Stage() with { Command = new StageCommand.Script($"{TestStage.Path} allocate={300 * Mebibyte}; exit 5"), Limits = new(MemoryBytes: 128 * Mebibyte) };

        Assert.Equal(AttemptCause.OutOfMemory, (await node.RunAsync(order)).Cause);
    }

    [Fact]
    public async Task A_stage_that_kills_itself_is_not_taken_for_out_of_memory()
    {
        Host.NeedsGroups(GroupingKind.Best);
        await using var node = new NodeFixture();

        var outcome = await node.RunAsync(node.Script("kill -KILL $$") with { Limits = new(MemoryBytes: 128 * Mebibyte) });

        Assert.Equal((AttemptCause.Signal, (int?)9), (outcome.Cause, outcome.Signal));
    }

    [Theory]
    [InlineData(GroupingKind.Best)]
    [InlineData(GroupingKind.OlderHierarchies)]
    public async Task A_processor_quota_slows_down(GroupingKind grouping)
    {
        Host.NeedsGroups(grouping);
        await using var node = new NodeFixture(grouping);

        var outcome = await node.RunAsync(node.Stage("burn=0.3") with { Limits = new(CpuCores: 0.25) });

        Assert.Equal(AttemptCause.Succeeded, outcome.Cause);
        Assert.InRange(outcome.Usage!.CpuSeconds!.Value / outcome.Usage.WallTime.TotalSeconds, 0.01, 0.35);
    }

    [Theory]
    [InlineData(GroupingKind.Best)]
    [InlineData(GroupingKind.OlderHierarchies)]
    public async Task A_bound_on_processes_stops_a_fork_bomb(GroupingKind grouping)
    {
        Host.NeedsGroups(grouping);
        await using var node = new NodeFixture(grouping);

        var outcome = await node.RunAsync(node.Script("i=0; while [ $i -lt 50 ]; do sleep 100 & i=$((i+1)); done; exit 0") with { Limits = new(MaxProcesses: 10) });

        Assert.NotEqual(AttemptCause.Succeeded, outcome.Cause);
        Assert.Contains("fork", outcome.ErrorTail);
    }

    [Fact]
    public async Task Limits_that_nothing_enforces_are_told()
    {
        await using var node = new NodeFixture(GroupingKind.ProcessTree);

        var outcome = await node.RunAsync(node.Script("true") with { Limits = new(64 * Mebibyte, 1, 10) });

        Assert.Equal(AttemptCause.Succeeded, outcome.Cause);
        Assert.Equal(3, outcome.UnenforcedLimits.Length);
        Assert.All(outcome.UnenforcedLimits, text => Assert.Contains("the settings ask for none", text));
    }

    [Fact]
    public async Task Each_limit_that_nothing_enforces_is_reported_once_and_before_the_process_has_ended()
    {
        await using var node = new NodeFixture(GroupingKind.ProcessTree);

        var running = node.Runner.Start(node.Script("sleep 30") with { Limits = new(64 * Mebibyte, null, null) });
        for (var tries = 0; node.Reports.IsEmpty && tries < 3000; tries++) await Task.Delay(10);
        Assert.Contains("not enforced on this node: memory limit", Assert.Single(node.Reports));
        running.End(AttemptCause.Cancelled);
        await running.Completion;

        await node.RunAsync(node.Script("true") with { Limits = new(64 * Mebibyte, 1, null) });
        Assert.Equal(2, node.Reports.Count);
    }
}

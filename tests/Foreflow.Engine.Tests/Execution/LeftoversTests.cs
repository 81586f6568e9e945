using System.Diagnostics;
using Foreflow.Core.Model;
using Foreflow.Engine.Execution;

namespace Foreflow.Engine.Tests.Execution;

/// <summary>After a crash, what was left running is found and ended, and nothing else is.</summary>
public sealed class LeftoversTests
{
    private static readonly Func<string, ValueTask<bool>> NoneIsAlive = _ => new(false);

    [Theory]
    [InlineData(GroupingKind.Best)]
    [InlineData(GroupingKind.OlderHierarchies)]
    [InlineData(GroupingKind.ProcessTree)]
    public async Task What_an_earlier_server_left_is_ended(GroupingKind grouping)
    {
        Host.NeedsGroups(grouping);
        await using var node = new NodeFixture(grouping);
        await using var other = new NodeFixture(grouping);
        // Two runners of one data folder stand for the server before and after a crash: the first never hears of the second.
        await using var before = new NodeRunner(node.Options);
        var left = before.Start(node.Script("setsid sleep 300 & echo $! > deep; echo $$ > left; exec sleep 300"));
        var stranger = other.Runner.Start(other.Script("echo $$ > stranger; exec sleep 300"));
        var id = int.Parse(await NodeFixture.FileAsync(Path.Combine(node.Folder, "left")));
        var deep = int.Parse(await NodeFixture.FileAsync(Path.Combine(node.Folder, "deep")));
        await NodeFixture.FileAsync(Path.Combine(other.Folder, "stranger"));

        var report = await node.Runner.EndLeftoversAsync(NoneIsAlive);

        Assert.Empty(report.StillAlive);
        Assert.InRange(report.Killed, 2, 10);
        Assert.False(NodeFixture.IsAlive(id));
        Assert.False(NodeFixture.IsAlive(deep));
        Assert.Equal(AttemptCause.Signal, (await left.Completion.WaitAsync(TimeSpan.FromSeconds(30))).Cause);
        Assert.False(stranger.Completion.IsCompleted);
        Assert.Equal(0, (await node.Runner.EndLeftoversAsync(NoneIsAlive)).Killed);
    }

    [Fact]
    public async Task What_an_engine_that_lives_has_started_is_left_alone()
    {
        await using var node = new NodeFixture();
        await using var living = new NodeRunner(node.Options with { Engine = "living" });
        await using var dead = new NodeRunner(node.Options with { Engine = "dead" });
        var kept = living.Start(node.Script("setsid sleep 300 & echo $! > deep; echo $$ > kept; exec sleep 300"));
        var ended = dead.Start(node.Script("echo $$ > ended; exec sleep 300"));
        var deep = int.Parse(await NodeFixture.FileAsync(Path.Combine(node.Folder, "deep")));
        await NodeFixture.FileAsync(Path.Combine(node.Folder, "kept"));
        await NodeFixture.FileAsync(Path.Combine(node.Folder, "ended"));
        var asked = new List<string>();

        var report = await node.Runner.EndLeftoversAsync(engine =>
        {
            asked.Add(engine);
            return new(engine == "living");
        });

        Assert.Equal((1, 0), (report.Killed, report.StillAlive.Length));
        Assert.Equal(AttemptCause.Signal, (await ended.Completion.WaitAsync(TimeSpan.FromSeconds(30))).Cause);
        Assert.False(kept.Completion.IsCompleted);
        Assert.True(NodeFixture.IsAlive(deep));
        Assert.Equal(["dead", "living"], asked.Order());
    }

    [Fact]
    public async Task A_frozen_leftover_is_ended_too()
    {
        Host.NeedsGroups(GroupingKind.OlderHierarchies);
        await using var node = new NodeFixture(GroupingKind.OlderHierarchies);
        await using var before = new NodeRunner(node.Options);
        var left = before.Start(node.Script("echo $$ > left; exec sleep 300"));
        await NodeFixture.FileAsync(Path.Combine(node.Folder, "left"));
        Assert.True(left.Freeze());

        Assert.Empty((await node.Runner.EndLeftoversAsync(NoneIsAlive)).StillAlive);
        await left.Completion.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Stopping_all_ends_all()
    {
        await using var node = new NodeFixture();
        var attempts = Enumerable.Range(0, 5).Select(_ => node.Runner.Start(node.Script("sleep 300"))).ToList();
        var worker = await node.ReadyAsync(node.Worker(WorkerProtocol.JsonLines));
        var clock = Stopwatch.StartNew();

        await node.Runner.StopAllAsync(AttemptCause.Cancelled, TimeSpan.FromSeconds(20));

        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 15);
        foreach (var attempt in attempts) Assert.Equal(AttemptCause.Cancelled, (await attempt.Completion).Cause);
        Assert.Equal(AttemptCause.Cancelled, (await worker.Ended).Cause);
        Assert.Empty(node.Runner.Attempts);
    }
}

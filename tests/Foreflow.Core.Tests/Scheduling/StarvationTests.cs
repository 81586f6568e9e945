using System.Collections.Immutable;
using CsCheck;
using Foreflow.Core.Model;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Tests.Scheduling;

/// <summary>Whatever others submit, a stage with waiting tasks starts one of them within a bounded number of cycles.</summary>
public class StarvationTests
{
    private static readonly Gen<WorkflowSpec> AnyFlood = Gen.Select(
        AnyOf(Priority.Normal, Priority.Critical, Priority.Critical), Gen.Int[1, 8], Gen.Int[0, 1], Gen.Bool,
        (priority, size, gate, worker) => One("flood", priority, new Resources(size * 250, size * (128L << 20)), gate, worker: worker));

    /// <summary>From a tenth of a core to a whole node, from no deadline to one that is long past, with any part of a gate.</summary>
    private static readonly Gen<WorkflowSpec> AnyOther = Gen.Select(
        AnyOf(Priority.Batch, Priority.Normal, Priority.Critical), AnyOf(100, 500, 2000, 4000), AnyOf(64L << 20, 1L << 30, 8L << 30),
        Gen.Int[0, 4], AnyOf<TimeSpan?>(null, TimeSpan.FromSeconds(1), TimeSpan.FromDays(30)), AnyOf(false, false, true),
        (priority, cpu, memory, gate, deadline, worker) => One("other", priority, new Resources(cpu, memory), gate, deadline, worker));

    private static readonly Gen<(int Nodes, WorkflowSpec[] Floods, WorkflowSpec[] Others)> AnyMix =
        Gen.Select(Gen.Int[1, 3], AnyFlood.Array[1, 3], AnyOther.Array[1, 5]);

    private static Gen<T> AnyOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static WorkflowSpec One(string name, Priority priority, Resources request, int gate = 0, TimeSpan? deadline = null, bool worker = false) => new()
    {
        Name = name,
        Priority = priority,
        Deadline = deadline,
        Stages =
        [
            new StageSpec
            {
                Name = "s", Kind = worker ? StageKind.Worker : StageKind.Run, Request = request, ResourcesFixed = true, ExecutionSecondsPrior = 20, FanOutPrior = 1,
                Gates = gate > 0 ? ImmutableSortedDictionary<string, int>.Empty.Add("db", gate) : ImmutableSortedDictionary<string, int>.Empty,
            },
        ],
        GateCapacities = gate > 0 ? ImmutableSortedDictionary<string, int>.Empty.Add("db", 4) : ImmutableSortedDictionary<string, int>.Empty,
    };

    internal static (WorkflowSpec[] Specs, int Floods, int Nodes) Make(uint seed)
    {
        var (nodes, floods, others) = AnyMix.Generate(new PCG(seed, seed), null, out _);
        return ([.. floods.Concat(others).Select((s, i) => s with { Name = $"{s.Name}-{i}" })], floods.Length, nodes);
    }

    public static TheoryData<uint> Seeds => [.. Enumerable.Range(1, 80).Select(s => (uint)s)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void No_stage_starves_whatever_others_submit(uint seed)
    {
        var (specs, floods, nodes) = Make(seed);
        var flood = new PoolFlood(seed, nodes, floods, specs);
        flood.Run(seconds: 7200);
        for (var stage = 0; stage < specs.Length; stage++)
        {
            var what = $"{specs[stage].Name} ({specs[stage].Priority}, {specs[stage].Stages[0].Kind}, {specs[stage].Stages[0].Request})";
            Assert.True(flood.LongestGap[stage] <= flood.Bound(stage), $"{what} started nothing for {flood.LongestGap[stage]} s, {flood.Bound(stage)} s allowed");
            Assert.True(flood.Started.GetValueOrDefault(stage) > 0, $"{what} never ran");
        }
    }

    [Fact]
    public void An_attempt_stopped_for_others_again_and_again_ends_by_running()
    {
        var specs = new[] { One("flood", Priority.Critical, new Resources(2000, 256 << 20)), One("small", Priority.Batch, new Resources(2000, 64 << 20)) };
        var flood = new PoolFlood(5, nodes: 1, floods: 1, specs);
        flood.Run(seconds: 4 * 3600);
        Assert.True(flood.Finished[1] > 0, "the batch task never ran to its end");
    }

    [Fact]
    public void A_flood_is_held_up_no_more_than_the_turns_of_others_take()
    {
        var specs = new[] { One("flood", Priority.Critical, new Resources(500, 256 << 20)), One("large", Priority.Batch, new Resources(4000, 6L << 30)) };
        var flood = new PoolFlood(7, nodes: 1, floods: 1, specs);
        flood.Run(seconds: 4 * 3600);
        // Eight at a time for 32 s on average are 3,600 in all; a batch task that empties the node takes two minutes out of at least twenty.
        Assert.True(flood.Started[0] > 3000, $"the flood ran {flood.Started[0]} tasks");
    }

    [Fact]
    public void Patience_is_as_the_table_says()
    {
        Assert.Equal(TimeSpan.FromMinutes(1), LongestWaiting.Patience(Priority.Critical, 1));
        Assert.Equal(TimeSpan.FromMinutes(2.5), LongestWaiting.Patience(Priority.Normal, 2));
        Assert.Equal(TimeSpan.FromMinutes(2), LongestWaiting.Patience(Priority.Batch, 10));
    }
}

using CsCheck;
using Foreflow.Core.Workflows;

namespace Foreflow.Core.Tests.Workflows;

public class WorkflowGraphTests
{
    // Stages in an order shuffled against their needs, with a duration each.
    private static readonly Gen<(WorkflowGraph Graph, double[] Seconds)> Any = Gen.Int[0, int.MaxValue].Select(seed =>
    {
        var random = new Random(seed);
        var names = Enumerable.Range(0, 1 + random.Next(12)).Select(i => $"s{i}").ToArray();
        var stages = names.Select((name, i) => new StageDefinition
        {
            Name = name,
            Body = new RunBody("x"),
            Needs = [.. names[..i].Where(_ => random.Next(3) == 0)],
        }).ToArray();
        random.Shuffle(stages);
        Assert.True(WorkflowGraph.TryBuild([.. stages], out var graph, out _));
        return (graph, stages.Select(_ => (double)random.Next(100)).ToArray());
    });

    [Fact]
    public void Every_stage_comes_after_all_it_needs() => Any.Sample(any =>
    {
        var position = new int[any.Graph.Count];
        for (var i = 0; i < position.Length; i++) position[any.Graph.TopologicalOrder[i]] = i;
        return Enumerable.Range(0, any.Graph.Count).All(stage => any.Graph.Parents[stage].All(parent => position[parent] < position[stage]));
    });

    [Fact]
    public void Children_are_parents_turned_round() => Any.Sample(any =>
        Enumerable.Range(0, any.Graph.Count).All(stage =>
            any.Graph.Parents[stage].All(parent => any.Graph.Children[parent].Contains(stage))
            && any.Graph.Children[stage].All(child => any.Graph.Parents[child].Contains(stage))));

    [Fact]
    public void The_upward_rank_is_the_longest_chain_from_a_stage() => Any.Sample(any =>
    {
        var rank = any.Graph.UpwardRank(any.Seconds);
        return Enumerable.Range(0, any.Graph.Count).All(stage => rank[stage] == Longest(any.Graph, any.Seconds, stage));
    });

    [Fact]
    public void The_critical_path_is_a_chain_and_none_is_longer() => Any.Sample(any =>
    {
        var path = any.Graph.CriticalPath(any.Seconds, out var total);
        for (var i = 1; i < path.Length; i++) Assert.Contains(path[i - 1], any.Graph.Parents[path[i]]);
        Assert.Equal(path.Sum(stage => any.Seconds[stage]), total);
        Assert.Equal(Enumerable.Range(0, any.Graph.Count).Max(stage => Longest(any.Graph, any.Seconds, stage)), total);
    });

    [Fact]
    public void A_circle_is_named_from_need_to_need()
    {
        StageDefinition Stage(string name, params string[] needs) => new() { Name = name, Body = new RunBody("x"), Needs = [.. needs] };
        Assert.False(WorkflowGraph.TryBuild([Stage("x", "c"), Stage("a", "b"), Stage("b", "root", "c"), Stage("c", "a"), Stage("root")], out _, out var cycle));
        Assert.Equal(["c", "a", "b"], cycle);
    }

    private static double Longest(WorkflowGraph graph, double[] seconds, int stage) =>
        seconds[stage] + graph.Children[stage].Select(child => Longest(graph, seconds, child)).DefaultIfEmpty(0).Max();
}

using System.Collections.Immutable;

namespace Foreflow.Core.Workflows;

/// <summary>
/// How stages hang together: a directed acyclic graph over their positions in the file. Everything is in a fixed order
/// (ties by position), so that two calls, on any machine, walk it alike.
/// </summary>
public sealed class WorkflowGraph
{
    /// <summary>No stages.</summary>
    public static readonly WorkflowGraph Empty = new([], [], [], [], []);

    private readonly Dictionary<string, int> _indices;

    private WorkflowGraph(
        ImmutableArray<string> names,
        Dictionary<string, int> indices,
        ImmutableArray<ImmutableArray<int>> parents,
        ImmutableArray<ImmutableArray<int>> children,
        ImmutableArray<int> order)
    {
        Names = names;
        _indices = indices;
        Parents = parents;
        Children = children;
        TopologicalOrder = order;
    }

    /// <summary>How many stages there are.</summary>
    public int Count => Names.Length;

    /// <summary>Names of the stages by position.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>For each stage, the stages it needs, in the order it names them.</summary>
    public ImmutableArray<ImmutableArray<int>> Parents { get; }

    /// <summary>For each stage, the stages that need it, ascending.</summary>
    public ImmutableArray<ImmutableArray<int>> Children { get; }

    /// <summary>Every stage after all it needs; of two that could come next, the one earlier in the file.</summary>
    public ImmutableArray<int> TopologicalOrder { get; }

    /// <summary>The position of the stage with this name; -1 when there is none.</summary>
    public int IndexOf(string name) => _indices.TryGetValue(name, out var index) ? index : -1;

    /// <summary>
    /// The graph of these stages.
    /// </summary>
    /// <param name="stages">The stages: names distinct, needs known.</param>
    /// <param name="graph">The graph; <see cref="Empty"/> when there is a cycle.</param>
    /// <param name="cycle">A shortest-found cycle as names, each needing the next and the last the first; empty when there is none.</param>
    /// <returns>False when there is a cycle.</returns>
    internal static bool TryBuild(ImmutableArray<StageDefinition> stages, out WorkflowGraph graph, out ImmutableArray<string> cycle)
    {
        var indices = new Dictionary<string, int>(stages.Length, StringComparer.Ordinal);
        for (var i = 0; i < stages.Length; i++) indices.TryAdd(stages[i].Name, i);

        var parents = new ImmutableArray<int>[stages.Length];
        var children = new ImmutableArray<int>.Builder[stages.Length];
        for (var i = 0; i < stages.Length; i++) children[i] = ImmutableArray.CreateBuilder<int>();
        for (var i = 0; i < stages.Length; i++)
        {
            parents[i] = [.. stages[i].Needs.Where(indices.ContainsKey).Select(n => indices[n]).Distinct()];
            foreach (var parent in parents[i]) children[parent].Add(i);
        }

        var childArrays = children.Select(c => c.ToImmutable()).ToImmutableArray();
        var order = Sort(parents, childArrays);
        if (order.Length < stages.Length)
        {
            graph = Empty;
            cycle = [.. FindCycle(parents, order).Select(i => stages[i].Name)];
            return false;
        }

        graph = new WorkflowGraph([.. stages.Select(s => s.Name)], indices, [.. parents], childArrays, order);
        cycle = [];
        return true;
    }

    /// <summary>
    /// The upward rank of each stage: its own duration plus the longest chain of durations after it
    /// (HEFT, Topcuoglu et al. 2002, without communication costs). What is left to do once the stage starts.
    /// </summary>
    /// <param name="meanSeconds">Mean duration of each stage by position, in seconds; at least 0.</param>
    public double[] UpwardRank(ReadOnlySpan<double> meanSeconds)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(meanSeconds.Length, Count);
        var rank = new double[Count];
        for (var at = Count - 1; at >= 0; at--)
        {
            var stage = TopologicalOrder[at];
            var after = 0.0;
            foreach (var child in Children[stage]) after = Math.Max(after, rank[child]);
            rank[stage] = meanSeconds[stage] + after;
        }

        return rank;
    }

    /// <summary>The chain of stages that takes longest, first to last; of equal ones, the one earlier in the file.</summary>
    /// <param name="meanSeconds">Mean duration of each stage by position, in seconds; at least 0.</param>
    /// <param name="totalSeconds">How long the chain takes: no run with these durations is faster.</param>
    public ImmutableArray<int> CriticalPath(ReadOnlySpan<double> meanSeconds, out double totalSeconds)
    {
        var rank = UpwardRank(meanSeconds);
        totalSeconds = 0;
        var next = LongestOf(Enumerable.Range(0, Count).Where(i => Parents[i].IsEmpty), rank);
        if (next >= 0) totalSeconds = rank[next];
        var path = ImmutableArray.CreateBuilder<int>();
        while (next >= 0)
        {
            path.Add(next);
            next = LongestOf(Children[next], rank);
        }

        return path.ToImmutable();
    }

    /// <summary>For each stage by position, its level: 0 without needs, else one more than the highest of its needs.</summary>
    public int[] Levels()
    {
        var levels = new int[Count];
        foreach (var stage in TopologicalOrder)
        {
            foreach (var parent in Parents[stage]) levels[stage] = Math.Max(levels[stage], levels[parent] + 1);
        }

        return levels;
    }

    private static int LongestOf(IEnumerable<int> stages, double[] rank)
    {
        var longest = -1;
        foreach (var stage in stages)
        {
            if (longest < 0 || rank[stage] > rank[longest]) longest = stage;
        }

        return longest;
    }

    // Kahn's algorithm with a queue ordered by position. Stages on or behind a cycle are left out.
    private static ImmutableArray<int> Sort(ImmutableArray<int>[] parents, ImmutableArray<ImmutableArray<int>> children)
    {
        var open = parents.Select(p => p.Length).ToArray();
        var ready = new PriorityQueue<int, int>();
        for (var i = 0; i < open.Length; i++)
        {
            if (open[i] == 0) ready.Enqueue(i, i);
        }

        var order = ImmutableArray.CreateBuilder<int>(open.Length);
        while (ready.TryDequeue(out var stage, out _))
        {
            order.Add(stage);
            foreach (var child in children[stage])
            {
                if (--open[child] == 0) ready.Enqueue(child, child);
            }
        }

        return order.ToImmutable();
    }

    // Every unsorted stage needs an unsorted stage: walking from need to need must come back to one already seen.
    private static List<int> FindCycle(ImmutableArray<int>[] parents, ImmutableArray<int> sorted)
    {
        var isSorted = new bool[parents.Length];
        foreach (var stage in sorted) isSorted[stage] = true;
        var seenAt = new Dictionary<int, int>();
        var walk = new List<int>();
        var at = Array.IndexOf(isSorted, false);
        while (seenAt.TryAdd(at, walk.Count))
        {
            walk.Add(at);
            at = parents[at].First(p => !isSorted[p]);
        }

        return walk[seenAt[at]..];
    }
}

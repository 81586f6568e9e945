using System.Text;
using Foreflow.Core.Workflows;

namespace Foreflow.Cli.Presentation;

/// <summary>
/// Draws a workflow for a terminal, at most <see cref="Width"/> columns wide. Stages that need and are needed by the same
/// stages are drawn as one; each drawn stage is a dot in a lane, and a lane goes on until the last stage that needs it.
/// A graph with more lanes than fit is listed by levels instead.
/// </summary>
internal static class GraphDrawing
{
    /// <summary>The widest line, in columns.</summary>
    public const int Width = 60;

    private const int MaxLanes = 16;
    private const int FewAlike = 3;

    /// <summary>The drawing, each line ended.</summary>
    public static string Draw(WorkflowDefinition workflow)
    {
        var groups = Group(workflow);
        var lines = DrawLanes(groups) ?? ListLevels(workflow, groups);
        var chain = GraphDocument.LongestChain(workflow).Count();
        var count = workflow.Stages.Length;
        var text = new StringBuilder();
        text.Append(Fit($"{workflow.Name}: {count} stage{(count == 1 ? "" : "s")}, {chain} in the longest chain")).Append("\n\n");
        foreach (var line in lines) text.Append(Fit(line).TrimEnd()).Append('\n');
        return text.ToString();
    }

    private static IEnumerable<string>? DrawLanes(List<StageGroup> groups)
    {
        var rows = new List<(string Lanes, StageGroup? Group)>();
        var lanes = new GraphLanes(groups);
        for (var i = 0; i < groups.Count; i++)
        {
            var connector = lanes.Place(i);
            if (lanes.Count > MaxLanes) return null;
            if (i > 0) rows.Add((connector, null));
            rows.Add((lanes.Row(i), groups[i]));
        }

        var indent = rows.Max(r => r.Lanes.Length) + 2;
        var names = Math.Min(Width / 2, groups.Max(g => g.Title.Length)) + 2;
        return rows.Select(r => r.Group is null ? r.Lanes : $"{r.Lanes.PadRight(indent)}{r.Group.Title.PadRight(names)}{r.Group.Detail}");
    }

    private static IEnumerable<string> ListLevels(WorkflowDefinition workflow, List<StageGroup> groups)
    {
        var levels = workflow.Graph.Levels();
        foreach (var level in groups.GroupBy(g => levels[g.First]).OrderBy(g => g.Key))
        {
            yield return $"level {level.Key + 1}";
            foreach (var group in level)
            {
                yield return $"  {group.Title}  {group.Detail}";
                foreach (var line in Wrap("needs ", [.. group.Parents.Select(p => groups[p].Title)])) yield return $"    {line}";
            }
        }
    }

    private static IEnumerable<string> Wrap(string first, string[] names)
    {
        var line = first;
        for (var i = 0; i < names.Length; i++)
        {
            var next = names[i] + (i + 1 < names.Length ? ", " : "");
            if (line.Length + next.Length > Width - 4 && line.Trim().Length > 0 && line != first)
            {
                yield return line;
                line = new string(' ', first.Length);
            }

            line += next;
        }

        if (names.Length > 0) yield return line;
    }

    // In topological order, so that every parent has its number before its children.
    private static List<StageGroup> Group(WorkflowDefinition workflow)
    {
        var graph = workflow.Graph;
        var position = new int[graph.Count];
        for (var i = 0; i < position.Length; i++) position[graph.TopologicalOrder[i]] = i;
        var alike = graph.TopologicalOrder
            .GroupBy(i => $"{string.Join(',', graph.Parents[i].Order())}|{string.Join(',', graph.Children[i])}|{GraphDocument.KindOf(workflow.Stages[i].Body)}")
            .SelectMany(g => g.Count() > FewAlike ? [g.ToArray()] : g.Select(i => new[] { i }))
            .OrderBy(g => position[g[0]])
            .ToList();
        var numbers = new int[graph.Count];
        for (var number = 0; number < alike.Count; number++)
        {
            foreach (var stage in alike[number]) numbers[stage] = number;
        }

        return [.. alike.Select(g => new StageGroup(
            g[0],
            g.Length == 1 ? graph.Names[g[0]] : $"{graph.Names[g[0]]} ... {graph.Names[g[^1]]}",
            Describe(workflow.Stages[g[0]], g.Length),
            [.. graph.Parents[g[0]].Select(p => numbers[p]).Distinct().Order()],
            [.. graph.Children[g[0]].Select(c => numbers[c]).Distinct().Order()]))];
    }

    private static string Describe(StageDefinition stage, int count)
    {
        var kind = GraphDocument.KindOf(stage.Body);
        if (count > 1) return $"{count} stages, {kind}";
        var parts = new List<string> { kind };
        if (stage.Foreach is { } each) parts.Add($"for each of {(each.LiteralValue is { } items ? $"{items.GetArrayLength()} values" : each.Text.ReplaceLineEndings(" "))}");
        if (stage.When is { } when) parts.Add($"when {when.Text.ReplaceLineEndings(" ")}");
        return string.Join(", ", parts);
    }

    private static string Fit(string line) => line.Length <= Width ? line : string.Concat(line.AsSpan(0, Width - 1), "…");
}

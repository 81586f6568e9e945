using System.Text;
using Foreflow.Core.Workflows;

namespace Foreflow.Cli.Presentation;

/// <summary>The graph of a workflow for other programs.</summary>
internal static class GraphDocument
{
    /// <summary>What <c>--output json</c> writes.</summary>
    public static object Of(WorkflowDefinition workflow)
    {
        var graph = workflow.Graph;
        var levels = graph.Levels();
        return new
        {
            workflow.Name,
            workflow.Version,
            stages = workflow.Stages.Select((stage, i) => new
            {
                stage.Name,
                kind = KindOf(stage.Body),
                level = levels[i],
                needs = graph.Parents[i].Select(p => graph.Names[p]),
                neededBy = graph.Children[i].Select(c => graph.Names[c]),
                @foreach = stage.Foreach?.Text,
                when = stage.When?.Text,
            }),
            order = graph.TopologicalOrder.Select(i => graph.Names[i]),
            longestChain = LongestChain(workflow),
        };
    }

    /// <summary>A Mermaid flow chart. Boxes: scripts; double boxes: workers; rounded: handlers; a stack's name ends in a star: many tasks.</summary>
    public static string Mermaid(WorkflowDefinition workflow)
    {
        var text = new StringBuilder("flowchart TD\n");
        for (var i = 0; i < workflow.Stages.Length; i++)
        {
            var label = Label(workflow.Stages[i]);
            text.Append(workflow.Stages[i].Body switch
            {
                WorkerBody => $"  s{i}[[\"{label}\"]]\n",
                HandlerBody => $"  s{i}([\"{label}\"])\n",
                _ => $"  s{i}[\"{label}\"]\n",
            });
        }

        foreach (var (from, to) in Edges(workflow)) text.Append($"  s{from} --> s{to}\n");
        return text.ToString();
    }

    /// <summary>A Graphviz graph.</summary>
    public static string Dot(WorkflowDefinition workflow)
    {
        var text = new StringBuilder($"digraph \"{workflow.Name}\" {{\n  node [shape=box];\n");
        foreach (var stage in workflow.Stages)
        {
            var shape = stage.Body switch { WorkerBody => " shape=component", HandlerBody => " style=rounded", _ => "" };
            text.Append($"  \"{stage.Name}\" [label=\"{Label(stage)}\"{shape}];\n");
        }

        foreach (var (from, to) in Edges(workflow)) text.Append($"  \"{workflow.Stages[from].Name}\" -> \"{workflow.Stages[to].Name}\";\n");
        return text.Append("}\n").ToString();
    }

    /// <summary>The names of the longest chain of stages, each counted as one.</summary>
    public static IEnumerable<string> LongestChain(WorkflowDefinition workflow)
    {
        var ones = new double[workflow.Graph.Count];
        Array.Fill(ones, 1);
        return workflow.Graph.CriticalPath(ones, out _).Select(i => workflow.Graph.Names[i]);
    }

    /// <summary>What kind of stage it is, as its key is spelt.</summary>
    public static string KindOf(StageBody body) => body switch
    {
        WorkerBody => "worker",
        HandlerBody => "handler",
        _ => "run",
    };

    // Names of stages need no escaping in either language: letters, digits, '_' and '-'.
    private static string Label(StageDefinition stage) => $"{stage.Name}{(stage.Foreach is null ? "" : " *")}{(stage.When is null ? "" : " ?")}";

    private static IEnumerable<(int From, int To)> Edges(WorkflowDefinition workflow) =>
        Enumerable.Range(0, workflow.Graph.Count).SelectMany(to => workflow.Graph.Parents[to].Select(from => (from, to)));
}

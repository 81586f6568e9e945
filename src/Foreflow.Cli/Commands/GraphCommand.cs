using System.CommandLine;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Workflows;

namespace Foreflow.Cli.Commands;

/// <summary><c>foreflow graph FILE</c>: shows how the stages of a workflow hang together.</summary>
public static class GraphCommand
{
    /// <summary>The command.</summary>
    public static Command Build()
    {
        var file = new Argument<string>("FILE") { Description = "Workflow file; - is standard input" };
        var output = new Option<GraphFormat>("--output", "-o") { Description = "Form of the drawing", DefaultValueFactory = _ => GraphFormat.Text };
        var command = new Command("graph", "Draw the stages of a workflow and what they need.\n\nExamples:\n  foreflow graph nightly.yaml\n  foreflow graph nightly.yaml --output mermaid\n  foreflow graph nightly.yaml --output dot | dot -Tsvg > nightly.svg")
        {
            file, output,
        };
        command.SetAction(parsed =>
        {
            var workflow = WorkflowFile.Read(parsed.GetValue(file)!);
            var to = parsed.InvocationConfiguration.Output;
            switch (parsed.GetValue(output))
            {
                case GraphFormat.Json:
                    Output.Json(to, GraphDocument.Of(workflow));
                    break;
                case GraphFormat.Mermaid:
                    to.Write(GraphDocument.Mermaid(workflow));
                    break;
                case GraphFormat.Dot:
                    to.Write(GraphDocument.Dot(workflow));
                    break;
                default:
                    to.Write(GraphDrawing.Draw(workflow));
                    break;
            }

            return ExitCodes.Ok;
        });
        return command;
    }
}

/// <summary>The form of a drawing.</summary>
public enum GraphFormat
{
    /// <summary>Lines for a terminal, at most 60 columns wide.</summary>
    Text,

    /// <summary>One JSON document: stages, edges, levels, the longest chain.</summary>
    Json,

    /// <summary>A Mermaid flow chart.</summary>
    Mermaid,

    /// <summary>A Graphviz graph.</summary>
    Dot,
}

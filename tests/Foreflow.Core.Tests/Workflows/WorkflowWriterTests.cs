using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Expressions;
using Foreflow.Core.Workflows.Yaml;

namespace Foreflow.Core.Tests.Workflows;

public class WorkflowWriterTests
{
    [Fact]
    public void What_is_written_reads_back_part_for_part() => WorkflowGenerator.Any.Sample(workflow =>
    {
        var text = WorkflowWriter.Write(workflow);
        var reading = WorkflowReader.Read(text);
        Assert.True(reading.Workflow is not null, string.Join("\n", reading.Diagnostics) + "\n" + text);
        Assert.Equal(Parts(workflow), Parts(reading.Workflow));
        Assert.Equal(text, WorkflowWriter.Write(reading.Workflow));
    }, iter: 2_000);

    // Every public property of every part, so that nothing the writer forgets goes unseen.
    private static string Parts(object? value)
    {
        var text = new StringBuilder();
        Append(text, value, 0);
        return text.ToString();
    }

    private static void Append(StringBuilder text, object? value, int depth)
    {
        switch (value)
        {
            case null or string or bool or Enum or int or long or double or TimeSpan:
                text.Append(CultureInfo.InvariantCulture, $"{value ?? "null"}\n");
                break;
            case JsonElement json:
                text.Append(json.ValueKind).Append(' ').Append(Json.ToText(json)).Append('\n');
                break;
            case Expression expression:
                text.Append(expression).Append('\n');
                break;
            case Template template:
                text.Append(template).Append(' ').Append(template.LiteralValue?.ValueKind).Append('\n');
                break;
            case WorkflowGraph graph:
                text.AppendJoin(',', graph.TopologicalOrder).Append('\n');
                break;
            case IEnumerable items:
                text.Append('\n');
                foreach (var item in items) Append(text.Append(' ', depth).Append("- "), item, depth + 2);
                break;
            default:
                text.Append(value.GetType().Name).Append('\n');
                foreach (var property in value.GetType().GetProperties().Where(p => p.GetIndexParameters().Length == 0))
                {
                    Append(text.Append(' ', depth).Append(property.Name).Append(": "), property.GetValue(value), depth + 2);
                }

                break;
        }
    }
}

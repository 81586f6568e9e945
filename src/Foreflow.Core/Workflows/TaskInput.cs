using System.Collections.Immutable;
using System.Text.Json;
using Foreflow.Core.Workflows.Expressions;

namespace Foreflow.Core.Workflows;

/// <summary>
/// What a task is given: the JSON document of <c>$FOREFLOW_INPUT</c> or of a worker's request, its environment, and the
/// elements that <c>foreach</c> makes tasks of.
/// </summary>
public static class TaskInput
{
    /// <summary>The most tasks one stage of a run may have.</summary>
    public const int MaxTasks = 100_000;

    /// <summary>The longest value of an environment variable, in UTF-8 bytes: what Linux takes, less name and terminator.</summary>
    public const int MaxEnvBytes = 128 * 1024 - 256;

    /// <summary>The elements of a stage without <c>foreach</c>: a single null.</summary>
    public static readonly ImmutableArray<JsonElement> NoElements = [Json.Null];

    /// <summary>The elements of <c>foreach</c>, one for each task. Without <c>foreach</c>: a single null.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="scope">What its expression can see.</param>
    /// <param name="items">The elements; empty on failure.</param>
    /// <param name="error">What is wrong; null on success.</param>
    public static bool TryExpand(StageDefinition stage, ExpressionScope scope, out ImmutableArray<JsonElement> items, out string? error)
    {
        items = NoElements;
        error = null;
        if (stage.Foreach is not { } each) return true;

        items = [];
        if (!each.TryEvaluate(scope, out var value, out var failure))
        {
            error = $"foreach: {failure}";
            return false;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            error = $"foreach: {each.Text} is {Json.KindOf(value)}, not an array";
            return false;
        }

        if (value.GetArrayLength() > MaxTasks)
        {
            error = $"foreach: {value.GetArrayLength()} elements, at most {MaxTasks} make tasks: give each task more of them";
            return false;
        }

        items = [.. value.EnumerateArray()];
        return true;
    }

    /// <summary>
    /// The JSON text a task is given. With <c>with</c> it is an object of those fields. Without, it has <c>inputs</c>, and
    /// then for a task of <c>foreach</c> its <c>item</c> and <c>index</c>, for any other <c>stages.NAME.outputs</c> of its
    /// direct needs: to give these to every task of a <c>foreach</c> would grow with the square of their number.
    /// </summary>
    /// <param name="workflow">The workflow, for the order of its inputs.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="scope">What its templates can see.</param>
    /// <param name="json">The text; empty on failure.</param>
    /// <param name="error">What is wrong; null on success.</param>
    public static bool TryCompose(WorkflowDefinition workflow, StageDefinition stage, ExpressionScope scope, out string json, out string? error)
    {
        json = "";
        error = null;
        if (stage.With.IsEmpty)
        {
            json = Json.WriteText(writer => WriteDefault(writer, workflow, stage, scope));
            return true;
        }

        var fields = new List<KeyValuePair<string, JsonElement>>();
        foreach (var (name, template) in stage.With)
        {
            if (!template.TryEvaluate(scope, out var value, out var failure))
            {
                error = $"with.{name}: {failure}";
                return false;
            }

            fields.Add(new(name, value));
        }

        json = Json.ToText(Json.Object(fields));
        return true;
    }

    /// <summary>The environment variables the stage names, in its order.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="scope">What its templates can see.</param>
    /// <param name="environment">Names and values; empty on failure.</param>
    /// <param name="error">What is wrong; null on success.</param>
    public static bool TryEnvironment(StageDefinition stage, ExpressionScope scope, out ImmutableArray<KeyValuePair<string, string>> environment, out string? error)
    {
        environment = [];
        error = null;
        var variables = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>(stage.Env.Length);
        foreach (var (name, template) in stage.Env)
        {
            if (!template.TryEvaluateText(scope, out var text, out var failure)) error = $"env.{name}: {failure}";
            else if (text.Contains('\0', StringComparison.Ordinal)) error = $"env.{name}: the value has a NUL character in it";
            else if (System.Text.Encoding.UTF8.GetByteCount(text) > MaxEnvBytes) error = $"env.{name}: the value is longer than {MaxEnvBytes} bytes: read it from $FOREFLOW_INPUT instead";
            if (error is not null) return false;
            variables.Add(new(name, text));
        }

        environment = variables.MoveToImmutable();
        return true;
    }

    private static void WriteDefault(Utf8JsonWriter writer, WorkflowDefinition workflow, StageDefinition stage, ExpressionScope scope)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("inputs");
        foreach (var input in workflow.Inputs)
        {
            writer.WritePropertyName(input.Name);
            scope.Inputs.GetValueOrDefault(input.Name, Json.Null).WriteTo(writer);
        }

        writer.WriteEndObject();
        if (stage.Foreach is not null)
        {
            writer.WritePropertyName("item");
            (scope.Item ?? Json.Null).WriteTo(writer);
            writer.WriteNumber("index", scope.Index ?? 0);
        }
        else
        {
            writer.WriteStartObject("stages");
            foreach (var need in stage.Needs)
            {
                writer.WriteStartObject(need);
                writer.WritePropertyName("outputs");
                scope.Outputs.GetValueOrDefault(need, Json.Null).WriteTo(writer);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}

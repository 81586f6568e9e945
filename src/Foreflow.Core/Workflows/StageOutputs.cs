using System.Collections.Immutable;
using System.Text.Json;
using Foreflow.Core.Workflows.Expressions;

namespace Foreflow.Core.Workflows;

/// <summary>What a stage hands to those after it: an object with a field for each declared output, in the declared order.</summary>
public static class StageOutputs
{
    /// <summary>The longest output file of a task, in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>The outputs of one task, from what it wrote or answered. Fields that are not declared are left out.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="json">The text of the output file or answer; null when there is none.</param>
    /// <param name="outputs">An object with a field for each declared output; empty on failure.</param>
    /// <param name="error">What is missing or wrong; null on success.</param>
    public static bool TryRead(StageDefinition stage, string? json, out JsonElement outputs, out string? error)
    {
        outputs = None;
        error = null;
        // Without declared outputs nothing is expected, and what is written is nobody's business.
        if (stage.Outputs.IsEmpty) return true;
        if (string.IsNullOrWhiteSpace(json))
        {
            error = $"nothing was written to $FOREFLOW_OUTPUT; declared: {string.Join(", ", stage.Outputs)}";
            return false;
        }

        if (!Json.TryParse(json, out var written, out error))
        {
            error = $"the output is {error}";
            return false;
        }

        if (written.ValueKind != JsonValueKind.Object)
        {
            error = $"the output is {Json.KindOf(written)}, not an object with the fields {string.Join(", ", stage.Outputs)}";
            return false;
        }

        var missing = stage.Outputs.Where(name => !written.TryGetProperty(name, out _)).ToArray();
        if (missing.Length > 0)
        {
            error = $"the output lacks {string.Join(", ", missing)}";
            return false;
        }

        outputs = Json.Object(stage.Outputs.Select(name => KeyValuePair.Create(name, written.GetProperty(name))));
        return true;
    }

    /// <summary>The outputs of a <c>foreach</c> stage: for each name an array with the output of every task, in the order of the elements.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="tasks">The outputs of each task, as <see cref="TryRead"/> gives them.</param>
    public static JsonElement Gather(StageDefinition stage, IReadOnlyList<JsonElement> tasks) =>
        Json.Object(stage.Outputs.Select(name => KeyValuePair.Create(name, Json.Array(tasks.Select(task => task.GetProperty(name))))));

    /// <summary>The outputs of a stage that did not run: every one null.</summary>
    public static JsonElement Skipped(StageDefinition stage) =>
        Json.Object(stage.Outputs.Select(name => KeyValuePair.Create(name, Json.Null)));

    private static readonly JsonElement None = Json.Object([]);
}

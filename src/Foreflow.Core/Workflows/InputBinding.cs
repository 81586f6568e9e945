using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Foreflow.Core.Workflows.Expressions;

namespace Foreflow.Core.Workflows;

/// <summary>Gives a run its inputs: values by name, checked against what the workflow declares, defaults filled in.</summary>
public static class InputBinding
{
    // Names beyond these are a different mistake, and each is compared with every input.
    private const int MaxUnknown = 20;

    /// <summary>Binds JSON values, as an API or a trigger gives them.</summary>
    /// <param name="workflow">The workflow.</param>
    /// <param name="given">Values by name.</param>
    /// <param name="bound">A value for every declared input; empty on failure.</param>
    /// <returns>What is wrong, one message each; empty on success.</returns>
    public static ImmutableArray<string> Bind(
        WorkflowDefinition workflow, IReadOnlyDictionary<string, JsonElement> given, out ImmutableDictionary<string, JsonElement> bound)
    {
        var errors = Check(workflow.Inputs, given);
        bound = ImmutableDictionary<string, JsonElement>.Empty;
        if (errors.IsEmpty)
        {
            bound = workflow.Inputs.ToImmutableDictionary(
                i => i.Name, i => given.TryGetValue(i.Name, out var value) ? value : i.Default!.Value, StringComparer.Ordinal);
        }

        return errors;
    }

    /// <summary>Binds texts, as a command line gives them: a string is taken as it is, all else is read as JSON.</summary>
    /// <inheritdoc cref="Bind(WorkflowDefinition, IReadOnlyDictionary{string, JsonElement}, out ImmutableDictionary{string, JsonElement})"/>
    public static ImmutableArray<string> Bind(
        WorkflowDefinition workflow, IReadOnlyDictionary<string, string> given, out ImmutableDictionary<string, JsonElement> bound)
    {
        var values = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var errors = ImmutableArray.CreateBuilder<string>();
        foreach (var (name, text) in given.OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var input = workflow.Inputs.FirstOrDefault(i => i.Name == name);
            var isText = input is null || input.Type == InputType.String;
            if (isText) values[name] = Json.Text(text);
            else if (Json.TryParse(text, out var value, out _) && TypeOf(value) == input!.Type) values[name] = value;
            else errors.Add($"input '{name}' is {Describe(input!.Type)}, not '{Shorten(text)}'");
        }

        bound = ImmutableDictionary<string, JsonElement>.Empty;
        if (errors.Count > 0)
        {
            // What could not be read is not also missing.
            var rest = Check([.. workflow.Inputs.Where(i => !given.ContainsKey(i.Name) || values.ContainsKey(i.Name))], values, workflow.Inputs);
            return errors.ToImmutable().AddRange(rest);
        }

        return Bind(workflow, values, out bound);
    }

    /// <summary>What is wrong with values for these inputs.</summary>
    internal static ImmutableArray<string> Check(
        ImmutableArray<InputDefinition> inputs, IReadOnlyDictionary<string, JsonElement> given, ImmutableArray<InputDefinition> known = default)
    {
        var errors = ImmutableArray.CreateBuilder<string>();
        if (known.IsDefault) known = inputs;
        foreach (var name in given.Keys.Where(k => known.All(i => i.Name != k)).Order(StringComparer.Ordinal).Take(MaxUnknown))
        {
            errors.Add($"there is no input '{name}'{Suggestion.For(name, known.Select(i => i.Name))}");
        }

        foreach (var input in inputs)
        {
            if (given.TryGetValue(input.Name, out var value))
            {
                if (Validation.ValueValidator.Check(value) is { } bad) errors.Add($"input '{input.Name}': {bad}");
                else if (TypeOf(value) != input.Type) errors.Add($"input '{input.Name}' is {Describe(input.Type)}, not {Json.KindOf(value)}");
            }
            else if (input.Required)
            {
                errors.Add($"input '{input.Name}' is required: give {Describe(input.Type)}");
            }
        }

        return errors.ToImmutable();
    }

    internal static InputType? TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => InputType.String,
        JsonValueKind.Number => InputType.Number,
        JsonValueKind.True or JsonValueKind.False => InputType.Boolean,
        JsonValueKind.Array => InputType.Array,
        JsonValueKind.Object => InputType.Object,
        _ => null,
    };

    internal static string Describe(InputType type) => type switch
    {
        InputType.Array => "an array",
        InputType.Object => "an object",
        _ => string.Create(CultureInfo.InvariantCulture, $"a {type.ToString().ToLowerInvariant()}"),
    };

    private static string Shorten(string text) => text.Length <= 40 ? text : string.Concat(text.AsSpan(0, 37), "...");
}

using System.Collections.Immutable;
using System.Text.Json;
using Foreflow.Core.Workflows.Validation;

namespace Foreflow.Core.Workflows.Yaml;

/// <summary>Reads what a workflow is given: its inputs, and the triggers that start it.</summary>
internal static class InputReader
{
    private static readonly ImmutableArray<string> InputKeys = ["type", "default", "description"];
    private static readonly ImmutableArray<string> TriggerKeys = ["cron", "timezone", "every", "inputs"];
    private static readonly ImmutableArray<string> Types = [.. Enum.GetNames<InputType>().Select(n => n.ToLowerInvariant())];

    private static readonly Dictionary<string, string> OtherTypes = new(StringComparer.Ordinal)
    {
        ["text"] = "string", ["str"] = "string", ["bool"] = "boolean", ["int"] = "number", ["integer"] = "number",
        ["float"] = "number", ["double"] = "number", ["list"] = "array", ["map"] = "object", ["mapping"] = "object", ["dict"] = "object",
    };

    public static ImmutableArray<InputDefinition> ReadInputs(ReadContext context, FieldReader workflow)
    {
        if (workflow.Mapping("inputs", "inputs by name") is not { } mapping) return [];
        var inputs = ImmutableArray.CreateBuilder<InputDefinition>();
        foreach (var (name, node) in FieldReader.Entries(context, mapping, "inputs")) inputs.Add(ReadInput(context, workflow, name, node));
        return inputs.ToImmutable();
    }

    public static ImmutableArray<Trigger> ReadTriggers(ReadContext context, FieldReader workflow)
    {
        switch (workflow.Node("triggers"))
        {
            case null:
                return [];
            case YamlSequence list:
                var triggers = ImmutableArray.CreateBuilder<Trigger>();
                foreach (var item in list.Items)
                {
                    var path = $"triggers[{triggers.Count}]";
                    if (item is not YamlMapping) path += ReadContext.Aside(item);
                    context.Source.Add(path, null, item);
                    if (item is YamlMapping mapping) triggers.Add(ReadTrigger(context, mapping, path));
                    else workflow.Misfit(path, item, "a trigger like { cron: \"0 2 * * *\" } or { every: 10s }");
                }

                return triggers.ToImmutable();
            case var other:
                workflow.Misfit("triggers", other, "a list of triggers like { cron: \"0 2 * * *\" } or { every: 10s }");
                return [];
        }
    }

    private static InputDefinition ReadInput(ReadContext context, FieldReader workflow, string name, YamlNode node)
    {
        var path = $"inputs.{name}";
        // 'day:' alone is an input that has nothing special about it.
        if (node is YamlScalar { Kind: ScalarKind.Null }) return new InputDefinition(name, InputType.String);
        if (node is not YamlMapping mapping)
        {
            workflow.Misfit(path, node, "an input like { type: string, default: today }");
            return new InputDefinition(name, InputType.String);
        }

        var fields = new FieldReader(context, mapping, path, "an input", InputKeys);
        var value = fields.Node("default") is { } given ? JsonConversion.Read(context, given, fields.At("default")) : null;
        if (value is { ValueKind: JsonValueKind.Null })
        {
            fields.Report(fields.At("default"), "wrong-type", "a default is a value: leave it out where a run must give one");
            value = null;
        }

        var type = ReadType(fields) ?? (value is { } known ? InputBinding.TypeOf(known) : null) ?? InputType.String;
        return new InputDefinition(name, type, value, fields.Text("description", "text") ?? "");
    }

    private static InputType? ReadType(FieldReader fields)
    {
        if (fields.Text("type", $"one of {string.Join(", ", Types)}") is not { } text) return null;
        if (Types.IndexOf(text) is >= 0 and var index) return (InputType)index;
        var meant = OtherTypes.GetValueOrDefault(text) ?? Suggestion.Nearest(text, Types);
        fields.Report(fields.At("type"), "bad-value", $"'{Names.Shorten(text)}' is not a type{(meant is null ? $": {string.Join(", ", Types)}" : $", did you mean '{meant}'?")}");
        return null;
    }

    // Stands in for a trigger that was reported: its inputs are still checked, and those after it keep their place.
    private static readonly TimeSpan Misread = TimeSpan.FromDays(1);

    private static Trigger ReadTrigger(ReadContext context, YamlMapping mapping, string path)
    {
        var fields = new FieldReader(context, mapping, path, "a trigger", TriggerKeys);
        var inputs = ReadTriggerInputs(context, fields);
        if (fields.Has("cron") == fields.Has("every"))
        {
            fields.Report(path, "bad-trigger", fields.Has("cron") ? "a trigger has 'cron' or 'every', not both" : "a trigger has 'cron' or 'every'");
        }
        else if (fields.Has("every"))
        {
            if (fields.Has("timezone")) fields.Report(fields.At("timezone"), "not-allowed", "a period has no time zone");
            return new IntervalTrigger(fields.Duration("every") ?? Misread) { Inputs = inputs };
        }
        else if (fields.Text("cron", "a cron expression in quotes, like \"0 2 * * *\"") is { } expression)
        {
            return new CronTrigger(expression, fields.Text("timezone", "the name of a time zone, like Europe/Amsterdam") ?? "UTC") { Inputs = inputs };
        }

        return new IntervalTrigger(Misread) { Inputs = inputs };
    }

    private static ImmutableArray<NamedValue> ReadTriggerInputs(ReadContext context, FieldReader fields)
    {
        if (fields.Mapping("inputs", "values by the name of an input") is not { } mapping) return [];
        var values = ImmutableArray.CreateBuilder<NamedValue>();
        foreach (var (name, node) in FieldReader.Entries(context, mapping, fields.At("inputs")))
        {
            if (JsonConversion.Read(context, node, $"{fields.At("inputs")}.{name}") is { } value) values.Add(new NamedValue(name, value));
        }

        return values.ToImmutable();
    }
}

using System.Text.Json;
using Foreflow.Core.Workflows.Expressions;
using Foreflow.Core.Workflows.Validation;

namespace Foreflow.Core.Workflows.Yaml;

/// <summary>YAML as the JSON it stands for: plain data, in which an expression has no place.</summary>
/// <param name="context">Of this reading; takes what is wrong.</param>
/// <param name="path">The path of the whole value: what is wrong within is told by its line and column.</param>
internal sealed class JsonConversion(ReadContext context, string path)
{
    /// <summary>The JSON value of a node.</summary>
    /// <returns>The value; null when something in it is wrong.</returns>
    public static JsonElement? Read(ReadContext context, YamlNode node, string path)
    {
        var before = context.Findings.Count;
        var conversion = new JsonConversion(context, path);
        var value = Json.Write(writer => conversion.Write(writer, node));
        return context.Findings.Count == before ? value : null;
    }

    private void Write(Utf8JsonWriter writer, YamlNode node)
    {
        switch (node)
        {
            case YamlScalar scalar:
                Write(writer, scalar);
                break;
            case YamlSequence sequence:
                writer.WriteStartArray();
                foreach (var item in sequence.Items) Write(writer, item);
                writer.WriteEndArray();
                break;
            case YamlMapping mapping:
                writer.WriteStartObject();
                WriteFields(writer, mapping);
                writer.WriteEndObject();
                break;
        }
    }

    private void WriteFields(Utf8JsonWriter writer, YamlMapping mapping)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, value) in mapping.Entries)
        {
            if (!seen.Add(key.Value))
            {
                Report(key, "duplicate-key", $"'{Names.Shorten(key.Value)}' stands here a second time");
                continue;
            }

            writer.WritePropertyName(key.Value);
            Write(writer, value);
        }
    }

    private void Write(Utf8JsonWriter writer, YamlScalar scalar)
    {
        switch (scalar.Kind)
        {
            case ScalarKind.Null:
                writer.WriteNullValue();
                break;
            case ScalarKind.Boolean:
                writer.WriteBooleanValue(scalar.Value is "true" or "True" or "TRUE");
                break;
            case ScalarKind.Number:
                writer.WriteRawValue(scalar.Value);
                break;
            case ScalarKind.ForeignNumber:
                Report(scalar, "wrong-type", $"{Names.Shorten(scalar.Value)} is a number in YAML's own spelling: write it as JSON does (31, 0.5), or put text in quotes");
                writer.WriteNullValue();
                break;
            default:
                var at = scalar.Value.IndexOf("${{", StringComparison.Ordinal);
                if (at >= 0) Report(scalar, "not-allowed", "a plain value is expected here: an expression has no place in it", at);
                writer.WriteStringValue(scalar.Value);
                break;
        }
    }

    private void Report(YamlScalar scalar, string code, string message, int offset = -1)
    {
        var place = path + ReadContext.Aside(scalar);
        context.Source.Add(place, null, scalar);
        context.Findings.Add(place, code, message, offset);
    }
}

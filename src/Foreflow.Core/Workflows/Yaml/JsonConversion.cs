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
        var value = new JsonConversion(context, path).Convert(node);
        return context.Findings.Count == before ? value : null;
    }

    private JsonElement Convert(YamlNode node) => node switch
    {
        YamlScalar scalar => Scalar(scalar),
        YamlSequence sequence => Json.Array(sequence.Items.Select(Convert)),
        YamlMapping mapping => Json.Object(Fields(mapping)),
        _ => Json.Null,
    };

    private IEnumerable<KeyValuePair<string, JsonElement>> Fields(YamlMapping mapping)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, value) in mapping.Entries)
        {
            if (seen.Add(key.Value)) yield return new(key.Value, Convert(value));
            else Report(key, "duplicate-key", $"'{Names.Shorten(key.Value)}' stands here a second time");
        }
    }

    private JsonElement Scalar(YamlScalar scalar)
    {
        switch (scalar.Kind)
        {
            case ScalarKind.Null:
                return Json.Null;
            case ScalarKind.Boolean:
                return Json.Boolean(scalar.Value is "true" or "True" or "TRUE");
            case ScalarKind.Number when Json.TryParse(scalar.Value, out var number, out _):
                return number;
            case ScalarKind.ForeignNumber:
                Report(scalar, "wrong-type", $"{scalar.Value} is a number in YAML's own spelling: write it as JSON does (31, 0.5), or put text in quotes");
                return Json.Null;
            default:
                var at = scalar.Value.IndexOf("${{", StringComparison.Ordinal);
                if (at >= 0) Report(scalar, "not-allowed", "a plain value is expected here: an expression has no place in it", at);
                return Json.Text(scalar.Value);
        }
    }

    private void Report(YamlScalar scalar, string code, string message, int offset = -1)
    {
        var place = path + ReadContext.Aside(scalar);
        context.Source.Add(place, null, scalar);
        context.Findings.Add(place, code, message, offset);
    }
}

using System.Text.Json;
using Foreflow.Core.Workflows.Expressions;

namespace Foreflow.Core.Workflows.Validation;

/// <summary>The rules of JSON values in a workflow: what a file can say, and so what code may.</summary>
internal static class ValueValidator
{
    /// <summary>How deep a value may nest: a file adds the levels around it.</summary>
    private const int MaxDepth = Json.MaxDepth - 8;

    /// <summary>What is wrong with a value; null when it is good.</summary>
    public static string? Check(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined) return "the value is undefined";
        if (IsDeeper(value, MaxDepth)) return $"the value nests deeper than {MaxDepth} levels";
        return Json.TryParse(value.GetRawText(), out _, out var error) ? null : $"the value is {error}";
    }

    private static bool IsDeeper(JsonElement value, int levels) => value.ValueKind switch
    {
        JsonValueKind.Array => levels == 0 || value.EnumerateArray().Any(item => IsDeeper(item, levels - 1)),
        JsonValueKind.Object => levels == 0 || value.EnumerateObject().Any(field => IsDeeper(field.Value, levels - 1)),
        _ => false,
    };
}

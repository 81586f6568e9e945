using System.Text.Json;

namespace Foreflow.Traces.Workflows;

/// <summary>A value in a JSON file that knows where it stands, so that every fault names its place.</summary>
/// <param name="path">The file.</param>
/// <param name="place">Where in the file: <c>workflow.tasks[3].id</c>.</param>
/// <param name="value">The value.</param>
internal readonly struct JsonPlace(string path, string place, JsonElement value)
{
    private const int MaximumTextLength = 4096;

    internal string Place => place;

    internal TraceFileException Fault(string what) => new(path, place.Length == 0 ? what : $"{place}: {what}");

    internal JsonPlace Object()
    {
        if (value.ValueKind != JsonValueKind.Object) throw Fault("an object is needed");
        return this;
    }

    internal JsonPlace? Find(params ReadOnlySpan<string> names)
    {
        if (value.ValueKind != JsonValueKind.Object) return null;
        foreach (var name in names)
        {
            if (value.TryGetProperty(name, out var found) && found.ValueKind != JsonValueKind.Null)
            {
                return new JsonPlace(path, place.Length == 0 ? name : $"{place}.{name}", found);
            }
        }

        return null;
    }

    internal JsonPlace Get(string name) => Find(name) ?? throw Fault($"has no '{name}'");

    internal IEnumerable<JsonPlace> Items()
    {
        if (value.ValueKind != JsonValueKind.Array) throw Fault("a list is needed");
        var (file, at, index) = (path, place, 0);
        return value.EnumerateArray().Select(item => new JsonPlace(file, $"{at}[{index++}]", item));
    }

    internal string Text()
    {
        if (value.ValueKind != JsonValueKind.String) throw Fault("a text is needed");
        var text = value.GetString()!;
        return text.Length <= MaximumTextLength ? text : throw Fault($"the text is longer than {MaximumTextLength} characters");
    }

    /// <summary>A text of any length, null where it is something else.</summary>
    internal string? AnyText() => value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A finite number that is not negative.</summary>
    internal double Number()
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number)) throw Fault("a number is needed");
        if (!double.IsFinite(number)) throw Fault("the number is too large");
        return number >= 0 ? number : throw Fault($"is negative: {value.GetRawText()}");
    }

    internal long Whole() => (long)Math.Round(Math.Min(Number(), 1e18));
}

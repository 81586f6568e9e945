using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Foreflow.Core.Workflows.Yaml;

/// <summary>
/// Writes the small part of YAML that a canonical file is made of: nested mappings, lists of mappings, flow lists, and
/// scalars that are plain only where no reader could take them for anything but text.
/// </summary>
internal sealed class YamlText
{
    private const int LongestSimpleKey = 100;

    private readonly StringBuilder _text = new();
    private int _depth;
    private bool _dash;

    public override string ToString() => _text.ToString();

    /// <summary>A value that is written as it is: a number, a duration, a word of the format.</summary>
    public void Raw(string key, string value) => Line(key).Append(' ').Append(value).Append('\n');

    /// <summary>Any text.</summary>
    public void Text(string key, string value)
    {
        if (!CanBeBlock(value))
        {
            Raw(key, Scalar(value));
            return;
        }

        Line(key).Append(value[^1] == '\n' ? " |\n" : " |-\n");
        foreach (var line in (value[^1] == '\n' ? value[..^1] : value).Split('\n'))
        {
            if (line.Length > 0) _text.Append(' ', 2 * (_depth + 1)).Append(line);
            _text.Append('\n');
        }
    }

    /// <summary>Any JSON value, in flow style: JSON is YAML, once its strings are.</summary>
    public void Json(string key, JsonElement value)
    {
        Line(key).Append(' ');
        AppendJson(value);
        _text.Append('\n');
    }

    /// <summary>A list of texts on one line.</summary>
    public void Names(string key, ImmutableArray<string> values) =>
        Raw(key, values.IsEmpty ? "[]" : $"[ {string.Join(", ", values.Select(Scalar))} ]");

    /// <summary>A mapping under a key.</summary>
    public void Nest(string key, Action body)
    {
        Line(key).Append('\n');
        _depth++;
        body();
        _depth--;
    }

    /// <summary>A mapping under a key with an entry for each item; nothing when there are none.</summary>
    public void Block<T>(string key, ImmutableArray<T> items, Action<T> write)
    {
        if (items.IsEmpty) return;
        Nest(key, () =>
        {
            foreach (var item in items) write(item);
        });
    }

    /// <summary>A list of mappings under a key; nothing when there are none.</summary>
    public void List<T>(string key, ImmutableArray<T> items, Action<T> write)
    {
        if (items.IsEmpty) return;
        Line(key).Append('\n');
        _depth += 2;
        foreach (var item in items)
        {
            _dash = true;
            write(item);
        }

        _depth -= 2;
    }

    private StringBuilder Line(string key)
    {
        if (_dash) _text.Append(' ', 2 * (_depth - 1)).Append("- ");
        else _text.Append(' ', 2 * _depth);
        _dash = false;
        return _text.Append(Scalar(key)).Append(':');
    }

    private void AppendJson(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                _text.Append("[ ");
                var first = true;
                foreach (var item in value.EnumerateArray())
                {
                    if (!first) _text.Append(", ");
                    first = false;
                    AppendJson(item);
                }

                _text.Append(" ]");
                break;
            case JsonValueKind.Object:
                _text.Append("{ ");
                first = true;
                foreach (var field in value.EnumerateObject())
                {
                    if (!first) _text.Append(", ");
                    first = false;
                    // A key that long is not recognised as one unless it is announced.
                    if (field.Name.Length > LongestSimpleKey) _text.Append("? ");
                    _text.Append(Scalar(field.Name)).Append(": ");
                    AppendJson(field.Value);
                }

                _text.Append(" }");
                break;
            case JsonValueKind.String:
                _text.Append(Scalar(value.GetString()!));
                break;
            default:
                _text.Append(value.GetRawText());
                break;
        }
    }

    private static string Scalar(string value) => IsPlain(value) ? value : Quote(value);

    // Letters, digits and a few marks inside: nothing that YAML, in any version, reads as more than text.
    private static bool IsPlain(string value) =>
        value.Length is > 0 and <= 200
        && (char.IsAsciiLetter(value[0]) || value[0] is '.' or '/' or '_') && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '/')
        && ScalarText.KindOf(value) == ScalarKind.Text && !ValuesOfOldYaml.Contains(value);

    // Booleans by YAML 1.1, which other tools still read.
    private static readonly HashSet<string> ValuesOfOldYaml = new(StringComparer.OrdinalIgnoreCase) { "y", "n", "yes", "no", "on", "off" };

    // A block of several lines, each starting with ink and ending without blanks: what a reader takes exactly as it stands.
    private static bool CanBeBlock(string value)
    {
        if (!value.TrimEnd('\n').Contains('\n', StringComparison.Ordinal) || value.EndsWith("\n\n", StringComparison.Ordinal)) return false;
        if (value[0] is ' ' or '\n' or '\t') return false;
        var lines = value.Split('\n');
        return lines.All(l => l.Length == 0 || l[^1] is not (' ' or '\t')) && value.All(c => c == '\n' || (c >= ' ' && c <= '~'));
    }

    private static string Quote(string value)
    {
        var text = new StringBuilder("\"");
        foreach (var rune in value.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '"' or '\\':
                    text.Append('\\').Append(rune);
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case '\t':
                    text.Append("\\t");
                    break;
                default:
                    if (rune.Value is >= ' ' and <= '~' || Rune.IsLetter(rune) || Rune.IsSymbol(rune)) text.Append(rune);
                    else text.Append(rune.IsBmp ? "\\u" : "\\U").Append(rune.Value.ToString(rune.IsBmp ? "X4" : "X8", CultureInfo.InvariantCulture));
                    break;
            }
        }

        return text.Append('"').ToString();
    }
}

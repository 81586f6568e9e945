using System.Collections.Immutable;
using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows.Validation;

namespace Foreflow.Core.Workflows.Yaml;

/// <summary>What one reading of a file shares: the findings so far, and where things are.</summary>
internal sealed record ReadContext(Findings Findings, SourceMap Source)
{
    /// <summary>What sets the path of a part that is reported, not read, apart from those that are.</summary>
    public static string Aside(YamlNode node) => $"#{node.Start.Index}";

    /// <summary>A path as it is shown.</summary>
    public static string Shown(string path) => path.IndexOf('#', StringComparison.Ordinal) is >= 0 and var cut ? path[..cut] : path;
}

/// <summary>
/// Reads the fields of a mapping by name. Every misfit is reported where it is and reads as absent, so that the rest is
/// still checked. Keys that nobody asked for are reported with the nearest that is known.
/// </summary>
internal sealed class FieldReader
{
    private readonly ReadContext _context;
    private readonly Dictionary<string, YamlNode> _fields = new(StringComparer.Ordinal);

    /// <summary>Reads a mapping.</summary>
    /// <param name="context">Of this reading.</param>
    /// <param name="mapping">The mapping.</param>
    /// <param name="path">Its path; empty for the root.</param>
    /// <param name="what">What it is, in words: <c>a stage</c>.</param>
    /// <param name="known">The keys it may have.</param>
    /// <param name="otherWords">Keys other systems use, and ours.</param>
    public FieldReader(ReadContext context, YamlMapping mapping, string path, string what, ImmutableArray<string> known, IReadOnlyDictionary<string, string>? otherWords = null)
    {
        _context = context;
        Path = path;
        foreach (var (key, value) in Entries(context, mapping, path))
        {
            if (known.Contains(key))
            {
                _fields.Add(key, value);
                continue;
            }

            if (path.Length == 0 && key.StartsWith("x-", StringComparison.Ordinal)) continue;
            var meant = otherWords?.GetValueOrDefault(key) ?? Suggestion.Nearest(key, known);
            context.Findings.Add(Join(path, key), "unknown-key", meant is not null
                ? $"{what} has no key '{Names.Shorten(key)}', did you mean '{meant}'?"
                : $"{what} has no key '{Names.Shorten(key)}': it has {string.Join(", ", known)}");
        }
    }

    /// <summary>The path of the mapping.</summary>
    public string Path { get; }

    /// <summary>Reads a mapping within this one.</summary>
    public FieldReader Inside(YamlMapping mapping, string path, string what, ImmutableArray<string> known)
    {
        _context.Source.Add(path, null, mapping);
        return new FieldReader(_context, mapping, path, what, known);
    }

    /// <summary>The entries of a mapping by key, first of equals only; the others are reported.</summary>
    public static IEnumerable<(string Key, YamlNode Value)> Entries(ReadContext context, YamlMapping mapping, string path)
    {
        var first = new Dictionary<string, YamlScalar>(StringComparer.Ordinal);
        foreach (var (key, value) in mapping.Entries)
        {
            var place = Join(path, key.Value);
            if (first.TryGetValue(key.Value, out var earlier))
            {
                var again = place + ReadContext.Aside(key);
                context.Source.Add(again, key, value);
                context.Findings.Add(again, "duplicate-key", $"'{Names.Shorten(key.Value)}' stands here a second time: the first is on line {earlier.Start.Line}");
                continue;
            }

            first.Add(key.Value, key);
            context.Source.Add(place, key, value);
            yield return (key.Value, value);
        }
    }

    /// <summary>The path of a field.</summary>
    public string At(string key) => Join(Path, key);

    /// <summary>True when the key is there.</summary>
    public bool Has(string key) => _fields.ContainsKey(key);

    /// <summary>A field as it is; null when absent.</summary>
    public YamlNode? Node(string key) => _fields.GetValueOrDefault(key);

    /// <summary>A mapping; null when absent or something else.</summary>
    public YamlMapping? Mapping(string key, string expected)
    {
        if (Node(key) is not { } node) return null;
        if (node is YamlMapping mapping) return mapping;
        Misfit(At(key), node, expected);
        return null;
    }

    /// <summary>Text; null when absent or something else.</summary>
    public string? Text(string key, string expected) =>
        Node(key) is { } node ? TextOf(node, At(key), expected) : null;

    /// <summary>Any scalar as it is written; null when absent or something else.</summary>
    public string? Written(string key, string expected) =>
        Node(key) is { } node ? WrittenOf(node, At(key), expected) : null;

    /// <summary>True or false; null when absent or something else.</summary>
    public bool? Boolean(string key)
    {
        if (Node(key) is not { } node) return null;
        if (node is YamlScalar { Kind: ScalarKind.Boolean } scalar) return scalar.Value is "true" or "True" or "TRUE";
        Misfit(At(key), node, "true or false");
        return null;
    }

    /// <summary>A whole number; null when absent or something else.</summary>
    public int? Integer(string key, string expected = "a whole number") =>
        Node(key) is { } node ? IntegerOf(node, At(key), expected) : null;

    /// <summary>A number; null when absent or something else.</summary>
    public double? Number(string key)
    {
        if (Node(key) is not { } node) return null;
        if (node is YamlScalar { Kind: ScalarKind.Number } scalar && double.Parse(scalar.Value, CultureInfo.InvariantCulture) is var value && double.IsFinite(value)) return value;
        Misfit(At(key), node, "a number as JSON writes it, like 0.5");
        return null;
    }

    /// <summary>A duration; null when absent or something else.</summary>
    public TimeSpan? Duration(string key)
    {
        if (Written(key, "a duration like 20s, 5m or 1h30m") is not { } text) return null;
        if (DurationText.TryParse(text, out var duration, out var error)) return duration;
        Report(At(key), "bad-duration", error!);
        return null;
    }

    /// <summary>A list of texts, or a single one; empty when absent.</summary>
    /// <param name="expected">What it should be, in words.</param>
    /// <param name="anyScalar">True to take numbers and booleans as they are written.</param>
    public ImmutableArray<string> Texts(string key, string expected, bool anyScalar = false)
    {
        switch (Node(key))
        {
            case null:
                return [];
            case YamlSequence list:
                var texts = ImmutableArray.CreateBuilder<string>(list.Items.Length);
                foreach (var item in list.Items)
                {
                    // Paths count the elements that are read: those the validator will speak of.
                    var place = $"{At(key)}[{texts.Count}]";
                    var isText = item is YamlScalar { Kind: var kind } && (kind == ScalarKind.Text || (anyScalar && kind != ScalarKind.Null));
                    if (!isText) place += ReadContext.Aside(item);
                    _context.Source.Add(place, null, item);
                    if (isText) texts.Add(((YamlScalar)item).Value);
                    else Misfit(place, item, expected);
                }

                return texts.ToImmutable();
            case YamlScalar scalar when !anyScalar:
                _context.Source.Add($"{At(key)}[0]", null, scalar);
                return TextOf(scalar, At(key), expected) is { } single ? [single] : [];
            case var other:
                Misfit(At(key), other, expected);
                return [];
        }
    }

    /// <summary>Says that something is wrong with a field.</summary>
    public void Report(string path, string code, string message, int offset = -1) => _context.Findings.Add(path, code, message, offset);

    /// <summary>Says that a node is not what is expected.</summary>
    public void Misfit(string path, YamlNode node, string expected) => _context.Findings.Add(path, "wrong-type", $"expected {expected}, found {Describe(node)}");

    /// <summary>Text of a node; reported and null when it is something else.</summary>
    public string? TextOf(YamlNode node, string path, string expected)
    {
        if (node is YamlScalar { Kind: ScalarKind.Text } scalar) return scalar.Value;
        Misfit(path, node, expected);
        return null;
    }

    /// <summary>Any scalar but null as it is written; reported and null when it is something else.</summary>
    public string? WrittenOf(YamlNode node, string path, string expected)
    {
        if (node is YamlScalar { Kind: not ScalarKind.Null } scalar) return scalar.Value;
        Misfit(path, node, expected);
        return null;
    }

    /// <summary>A whole number of a node; reported and null when it is something else.</summary>
    public int? IntegerOf(YamlNode node, string path, string expected)
    {
        if (node is YamlScalar { Kind: ScalarKind.Number } scalar && int.TryParse(scalar.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)) return value;
        Misfit(path, node, expected);
        return null;
    }

    private static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    private static string Describe(YamlNode node) => node switch
    {
        YamlSequence => "a list",
        YamlMapping => "a mapping",
        YamlScalar { Kind: ScalarKind.Null } => "nothing",
        YamlScalar { Kind: ScalarKind.Boolean } scalar => $"the boolean {scalar.Value} (text is put in quotes)",
        YamlScalar { Kind: ScalarKind.Number or ScalarKind.ForeignNumber } scalar => $"the number {Names.Shorten(scalar.Value)}",
        YamlScalar scalar => $"the text '{Names.Shorten(scalar.Value.ReplaceLineEndings(" "))}'",
        _ => "something else",
    };
}

using YamlDotNet.Core;

namespace Foreflow.Core.Workflows.Yaml;

/// <summary>Says in plain words why a text is no YAML: the parser knows the place, the text there shows the usual reason.</summary>
/// <param name="text">The text.</param>
internal sealed class YamlErrorText(string text)
{
    private const string BeginnersOfSyntax = "*&!|>%@`";

    /// <summary>The error with its reason.</summary>
    public YamlError Explain(YamlException e)
    {
        var start = (int)Math.Clamp(e.Start.Index, 0, text.Length);
        var speaksOfTab = e.Message.Contains("tab", StringComparison.OrdinalIgnoreCase);
        return FindTabIndent(start, speaksOfTab ? text.Length : start) is { } tab
            ? new YamlError("tab", "a tab in the indentation: YAML is indented by blanks only", tab)
            : new YamlError("not-yaml", $"not YAML: {Reason(e, start)}", e.Start);
    }

    private string Reason(YamlException e, int start)
    {
        if (start < text.Length && text[start] is '"' or '\'') return "the text in quotes that starts here has no end, or a later line of it is not indented";

        var lineStart = start == 0 ? 0 : text.LastIndexOf('\n', start - 1) + 1;
        var before = text.AsSpan(lineStart, start - lineStart);
        if (before.TrimEnd(" {").EndsWith("$") || before.TrimEnd('{').EndsWith("$")) return "inside { } or [ ] an expression is put in quotes: \"${{ ... }}\"";
        if (FirstOfValue(text.AsSpan(lineStart, Math.Min(start + 1, text.Length) - lineStart)) is { } first && BeginnersOfSyntax.Contains(first, StringComparison.Ordinal)) return $"text that begins with {first} is put in quotes";

        return e.Message switch
        {
            var m when m.Contains("<document start>", StringComparison.Ordinal) => "what stands here belongs to nothing before it: check the indentation and the colons",
            var m when m.Contains("expected key", StringComparison.Ordinal) => "a key is expected here: either the indentation is not that of the lines above, or a value before this place ended early",
            var m when m.Contains("found invalid mapping", StringComparison.Ordinal) => "text with a colon and a blank in it is put in quotes, or below its key after '|'",
            var m when m.Contains("cannot start any token", StringComparison.Ordinal) && start < text.Length => $"text that begins with {text[start]} is put in quotes",
            { Length: > 0 } m => char.ToLowerInvariant(m[0]) + m[1..].TrimEnd('.'),
            _ => "the text cannot be read",
        };
    }

    // The first character of the value that a line is in the middle of.
    private static char? FirstOfValue(ReadOnlySpan<char> line)
    {
        var from = -1;
        foreach (var mark in (ReadOnlySpan<string>)[": ", "- ", "{ ", "[ ", ", "]) from = Math.Max(from, line.IndexOf(mark) is >= 0 and var at ? at + 2 : -1);
        if (from < 0) return null;
        var value = line[from..].TrimStart();
        return value.IsEmpty ? null : value[0];
    }

    // The first tab before the ink of a line, from the line that holds one index to the line that holds another.
    private Mark? FindTabIndent(int from, int to)
    {
        var start = from == 0 ? 0 : text.LastIndexOf('\n', from - 1) + 1;
        for (var line = text.AsSpan(0, start).Count('\n') + 1; start <= to; line++)
        {
            var ink = start;
            while (ink < text.Length && text[ink] == ' ') ink++;
            if (ink < text.Length && text[ink] == '\t') return new Mark(ink, line, ink - start + 1);
            var end = text.IndexOf('\n', start);
            if (end < 0) return null;
            start = end + 1;
        }

        return null;
    }
}

using YamlDotNet.Core;

namespace Foreflow.Core.Workflows.Yaml;

/// <summary>Where in a file each part of a workflow is, so that what is found by path is told by line and column.</summary>
/// <param name="text">The file.</param>
internal sealed class SourceMap(string text)
{
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Notes where a part is.</summary>
    /// <param name="path">The part.</param>
    /// <param name="key">Its key; null for an element of a list.</param>
    /// <param name="value">Its value.</param>
    public void Add(string path, YamlScalar? key, YamlNode value) => _entries.TryAdd(path, new Entry(key, value));

    /// <summary>Notes that offsets at a path count from this many characters into its text.</summary>
    public void Shift(string path, int offset)
    {
        if (_entries.TryGetValue(path, out var entry)) _entries[path] = entry with { Shift = offset };
    }

    /// <summary>Line and column, both from 1, of a part or of the nearest part around it that is in the file.</summary>
    /// <param name="path">The part.</param>
    /// <param name="offset">Characters into its text; -1 for the whole of it.</param>
    /// <param name="spot">Which end of a field is meant.</param>
    public (int Line, int Column) Locate(string path, int offset, Spot spot)
    {
        while (true)
        {
            if (_entries.TryGetValue(path, out var entry))
            {
                if (spot == Spot.Key || (spot == Spot.Either && entry.Value is not YamlScalar)) return Position((entry.Key ?? entry.Value).Start);
                if (entry.Value is not YamlScalar scalar) return Position(entry.Value.Start);
                return offset < 0 ? Position(scalar.Start) : Inside(scalar, offset + entry.Shift);
            }

            if (path.Length == 0) return (1, 1);
            path = Parent(path);
            (offset, spot) = (-1, Spot.Either);
        }
    }

    private static (int Line, int Column) Position(Mark mark) => ((int)mark.Line, (int)mark.Column);

    private static string Parent(string path)
    {
        var cut = path.AsSpan().LastIndexOfAny('.', '[');
        return cut < 0 ? "" : path[..cut];
    }

    // Walks the source from the scalar's start, a character of its value at a time, until the offset is reached.
    private (int Line, int Column) Inside(YamlScalar scalar, int offset)
    {
        var (line, column) = Position(scalar.Start);
        var at = (int)scalar.Start.Index;
        switch (scalar.Style)
        {
            case ScalarStyle.Literal:
                return InsideBlock(scalar, offset);
            case ScalarStyle.Folded:
                return (line, column);
            case ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted:
                at++;
                break;
        }

        for (var taken = 0; taken < offset && at < text.Length; taken++)
        {
            var c = text[at];
            // Folding changes the number of characters: a scalar over several lines is told by its start.
            if (c is '\n' or '\r') return (line, column);
            at += (scalar.Style, c) switch
            {
                (ScalarStyle.SingleQuoted, '\'') => 2,
                (ScalarStyle.DoubleQuoted, '\\') => EscapeLength(at),
                _ => 1,
            };
        }

        return (line, column + at - (int)scalar.Start.Index);
    }

    private int EscapeLength(int at) => (at + 1 < text.Length ? text[at + 1] : ' ') switch
    {
        'x' => 4,
        'u' => 6,
        'U' => 10,
        _ => 2,
    };

    private (int Line, int Column) InsideBlock(YamlScalar scalar, int offset)
    {
        var before = scalar.Value.AsSpan(0, Math.Min(offset, scalar.Value.Length));
        var line = (int)scalar.Start.Line + 1 + before.Count('\n');
        var column = before.Length - (before.LastIndexOf('\n') + 1);

        // Every line of the block starts with the same blanks: those before the first ink, which is also the value's first.
        var indent = 0;
        var at = text.IndexOf('\n', (int)scalar.Start.Index);
        while (at >= 0)
        {
            var start = at + 1;
            at = text.IndexOf('\n', start);
            var content = text.AsSpan(start, (at < 0 ? text.Length : at) - start);
            if (content.Trim().IsEmpty) continue;
            var ownBlanks = scalar.Value.TrimStart('\n');
            indent = content.IndexOfAnyExcept(' ') - (ownBlanks.Length - ownBlanks.TrimStart(' ').Length);
            break;
        }

        return (line, Math.Max(0, indent) + column + 1);
    }

    private sealed record Entry(YamlScalar? Key, YamlNode Value, int Shift = 0);
}

/// <summary>Which end of a field a message is about.</summary>
internal enum Spot
{
    /// <summary>The value where it is a scalar; the key of a list or mapping, whose value may start lines later.</summary>
    Either,

    /// <summary>The key.</summary>
    Key,

    /// <summary>The value.</summary>
    Value,
}

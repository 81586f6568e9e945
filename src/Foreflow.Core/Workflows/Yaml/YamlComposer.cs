using System.Collections.Immutable;
using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Foreflow.Core.Workflows.Yaml;

/// <summary>
/// Makes one tree of the events of YamlDotNet's parser, within bounds: one document, no tags, no merge keys, at most
/// <see cref="MaxDepth"/> deep, and at most <see cref="MaxNodes"/> nodes once every alias is counted as often as it is used.
/// An alias shares its anchor's node, so that a bomb costs what its text costs.
/// </summary>
internal sealed class YamlComposer
{
    /// <summary>How deep a file may nest.</summary>
    public const int MaxDepth = 64;

    /// <summary>How many nodes a file may stand for.</summary>
    public const int MaxNodes = 500_000;

    private readonly Scanner _scanner;
    private readonly Parser _parser;
    private readonly Dictionary<AnchorName, YamlNode?> _anchors = [];

    private int _nodes;

    private YamlComposer(string text)
    {
        _scanner = new Scanner(new StringReader(text), skipComments: true);
        _parser = new Parser(_scanner);
    }

    /// <summary>The document of a text.</summary>
    /// <param name="text">The text, without a byte-order mark.</param>
    /// <param name="root">Its root; null when there is none.</param>
    /// <param name="error">What is wrong; null on success.</param>
    public static bool TryCompose(string text, out YamlNode? root, out YamlError? error)
    {
        root = null;
        error = FindBadCharacter(text);
        if (error is not null) return false;
        var composer = new YamlComposer(text);
        try
        {
            root = composer.Document();
            return true;
        }
        catch (YamlError e)
        {
            error = e;
        }
        catch (YamlException e)
        {
            error = new YamlErrorText(text).Explain(e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // The library's scanner gives up in these ways on some texts that are no YAML.
            error = new YamlError("not-yaml", "not YAML: a bracket or quote before this place is not closed, or does not belong there", composer._scanner.CurrentPosition);
        }

        return false;
    }

    private YamlNode? Document()
    {
        _parser.Consume<StreamStart>();
        if (_parser.TryConsume<StreamEnd>(out _)) return null;
        _parser.Consume<DocumentStart>();
        var root = Node(0);
        _parser.Consume<DocumentEnd>();
        if (_parser.TryConsume<DocumentStart>(out var second)) throw new YamlError("several-documents", "a second document starts here: a file holds one workflow", second.Start);
        return root;
    }

    private YamlNode Node(int depth)
    {
        var start = _parser.Current!.Start;
        if (++_nodes > MaxNodes) throw TooLarge(start);
        if (depth > MaxDepth) throw new YamlError("too-deep", $"nested deeper than {MaxDepth} levels", start);
        if (_parser.TryConsume<AnchorAlias>(out var alias)) return Resolve(alias);

        if (_parser.Current is not NodeEvent node) throw new YamlError("not-yaml", "a value is expected here", start);
        if (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific) throw new YamlError("tag", $"the tag {node.Tag.Value} has no place here: text that looks like a value is put in quotes", start);
        if (!node.Anchor.IsEmpty) _anchors[node.Anchor] = null;
        YamlNode made = node switch
        {
            Scalar => Take(),
            SequenceStart => Sequence(depth),
            _ => Mapping(depth),
        };
        if (made.Size > MaxNodes) throw TooLarge(start);
        if (!node.Anchor.IsEmpty) _anchors[node.Anchor] = made;
        return made;
    }

    private YamlScalar Take()
    {
        var scalar = _parser.Consume<Scalar>();
        return new YamlScalar(scalar.Start, scalar.Value, scalar.Style);
    }

    private YamlSequence Sequence(int depth)
    {
        var start = _parser.Consume<SequenceStart>().Start;
        var items = ImmutableArray.CreateBuilder<YamlNode>();
        var size = 1L;
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            var item = Node(depth + 1);
            items.Add(item);
            size += item.Size;
        }

        return new YamlSequence(start, size, items.ToImmutable());
    }

    private YamlMapping Mapping(int depth)
    {
        var start = _parser.Consume<MappingStart>().Start;
        var entries = ImmutableArray.CreateBuilder<(YamlScalar, YamlNode)>();
        var size = 1L;
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var keyStart = _parser.Current!.Start;
            if (Node(depth + 1) is not YamlScalar key) throw new YamlError("bad-key", "a key is plain text here, not a list or mapping", keyStart);
            if (key is { Value: "<<", Style: ScalarStyle.Plain }) throw new YamlError("merge-key", "merge keys (<<) are not read: repeat the keys, or share a whole value by an alias", keyStart);
            var value = Node(depth + 1);
            entries.Add((key, value));
            size += 1 + value.Size;
        }

        return new YamlMapping(start, size, entries.ToImmutable());
    }

    private YamlNode Resolve(AnchorAlias alias)
    {
        if (!_anchors.TryGetValue(alias.Value, out var node)) throw new YamlError("unknown-alias", $"there is no anchor &{alias.Value} before this", alias.Start);
        return node ?? throw new YamlError("unknown-alias", $"the anchor &{alias.Value} would hold itself", alias.Start);
    }

    private static YamlError TooLarge(Mark at) => new(
        "too-large", string.Create(CultureInfo.InvariantCulture, $"the file holds more than {MaxNodes:N0} values, each alias counted as what it stands for"), at);

    // YamlDotNet takes a NUL for the end of the text, and UTF-16 can hold half characters.
    private static YamlError? FindBadCharacter(string text)
    {
        var line = 1;
        var lineStart = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\n')
            {
                line++;
                lineStart = i + 1;
            }

            if (c is '\t' or '\n' or '\r' or (>= ' ' and <= '~') or '\u0085' or (>= '\u00A0' and < '\uD800') or (>= '\uE000' and < '\uFFFE' and not '\uFEFF')) continue;
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
                continue;
            }

            return new YamlError("bad-character", $"the character U+{(int)c:X4} has no place in a YAML file", new Mark(i, line, i - lineStart + 1));
        }

        return null;
    }
}

/// <summary>Why a text is not a document we read, and where. Thrown within the composer only.</summary>
internal sealed class YamlError(string code, string message, Mark at) : Exception(message)
{
    public string Code => code;

    public Mark At => at;
}

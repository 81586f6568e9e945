using System.Collections.Immutable;
using YamlDotNet.Core;

namespace Foreflow.Core.Workflows.Yaml;

/// <summary>A part of a YAML document with its place. Aliases are the node they stand for: a tree with shared branches.</summary>
/// <param name="Start">Where it starts.</param>
/// <param name="Size">How many nodes it stands for, shared branches counted each time.</param>
internal abstract record YamlNode(Mark Start, long Size);

/// <summary>A scalar: its text after unquoting and folding.</summary>
internal sealed record YamlScalar(Mark Start, string Value, ScalarStyle Style) : YamlNode(Start, 1)
{
    /// <summary>What a plain scalar is by YAML 1.2's core schema; quoted and block scalars are always text.</summary>
    public ScalarKind Kind => Style != ScalarStyle.Plain ? ScalarKind.Text : ScalarText.KindOf(Value);
}

internal sealed record YamlSequence(Mark Start, long Size, ImmutableArray<YamlNode> Items) : YamlNode(Start, Size);

internal sealed record YamlMapping(Mark Start, long Size, ImmutableArray<(YamlScalar Key, YamlNode Value)> Entries) : YamlNode(Start, Size);

internal enum ScalarKind
{
    Text,
    Null,
    Boolean,

    /// <summary>A number spelt as JSON spells it.</summary>
    Number,

    /// <summary>A number spelt as only YAML spells it: <c>0x1F</c>, <c>+1</c>, <c>.5</c>, <c>.inf</c>.</summary>
    ForeignNumber,
}

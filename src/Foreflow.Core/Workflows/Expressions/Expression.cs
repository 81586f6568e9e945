using System.Collections.Immutable;
using System.Text.Json;

namespace Foreflow.Core.Workflows.Expressions;

/// <summary>
/// A parsed expression, in GitHub Actions' spelling: <c>stages.split.outputs.chunks</c>, <c>inputs.day != 'today'</c>,
/// <c>length(stages.scan.outputs.files) &gt; 0</c>. Pure and total: equal scopes give equal values, and evaluation ends.
/// Two expressions are equal when their texts are.
/// </summary>
public sealed class Expression : IEquatable<Expression>
{
    /// <summary>The longest expression that is read, in characters.</summary>
    public const int MaxLength = 8_192;

    private readonly ExpressionNode _root;

    private Expression(string text, ExpressionNode root, ParsedReferences references)
    {
        Text = text;
        _root = root;
        References = references;
    }

    /// <summary>The expression as written, without <c>${{ }}</c>.</summary>
    public string Text { get; }

    /// <summary>Names of the stages whose outputs it reads, sorted.</summary>
    public ImmutableArray<string> Stages =>
        [.. References.Outputs.Select(o => o.Stage).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>True when it reads <c>item</c> or <c>index</c>, which differ from task to task.</summary>
    public bool IsPerTask => References.PerTaskPosition >= 0;

    /// <summary>True when it asks how the needs ended: <c>always()</c>, <c>success()</c> or <c>failure()</c>.</summary>
    public bool AsksStatus => References.StatusPosition >= 0;

    /// <summary>The value of an expression that is a literal; null for any other.</summary>
    public JsonElement? LiteralValue => (_root as LiteralNode)?.Value;

    internal ParsedReferences References { get; }

    /// <summary>Reads an expression.</summary>
    /// <param name="text">The text, without <c>${{ }}</c>.</param>
    /// <param name="expression">The expression; null on failure.</param>
    /// <param name="error">What is wrong and where; null on success.</param>
    public static bool TryParse(string text, out Expression? expression, out ExpressionError? error)
    {
        var parser = new ExpressionParser(text);
        var root = parser.Parse();
        error = parser.Error;
        expression = root is null ? null : new Expression(text.Trim(), root, parser.References);
        return root is not null;
    }

    /// <summary>Reads an expression that is known to be good.</summary>
    /// <exception cref="FormatException">It is not; the message says why.</exception>
    public static Expression Parse(string text) =>
        TryParse(text, out var expression, out var error) ? expression! : throw new FormatException(error!.ToString());

    /// <summary>The expression that is always this value.</summary>
    public static Expression Literal(JsonElement value) =>
        new($"fromJSON('{Json.ToText(value).Replace("'", "''", StringComparison.Ordinal)}')", new LiteralNode(0, value), ParsedReferences.None);

    /// <summary>The value in a scope.</summary>
    /// <param name="scope">What it can see.</param>
    /// <param name="value">The value; null (the JSON one) on failure.</param>
    /// <param name="error">What is wrong and where; null on success.</param>
    public bool TryEvaluate(ExpressionScope scope, out JsonElement value, out ExpressionError? error)
    {
        var evaluator = new ExpressionEvaluator(scope);
        value = evaluator.Evaluate(_root);
        error = evaluator.Error;
        if (error is not null) value = Json.Null;
        return error is null;
    }

    /// <inheritdoc/>
    public bool Equals(Expression? other) => other is not null && Text == other.Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Expression);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <summary>The expression as written in a file: <c>${{ text }}</c>.</summary>
    public override string ToString() => $"${{{{ {Text} }}}}";
}

/// <summary>What is wrong with an expression, or with its evaluation.</summary>
/// <param name="Message">The words.</param>
/// <param name="Position">Characters from the start of the text to what is meant.</param>
public sealed record ExpressionError(string Message, int Position)
{
    /// <summary>The words and the place.</summary>
    public override string ToString() => $"{Message} (at character {Position + 1})";
}

/// <summary>What an expression reads, with places for messages.</summary>
/// <param name="Inputs">Each mention of <c>inputs</c>.</param>
/// <param name="Outputs">Each mention of a stage's outputs.</param>
/// <param name="PerTaskPosition">Place of the first <c>item</c> or <c>index</c>; -1 when there is none.</param>
/// <param name="StatusPosition">Place of the first status function; -1 when there is none.</param>
internal sealed record ParsedReferences(
    ImmutableArray<InputNode> Inputs, ImmutableArray<OutputNode> Outputs, int PerTaskPosition, int StatusPosition)
{
    public static readonly ParsedReferences None = new([], [], -1, -1);
}

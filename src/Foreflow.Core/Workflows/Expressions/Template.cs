using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Foreflow.Core.Workflows.Expressions;

/// <summary>
/// Text with expressions in it: <c>s3://logs/${{ inputs.day }}.gz</c>. A template that is one expression and nothing else
/// keeps the type of its value; any other makes text. Two templates are equal when they are written the same.
/// </summary>
public sealed class Template : IEquatable<Template>
{
    private const string Open = "${{";
    private const string Close = "}}";

    private readonly JsonElement? _literal;
    private readonly ImmutableArray<Part> _parts;

    private Template(string source, ImmutableArray<Part> parts, JsonElement? literal = null)
    {
        Source = source;
        _parts = parts;
        _literal = literal;
    }

    /// <summary>The template as written; JSON text for a literal that is not a string.</summary>
    public string Source { get; }

    /// <summary>Its expressions, first to last.</summary>
    public IEnumerable<Expression> Expressions => Placed.Select(p => p.Expression);

    /// <summary>True when there is no expression in it: it is the same for every run and task.</summary>
    public bool IsLiteral => _literal is not null;

    /// <summary>The value of a literal; null when there is an expression in it.</summary>
    public JsonElement? LiteralValue => _literal;

    /// <summary>Its expressions with the place of each in <see cref="Source"/>.</summary>
    internal IEnumerable<(Expression Expression, int Offset)> Placed =>
        _parts.Where(p => p.Expression is not null).Select(p => (p.Expression!, p.Offset));

    /// <summary>Reads a template.</summary>
    /// <param name="source">The text.</param>
    /// <param name="template">The template; null on failure.</param>
    /// <param name="error">What is wrong and where in <paramref name="source"/>; null on success.</param>
    public static bool TryParse(string source, out Template? template, out ExpressionError? error)
    {
        template = null;
        error = null;
        var parts = ImmutableArray.CreateBuilder<Part>();
        var at = 0;
        while (source.IndexOf(Open, at, StringComparison.Ordinal) is >= 0 and var open)
        {
            if (open > at) parts.Add(new(source[at..open], null, at));
            var start = open + Open.Length;
            var close = FindClose(source, start);
            if (close < 0)
            {
                error = new ExpressionError("'${{' has no closing '}}'", open);
                return false;
            }

            if (!Expression.TryParse(source[start..close], out var expression, out error))
            {
                error = error! with { Position = error.Position + start };
                return false;
            }

            parts.Add(new("", expression, start));
            at = close + Close.Length;
        }

        if (at < source.Length) parts.Add(new(source[at..], null, at));
        template = parts.All(p => p.Expression is null)
            ? new Template(source, [], Json.Text(source))
            : new Template(source, parts.ToImmutable());
        return true;
    }

    /// <summary>Reads a template that is known to be good.</summary>
    /// <exception cref="FormatException">It is not; the message says why.</exception>
    public static Template Parse(string source) =>
        TryParse(source, out var template, out var error) ? template! : throw new FormatException(error!.ToString());

    /// <summary>The template that is always this value.</summary>
    public static Template Literal(JsonElement value) => new(Show(value), [], value);

    /// <summary>The template's value in a scope: that of its one expression, or text.</summary>
    /// <param name="scope">What its expressions can see.</param>
    /// <param name="value">The value; null (the JSON one) on failure.</param>
    /// <param name="error">What is wrong; null on success.</param>
    public bool TryEvaluate(ExpressionScope scope, out JsonElement value, out ExpressionError? error)
    {
        error = null;
        value = _literal ?? Json.Null;
        if (_literal is not null) return true;
        if (_parts is [{ Expression: { } only }]) return only.TryEvaluate(scope, out value, out error);
        if (!TryJoin(scope, out var text, out error)) return false;
        value = Json.Text(text);
        return true;
    }

    /// <summary>The template's value as text: strings as they are, null as nothing, all else as JSON.</summary>
    /// <param name="scope">What its expressions can see.</param>
    /// <param name="text">The text; empty on failure.</param>
    /// <param name="error">What is wrong; null on success.</param>
    public bool TryEvaluateText(ExpressionScope scope, out string text, out ExpressionError? error)
    {
        error = null;
        text = _literal is { } literal ? Show(literal) : "";
        return _literal is not null || TryJoin(scope, out text, out error);
    }

    /// <inheritdoc/>
    public bool Equals(Template? other) =>
        other is not null && Source == other.Source && _literal?.ValueKind == other._literal?.ValueKind;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Template);

    /// <inheritdoc/>
    public override int GetHashCode() => Source.GetHashCode(StringComparison.Ordinal);

    /// <summary>The template as written.</summary>
    public override string ToString() => Source;

    /// <summary>A value as text: strings as they are, null as nothing, all else as JSON.</summary>
    internal static string Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null => "",
        _ => Json.ToText(value),
    };

    private bool TryJoin(ExpressionScope scope, out string joined, out ExpressionError? error)
    {
        var text = new StringBuilder();
        joined = "";
        error = null;
        foreach (var (literal, expression, _) in _parts)
        {
            text.Append(literal);
            if (expression is null) continue;
            if (!expression.TryEvaluate(scope, out var value, out error)) return false;
            text.Append(Show(value));
            if (text.Length <= ExpressionEvaluator.MaxTextLength) continue;
            error = new ExpressionError($"the text is longer than {ExpressionEvaluator.MaxTextLength} characters", 0);
            return false;
        }

        joined = text.ToString();
        return true;
    }

    // Literal text, or an expression; the offset is that of either's text in the source.
    private readonly record struct Part(string Text, Expression? Expression, int Offset);

    // The first '}}' outside a string.
    private static int FindClose(string source, int start)
    {
        var inText = false;
        for (var i = start; i < source.Length; i++)
        {
            if (source[i] == '\'') inText = !inText;
            if (!inText && string.CompareOrdinal(source, i, Close, 0, Close.Length) == 0) return i;
        }

        return -1;
    }
}

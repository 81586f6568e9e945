namespace Foreflow.Core.Workflows.Expressions;

/// <summary>The brackets around an expression.</summary>
internal static class ExpressionText
{
    /// <summary>The text between <c>${{</c> and <c>}}</c> when the whole is one such pair; the text itself otherwise.</summary>
    /// <param name="text">The text.</param>
    /// <param name="offset">Where in <paramref name="text"/> the result starts.</param>
    public static string Unwrap(string text, out int offset)
    {
        offset = 0;
        var trimmed = text.AsSpan().TrimEnd();
        var start = text.Length - text.AsSpan().TrimStart().Length;
        if (trimmed.Length - start < 5 || !trimmed[start..].StartsWith("${{") || !trimmed.EndsWith("}}")) return text;
        offset = start + 3;
        return text[offset..(trimmed.Length - 2)];
    }
}

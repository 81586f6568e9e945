using System.Globalization;
using System.Text;

namespace Foreflow.Core.Workflows.Expressions;

internal enum TokenKind
{
    End,
    Name,
    Number,
    Text,
    Symbol,
}

/// <summary>A token: <paramref name="Value"/> is the name, the number as written, the string's content or the symbol.</summary>
internal readonly record struct Token(TokenKind Kind, string Value, int Position)
{
    public bool Is(string symbol) => Kind == TokenKind.Symbol && Value == symbol;
}

/// <summary>Cuts the text of an expression into tokens, one at a time.</summary>
internal sealed class ExpressionLexer(string text)
{
    // Longer ones first: '<=' is not '<' and '='.
    private static readonly string[] Symbols = ["||", "&&", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", ".", ","];

    private int _position;

    /// <summary>Takes the next token.</summary>
    /// <param name="token">The token.</param>
    /// <param name="error">What is wrong; null on success.</param>
    public bool TryNext(out Token token, out ExpressionError? error)
    {
        error = null;
        while (_position < text.Length && char.IsWhiteSpace(text[_position])) _position++;
        var start = _position;
        token = new Token(TokenKind.End, "", start);
        if (start >= text.Length) return true;

        var first = text[start];
        if (first == '\'') return TryText(out token, out error);
        if (char.IsAsciiLetter(first) || first == '_')
        {
            while (_position < text.Length && (char.IsAsciiLetterOrDigit(text[_position]) || text[_position] is '_' or '-')) _position++;
            token = new Token(TokenKind.Name, text[start.._position], start);
            return true;
        }

        if (char.IsAsciiDigit(first) || first is '-' or '+') return TryNumber(out token, out error);

        var symbol = Array.Find(Symbols, s => string.CompareOrdinal(text, start, s, 0, s.Length) == 0);
        if (symbol is null)
        {
            error = new ExpressionError(Unexpected(first), start);
            return false;
        }

        _position += symbol.Length;
        token = new Token(TokenKind.Symbol, symbol, start);
        return true;
    }

    private static string Unexpected(char c) => c switch
    {
        '"' => "strings stand in single quotes: 'text'",
        '=' => "'=' is not an operator: equality is '=='",
        '&' => "'&' is not an operator: and is '&&'",
        '|' => "'|' is not an operator: or is '||'",
        '*' or '/' or '%' => $"there is no arithmetic: '{c}' is not an operator",
        '$' or '{' or '}' => $"'{c}' does not belong inside an expression",
        _ => char.IsControl(c) ? $"the character U+{(int)c:X4} does not belong here" : $"'{c}' does not belong here",
    };

    // A quote inside a string is written twice.
    private bool TryText(out Token token, out ExpressionError? error)
    {
        var start = _position++;
        var content = new StringBuilder();
        error = null;
        while (_position < text.Length)
        {
            var c = text[_position++];
            if (c != '\'')
            {
                content.Append(c);
            }
            else if (_position < text.Length && text[_position] == '\'')
            {
                content.Append('\'');
                _position++;
            }
            else
            {
                token = new Token(TokenKind.Text, content.ToString(), start);
                return true;
            }
        }

        token = default;
        error = new ExpressionError("the string that starts here has no closing quote", start);
        return false;
    }

    private bool TryNumber(out Token token, out ExpressionError? error)
    {
        var start = _position++;
        while (_position < text.Length && (char.IsAsciiLetterOrDigit(text[_position]) || text[_position] == '.'
            || (text[_position] is '-' or '+' && text[_position - 1] is 'e' or 'E'))) _position++;
        var written = text[start.._position];
        token = new Token(TokenKind.Number, written, start);
        // JSON's spelling, so that the value can go out as it came in.
        var good = written[0] != '+'
            && Json.TryParse(written, out _, out _)
            && double.TryParse(written, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value);
        error = good ? null : new ExpressionError(
            written is "-" or "+" ? $"there is no arithmetic: '{written}' is not an operator" : $"'{written}' is not a number", start);
        return good;
    }
}

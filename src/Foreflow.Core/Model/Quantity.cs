using System.Globalization;

namespace Foreflow.Core.Model;

/// <summary>
/// Quantities in Kubernetes spelling: a decimal number and a suffix, <c>m</c> (thousandths), none, <c>k M G T P E</c>
/// (powers of 1000), <c>Ki Mi Gi Ti Pi Ei</c> (powers of 1024), or an exponent (<c>1e3</c>).
/// </summary>
public static class Quantity
{
    /// <summary>The most CPU that is read: a million cores, in thousandths.</summary>
    public const long MaxMillicores = 1_000_000_000;

    private const int MaxLength = 32;

    private static readonly (string Suffix, decimal Factor)[] Suffixes =
    [
        ("m", 0.001m),
        ("", 1m),
        ("k", 1e3m), ("M", 1e6m), ("G", 1e9m), ("T", 1e12m), ("P", 1e15m), ("E", 1e18m),
        ("Ki", 1L << 10), ("Mi", 1L << 20), ("Gi", 1L << 30), ("Ti", 1L << 40), ("Pi", 1L << 50), ("Ei", 1L << 60),
    ];

    /// <summary>Reads an amount of CPU: <c>500m</c> is half a core, <c>2</c> two cores, <c>0.25</c> a quarter.</summary>
    /// <param name="text">The text, without blanks around it.</param>
    /// <param name="millicores">Thousandths of a core, from 0 to <see cref="MaxMillicores"/>; 0 on failure.</param>
    /// <param name="error">What is wrong and how to write it right; null on success.</param>
    public static bool TryParseCpu(string text, out long millicores, out string? error)
    {
        millicores = 0;
        if (!TryParse(text, "500m or 2", out var cores, out error)) return false;
        if (cores > MaxMillicores / 1000)
        {
            error = text.EndsWith('M') ? $"'{text}' is millions of cores: thousandths are written '{text[..^1]}m'" : $"'{text}' is more than a million cores";
            return false;
        }

        var thousandths = cores * 1000;
        if (decimal.Truncate(thousandths) != thousandths)
        {
            error = $"'{text}' is finer than a thousandth of a core (1m)";
            return false;
        }

        millicores = (long)thousandths;
        return true;
    }

    /// <summary>Reads an amount of bytes, or of bytes a second: <c>256Mi</c>, <c>1.5Gi</c>, <c>100M</c>.</summary>
    /// <param name="text">The text, without blanks around it.</param>
    /// <param name="bytes">Bytes, at least 0; 0 on failure.</param>
    /// <param name="error">What is wrong and how to write it right; null on success.</param>
    public static bool TryParseBytes(string text, out long bytes, out string? error)
    {
        bytes = 0;
        if (!TryParse(text, "256Mi or 1Gi", out var value, out error)) return false;
        if (value > long.MaxValue)
        {
            error = $"'{text}' is more bytes than there are";
            return false;
        }

        if (decimal.Truncate(value) != value)
        {
            error = text.EndsWith('m') ? $"'{text}' is thousandths of a byte: megabytes are written '{text[..^1]}Mi'" : $"'{text}' is not a whole number of bytes";
            return false;
        }

        bytes = (long)value;
        return true;
    }

    /// <summary>CPU as text that reads back exactly: whole cores bare (<c>2</c>), else thousandths (<c>500m</c>).</summary>
    public static string FormatCpu(long millicores) => millicores % 1000 == 0
        ? (millicores / 1000).ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{millicores}m");

    /// <summary>Bytes as text that reads back exactly, in the largest power of 1024 that divides them: <c>256Mi</c>, <c>1000</c>.</summary>
    public static string FormatBytes(long bytes)
    {
        if (bytes == 0) return "0";
        var power = Math.Min(6, System.Numerics.BitOperations.TrailingZeroCount(bytes) / 10);
        var suffix = power == 0 ? "" : "KMGTPE"[power - 1] + "i";
        return string.Create(CultureInfo.InvariantCulture, $"{bytes >> (10 * power)}{suffix}");
    }

    private static bool TryParse(string text, string example, out decimal value, out string? error)
    {
        value = 0;
        error = null;
        if (text.Length is 0 or > MaxLength)
        {
            error = text.Length == 0 ? $"a quantity is missing: write it like {example}" : $"a quantity of {text.Length} characters: write it like {example}";
            return false;
        }

        if (text[0] == '-')
        {
            error = $"'{text}' is negative";
            return false;
        }

        var end = NumberLength(text);
        if (end == 0 || !decimal.TryParse(text.AsSpan(0, end), NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number))
        {
            error = $"'{text}' is not a quantity: write it like {example}";
            return false;
        }

        var suffix = text[end..];
        var known = Array.FindIndex(Suffixes, s => s.Suffix == suffix);
        if (known < 0)
        {
            error = UnknownSuffix(text, text[..end], suffix, example);
            return false;
        }

        // Decimal holds 28 digits: a larger product is beyond every unit here anyway.
        try
        {
            value = number * Suffixes[known].Factor;
        }
        catch (OverflowException)
        {
            error = $"'{text}' is too large";
            return false;
        }

        return true;
    }

    // Digits, a point, and an exponent only when digits follow the e: '1E' is exa, '1e3' a thousand.
    private static int NumberLength(string text)
    {
        var end = 0;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == '.')) end++;
        if (end == 0 || end == text.Length || text[end] is not ('e' or 'E')) return end;
        var exponent = end + 1;
        if (exponent < text.Length && text[exponent] is '+' or '-') exponent++;
        if (exponent >= text.Length || !text.AsSpan(exponent).ContainsAnyInRange('0', '9')) return end;
        while (exponent < text.Length && char.IsAsciiDigit(text[exponent])) exponent++;
        return exponent;
    }

    private static string UnknownSuffix(string text, string number, string suffix, string example)
    {
        var letter = char.ToUpperInvariant(suffix[0]);
        var looksLikeBytes = "KMGTPE".Contains(letter, StringComparison.Ordinal)
            && suffix[1..].ToUpperInvariant() is "" or "B" or "I" or "IB";
        return looksLikeBytes
            ? $"'{text}' is not a quantity: the suffix '{suffix}' is not known, did you mean '{number}{letter}i' (powers of 1024) or '{number}{(letter == 'K' ? 'k' : letter)}' (powers of 1000)?"
            : $"'{text}' is not a quantity: the suffix '{suffix}' is not known, write it like {example}";
    }
}

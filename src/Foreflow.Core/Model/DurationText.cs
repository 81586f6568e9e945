using System.Buffers;
using System.Globalization;
using System.Text;

namespace Foreflow.Core.Model;

/// <summary>
/// Durations as people write them: <c>20s</c>, <c>5m</c>, <c>1h30m</c>, <c>250ms</c>, <c>1.5h</c>, <c>2d</c>.
/// Units run from large to small, each at most once, and a unit is always named.
/// </summary>
public static class DurationText
{
    /// <summary>The longest duration that is read: 100 years of 365 days.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    private const int MaxLength = 64;

    private static readonly SearchValues<char> Characters = SearchValues.Create("0123456789.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly (string Name, long Ticks)[] Units =
    [
        ("d", TimeSpan.TicksPerDay),
        ("h", TimeSpan.TicksPerHour),
        ("m", TimeSpan.TicksPerMinute),
        ("s", TimeSpan.TicksPerSecond),
        ("ms", TimeSpan.TicksPerMillisecond),
        ("us", TimeSpan.TicksPerMicrosecond),
    ];

    /// <summary>Reads a duration.</summary>
    /// <param name="text">The text, without blanks around it.</param>
    /// <param name="duration">The duration, at least zero and at most <see cref="Longest"/>; zero on failure.</param>
    /// <param name="error">What is wrong and how to write it right; null on success.</param>
    public static bool TryParse(string text, out TimeSpan duration, out string? error)
    {
        duration = TimeSpan.Zero;
        error = Parse(text, out var ticks);
        if (error is not null) return false;
        duration = new TimeSpan(ticks);
        return true;
    }

    /// <summary>The shortest text that reads back as exactly this duration, largest unit first: <c>1h30m</c>.</summary>
    /// <param name="duration">At least zero.</param>
    public static string Format(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        if (duration == TimeSpan.Zero) return "0s";
        var text = new StringBuilder();
        var left = duration.Ticks;
        foreach (var (name, ticks) in Units)
        {
            if (ticks == TimeSpan.TicksPerMicrosecond)
            {
                // The last unit takes the rest as a decimal: a tick is a tenth of a microsecond.
                if (left > 0) text.Append(CultureInfo.InvariantCulture, $"{left / (decimal)ticks}{name}");
                break;
            }

            if (left < ticks) continue;
            text.Append(left / ticks).Append(name);
            left %= ticks;
        }

        return text.ToString();
    }

    private static string? Parse(string text, out long ticks)
    {
        ticks = 0;
        if (text.Length == 0) return "a duration is missing: write it like 20s, 5m or 1h30m";
        if (text.Length > MaxLength) return $"a duration of {text.Length} characters: write it like 20s, 5m or 1h30m";
        var position = 0;
        var nextUnit = 0;
        var total = 0m;
        if (text.AsSpan().ContainsAnyExcept(Characters)) return $"'{text}' is not a duration: write it like 20s, 5m or 1h30m";
        while (position < text.Length)
        {
            var start = position;
            while (position < text.Length && (char.IsAsciiDigit(text[position]) || text[position] == '.')) position++;
            if (!decimal.TryParse(text.AsSpan(start, position - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return $"'{text}' is not a duration: write it like 20s, 5m or 1h30m";
            }

            start = position;
            while (position < text.Length && char.IsAsciiLetter(text[position])) position++;
            var name = text[start..position];
            if (name.Length == 0) return $"'{text}' has no unit: say {text}s, {text}m or {text}h";
            var unit = Array.FindIndex(Units, u => u.Name == name);
            if (unit < 0) return $"'{text}' is not a duration: the unit '{name}' is not one of d, h, m, s, ms, us{Hint(name)}";
            if (unit < nextUnit) return $"'{text}' is not a duration: units run from large to small, each once, like 1h30m";
            nextUnit = unit + 1;
            if (number > Longest.Ticks) return TooLong(text);
            total += number * Units[unit].Ticks;
            if (total > Longest.Ticks) return TooLong(text);
        }

        if (decimal.Truncate(total) != total) return $"'{text}' is finer than a tenth of a microsecond";
        ticks = (long)total;
        return null;
    }

    // '5minutes', '5M': the first letter says what is meant.
    private static string Hint(string unit)
    {
        var name = unit.StartsWith("mil", StringComparison.OrdinalIgnoreCase) ? "ms" : char.ToLowerInvariant(unit[0]).ToString();
        return Units.Any(u => u.Name == name) ? $", did you mean '{name}'?" : "";
    }

    private static string TooLong(string text) => $"'{text}' is longer than 100 years";
}

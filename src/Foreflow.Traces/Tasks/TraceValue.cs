using System.Globalization;
using Foreflow.Core.Model;

namespace Foreflow.Traces.Tasks;

/// <summary>Reads values as Nextflow writes them, raw (<c>trace.raw = true</c>) or for people.</summary>
internal static class TraceValue
{
    private static readonly string[] TimeFormats = ["yyyy-MM-dd HH:mm:ss.FFF", "yyyy-MM-dd'T'HH:mm:ss.FFFK", "yyyy-MM-dd HH:mm:ss"];

    /// <summary>Nextflow's units of memory are powers of 1024, whatever they are called.</summary>
    private static readonly (string Unit, double Bytes)[] MemoryUnits =
    [
        ("TB", 1L << 40), ("GB", 1L << 30), ("MB", 1L << 20), ("KB", 1L << 10), ("B", 1),
    ];

    private static readonly (string Unit, double Seconds)[] TimeUnits = [("ms", 0.001), ("d", 86400), ("h", 3600), ("m", 60), ("s", 1)];

    /// <summary>True for Nextflow's "no value".</summary>
    internal static bool IsMissing(string cell) => cell.Length == 0 || cell == "-" || cell.Equals("NA", StringComparison.OrdinalIgnoreCase);

    internal static bool TryNumber(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    internal static bool TryPercent(string text, out double value) => TryNumber(text.TrimEnd('%').TrimEnd(), out value);

    /// <summary>Plain milliseconds, or parts with units: <c>1d 2h 3m 4.5s 6ms</c>.</summary>
    internal static bool TrySeconds(string text, out double value)
    {
        if (TryNumber(text, out value))
        {
            value /= 1000;
            return true;
        }

        value = 0;
        foreach (var part in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var (unit, seconds) = Array.Find(TimeUnits, u => part.EndsWith(u.Unit, StringComparison.Ordinal));
            if (unit is null || !TryNumber(part[..^unit.Length], out var number)) return false;
            value += number * seconds;
        }

        return true;
    }

    /// <summary>Plain bytes, or one number with a unit: <c>1.5 GB</c>.</summary>
    internal static bool TryBytes(string text, out double value)
    {
        if (TryNumber(text, out value)) return true;
        var (unit, bytes) = Array.Find(MemoryUnits, u => text.EndsWith(u.Unit, StringComparison.OrdinalIgnoreCase));
        if (unit is null || !TryNumber(text[..^unit.Length].TrimEnd(), out value)) return false;
        value *= bytes;
        return true;
    }

    /// <summary>Milliseconds since 1970, or a date and time; without an offset it counts as UTC.</summary>
    internal static bool TryTime(string text, out Instant time)
    {
        time = default;
        if (TryNumber(text, out var milliseconds))
        {
            const double Year9999 = 253402300799999;
            if (!(milliseconds >= 0 && milliseconds <= Year9999)) return false;
            time = Instant.FromUnixSeconds(milliseconds / 1000);
            return true;
        }

        if (!DateTimeOffset.TryParseExact(text, TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed)) return false;
        time = Instant.From(parsed);
        return true;
    }
}

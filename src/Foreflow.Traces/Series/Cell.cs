using System.Globalization;

namespace Foreflow.Traces.Series;

/// <summary>Reads numbers and time stamps out of cells.</summary>
internal static class Cell
{
    private static readonly string[] MissingWords = ["", "NA", "N/A", "NaN", "null", "none", "-", "?"];

    /// <summary>True for the usual ways to write "no value".</summary>
    public static bool IsMissing(string cell) =>
        Array.Exists(MissingWords, word => cell.Equals(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>A finite number in invariant spelling, or NaN where it is missing.</summary>
    public static bool TryNumber(string cell, out double value)
    {
        value = double.NaN;
        if (IsMissing(cell)) return true;
        return double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }

    /// <summary>True for a number such as <c>1,5</c>.</summary>
    public static bool HasDecimalComma(string cell) =>
        cell.Count(c => c == ',') == 1 && double.TryParse(cell.Replace(',', '.'), NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    /// <summary>A cell for a message: in quotes, on one line, cut where it is long.</summary>
    public static string Quoted(string cell)
    {
        const int longest = 40;
        var shown = cell.Length <= longest ? cell : cell[..longest] + "…";
        return $"'{string.Concat(shown.Select(c => char.IsControl(c) || c == '\uFFFD' ? '·' : c))}'";
    }

    /// <summary>
    /// A date and time, in ticks of the clock on the wall: where the stamp states an offset, the local time is taken, because
    /// seasons follow people's clocks.
    /// </summary>
    public static bool TryTime(string cell, out long wallClockTicks)
    {
        wallClockTicks = 0;
        if (double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _)) return false;
        if (!DateTimeOffset.TryParse(cell, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return false;
        wallClockTicks = time.DateTime.Ticks;
        return true;
    }

    /// <summary>A number of seconds, or of milliseconds where it would lie millennia ahead, counted from 1970, in ticks as of <see cref="TryTime"/>.</summary>
    public static bool TryUnixTime(string cell, out long ticks)
    {
        const double leastMilliseconds = 1e11, mostSeconds = 2e11;
        ticks = 0;
        if (IsMissing(cell) || !TryNumber(cell, out var number)) return false;
        var seconds = Math.Abs(number) >= leastMilliseconds ? number / 1000 : number;
        if (Math.Abs(seconds) >= mostSeconds) return false;
        ticks = DateTime.UnixEpoch.Ticks + (long)Math.Round(seconds * TimeSpan.TicksPerSecond);
        return ticks >= 0;
    }
}

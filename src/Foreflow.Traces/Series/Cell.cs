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
}

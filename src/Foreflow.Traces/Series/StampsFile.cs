namespace Foreflow.Traces.Series;

/// <summary>When single events happened.</summary>
/// <param name="Name">Header of the column; <c>column 2</c> where there is none.</param>
/// <param name="Seconds">Seconds, oldest first: since the start of whatever is told, or since 1970 where they are <paramref name="AreDates"/>.</param>
/// <param name="AreDates">True when the file has dates, or seconds since 1970.</param>
public sealed record FileStamps(string Name, double[] Seconds, bool AreDates);

/// <summary>Reads one column of a delimited file, plain or gzip, as times of events: dates and times, or seconds.</summary>
public static class StampsFile
{
    /// <summary>Seconds from here on are counted from 1970 (this one is in 2001): no start lies 31 years back.</summary>
    public const double LeastUnixSeconds = 1e9;

    private const int MaximumRows = 20_000_000;

    /// <summary>Reads a column; cells without a value are left out.</summary>
    /// <param name="path">The file; with or without a header, told by its first row.</param>
    /// <param name="column">Name of the column, or its number from 1; null for the time column where there is one, else the first.</param>
    /// <exception cref="TraceFileException">The file cannot be read so; the message names the row and column.</exception>
    public static FileStamps Read(string path, string? column = null, FileLimits? limits = null)
    {
        using var rows = CsvRows.Read(path, limits).GetEnumerator();
        if (!rows.MoveNext()) throw new TraceFileException(path, "holds no row");
        var header = ColumnNames.Of(path, rows.Current);
        var index = column is not null ? header.IndexOf(column) : header.FindClock() ?? 0;
        var seconds = new List<double>();
        var dates = 0;
        var more = !header.IsThere || rows.MoveNext();
        for (; more; more = rows.MoveNext())
        {
            var (line, cells) = rows.Current;
            if (cells.Length <= index) throw new TraceFileException(path, line, $"the row has {cells.Length} cells, the column {header.Names[index]} is number {index + 1}");
            if (Cell.IsMissing(cells[index])) continue;
            if (seconds.Count == MaximumRows) throw new TraceFileException(path, line, $"more than {MaximumRows} rows");
            if (!TryStamp(cells[index], out var stamp, out var isDate))
                throw new TraceFileException(path, line, index + 1, $"column {header.Names[index]}: {Cell.Quoted(cells[index])} is neither seconds from the start nor a date and time such as 2026-11-24T13:00:00");
            dates += isDate ? 1 : 0;
            seconds.Add(stamp);
            if (dates > 0 && dates < seconds.Count)
                throw new TraceFileException(path, line, index + 1, $"column {header.Names[index]}: {Cell.Quoted(cells[index])} is {(isDate ? "a date" : "seconds from a start")}, the rows before are not: use one of the two");
        }

        if (seconds.Count == 0) throw new TraceFileException(path, $"column {header.Names[index]} holds no time");
        seconds.Sort();
        return new FileStamps(header.Names[index], [.. seconds], dates > 0);
    }

    private static bool TryStamp(string cell, out double seconds, out bool isDate)
    {
        if (Cell.TryNumber(cell, out seconds))
        {
            isDate = seconds >= LeastUnixSeconds;
            if (!isDate) return seconds >= 0;
            var known = Cell.TryUnixTime(cell, out var unix);
            seconds = SecondsOf(unix);
            return known;
        }

        isDate = Cell.TryTime(cell, out var ticks);
        seconds = SecondsOf(ticks);
        return isDate;
    }

    private static double SecondsOf(long ticks) => (ticks - DateTime.UnixEpoch.Ticks) / (double)TimeSpan.TicksPerSecond;
}

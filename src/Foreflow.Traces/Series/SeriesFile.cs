using Foreflow.Core.Forecasting.Preparation;

namespace Foreflow.Traces.Series;

/// <summary>A column of a file as a series.</summary>
/// <param name="Name">Header of the column; <c>column 2</c> where there is none.</param>
/// <param name="Values">Values on a regular grid, oldest first; NaN where one is missing.</param>
/// <param name="Grid">The grid in time; null where the file has no time stamps and a row is a step.</param>
/// <param name="Notes">What was done to the rows, in words for people.</param>
public sealed record FileSeries(string Name, double[] Values, TimeGrid? Grid, IReadOnlyList<string> Notes);

/// <summary>Reads one column of a delimited file, plain or gzip, as a series.</summary>
public static class SeriesFile
{
    private const int MaximumRows = 20_000_000;

    /// <summary>Reads a column.</summary>
    /// <param name="path">The file; with or without a header, told by its first row.</param>
    /// <param name="column">Name of the value column, or its number from 1; null for the first that is not the time.</param>
    /// <param name="time">Name of the time column, or its number from 1; null to look for one.</param>
    /// <exception cref="TraceFileException">The file cannot be read so; the message names the row and column.</exception>
    public static FileSeries Read(string path, string? column = null, string? time = null, FileLimits? limits = null)
    {
        using var rows = CsvRows.Read(path, limits).GetEnumerator();
        if (!rows.MoveNext()) throw new TraceFileException(path, "holds no row");
        var layout = Layout.Of(path, rows.Current, column, time);

        var values = new List<double>();
        var stamps = new List<long>();
        var more = !layout.HasHeader || rows.MoveNext();
        for (; more; more = rows.MoveNext())
        {
            if (values.Count == MaximumRows) throw new TraceFileException(path, rows.Current.Line, $"more than {MaximumRows} rows");
            ReadRow(path, rows.Current, layout, values, stamps);
        }
        if (values.Count == 0) throw new TraceFileException(path, "holds a header and no row");
        if (values.TrueForAll(double.IsNaN)) throw new TraceFileException(path, $"column {layout.ValueName} holds no value");
        if (stamps.Count == 0) return new FileSeries(layout.ValueName, [.. values], null, []);

        try
        {
            var regular = RegularSeries.From([.. stamps.Zip(values, (stamp, value) => new StampedValue(stamp, value))]);
            return new FileSeries(layout.ValueName, regular.Values, regular.Grid, regular.Notes);
        }
        catch (Core.Forecasting.ForecastFitException error)
        {
            throw new TraceFileException(path, error.Message, error);
        }
    }

    private static void ReadRow(string path, CsvRow row, Layout layout, List<double> values, List<long> stamps)
    {
        var (line, cells) = row;
        if (cells.Length <= layout.Value)
            throw new TraceFileException(path, line, $"the row has {cells.Length} cells, the column {layout.ValueName} is number {layout.Value + 1}");
        if (!Cell.TryNumber(cells[layout.Value], out var value))
            throw new TraceFileException(path, line, layout.Value + 1, NotANumber(cells, layout));

        if (layout.Time is { } timeColumn)
        {
            if (cells.Length <= timeColumn)
                throw new TraceFileException(path, line, $"the row has {cells.Length} cells, the time is number {timeColumn + 1}");
            if (Cell.TryTime(cells[timeColumn], out var ticks) || Cell.TryUnixTime(cells[timeColumn], out ticks)) stamps.Add(ticks);
            else throw new TraceFileException(path, line, timeColumn + 1, $"{Cell.Quoted(cells[timeColumn])} is neither a date and time such as 2026-11-24T13:00:00 nor seconds since 1970");
        }
        values.Add(value);
    }

    private static string NotANumber(string[] cells, Layout layout)
    {
        const int wide = 50;
        var text = $"column {layout.ValueName}: {Cell.Quoted(cells[layout.Value])} is not a number";
        if (cells.Length >= wide) return $"{text}; if every row is a series, say --format m4";
        return Cell.HasDecimalComma(cells[layout.Value]) ? $"{text}: write the decimals after a point" : text;
    }

    /// <summary>Which column is what.</summary>
    private sealed record Layout(bool HasHeader, int Value, int? Time, string ValueName)
    {
        public static Layout Of(string path, CsvRow first, string? column, string? time)
        {
            var header = ColumnNames.Of(path, first);
            var timeColumn = time is not null ? header.IndexOf(time) : header.FindClock();
            var value = column is not null
                ? header.IndexOf(column)
                : Enumerable.Range(0, header.Names.Length).FirstOrDefault(i => i != timeColumn && !header.IsIndex(i), -1);
            if (value < 0) throw new TraceFileException(path, first.Line, "there is no column beside the time");
            if (value == timeColumn && time is not null)
                throw new TraceFileException(path, first.Line, $"--column and --time name the same column '{header.Names[value]}'");
            return new Layout(header.IsThere, value, timeColumn == value ? null : timeColumn, header.Names[value]);
        }
    }
}

namespace Foreflow.Traces.Series;

/// <summary>The names of the columns of a delimited file: its header, or <c>column 1</c> and so on where it has none.</summary>
internal sealed record ColumnNames
{
    private static readonly string[] IndexNames =
        ["time", "timestamp", "timestamp_local", "date", "datetime", "ds", "day", "hour", "day_index", "hour_index", "index", "t", "t_s"];

    private readonly string _path;
    private readonly CsvRow _first;

    private ColumnNames(string path, CsvRow first)
    {
        (_path, _first) = (path, first);
        // A header is a row with a name in it: something that is neither a number nor a time.
        IsThere = Array.Exists(first.Cells, cell => !Cell.TryNumber(cell, out _) && !Cell.TryTime(cell, out _));
        Names = IsThere ? first.Cells : [.. first.Cells.Select((_, i) => $"column {i + 1}")];
    }

    /// <summary>True when the first row is a header, false when it is a row as the others.</summary>
    public bool IsThere { get; }

    /// <summary>The names.</summary>
    public string[] Names { get; }

    /// <summary>Tells by the first row.</summary>
    public static ColumnNames Of(string path, CsvRow first) => new(path, first);

    /// <summary>The column that holds times of a clock; null when there is none.</summary>
    public int? FindClock()
    {
        for (var i = 0; i < _first.Cells.Length; i++)
        {
            if (!IsThere ? Cell.TryTime(_first.Cells[i], out _) : IsClockName(_first.Cells[i])) return i;
        }

        return null;
    }

    /// <summary>True for the name of a counter: with another column beside it, such a one is neither the time of a clock nor the value.</summary>
    public bool IsIndex(int column) =>
        IsThere && Names.Length > 1 && Array.Exists(IndexNames, known => known.Equals(Names[column], StringComparison.OrdinalIgnoreCase));

    /// <summary>The column of a name, or of a number from 1.</summary>
    /// <exception cref="TraceFileException">There is none; the message says which there are.</exception>
    public int IndexOf(string wanted)
    {
        var index = Array.FindIndex(Names, name => name.Equals(wanted, StringComparison.Ordinal));
        if (index < 0) index = Array.FindIndex(Names, name => name.Equals(wanted, StringComparison.OrdinalIgnoreCase));
        if (index < 0 && int.TryParse(wanted, out var number) && number >= 1 && number <= Names.Length) index = number - 1;
        if (index >= 0) return index;
        throw new TraceFileException(
            _path, _first.Line, IsThere
                ? $"no column '{wanted}'; there are {string.Join(", ", Names.Take(20))}{(Names.Length > 20 ? ", …" : "")}"
                : $"no column '{wanted}'; the file has no header: give a number from 1 to {Names.Length}");
    }

    private static bool IsClockName(string name) =>
        name.StartsWith("timestamp", StringComparison.OrdinalIgnoreCase) || name.ToLowerInvariant() is "time" or "date" or "datetime" or "ds";
}

namespace Foreflow.Traces.Series;

/// <summary>One named series of a wide file.</summary>
/// <param name="Id">The first cell of its row.</param>
/// <param name="Values">Its values, oldest first; NaN where one is missing between others.</param>
public sealed record NamedSeries(string Id, double[] Values);

/// <summary>
/// The wide layout of the M4 competition: a header, then one row a series: its id and its values, the end of shorter ones
/// filled up with empty cells.
/// </summary>
public static class WideSeriesFile
{
    /// <summary>Most series in one file.</summary>
    public const int MaximumSeries = 200_000;

    /// <summary>Reads every series, in file order.</summary>
    /// <exception cref="TraceFileException">A cell is not a number, an id comes twice, a series has no value, or there is none.</exception>
    public static IReadOnlyList<NamedSeries> Read(string path, FileLimits? limits = null)
    {
        var all = new List<NamedSeries>();
        var lines = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (line, cells) in CsvRows.Read(path, limits).Skip(1))
        {
            if (cells[0].Length == 0) throw new TraceFileException(path, line, 1, "the id is empty");
            if (!lines.TryAdd(cells[0], line))
                throw new TraceFileException(path, line, 1, $"the id {cells[0]} was on line {lines[cells[0]]} already");
            if (all.Count == MaximumSeries) throw new TraceFileException(path, line, $"more than {MaximumSeries} series");
            all.Add(new NamedSeries(cells[0], Values(path, line, cells)));
        }
        return all.Count > 0 ? all : throw new TraceFileException(path, "holds no series below its header");
    }

    private static double[] Values(string path, long line, string[] cells)
    {
        var length = cells.Length;
        while (length > 1 && Cell.IsMissing(cells[length - 1])) length--;
        if (length == 1) throw new TraceFileException(path, line, $"series {cells[0]} has no value");

        var values = new double[length - 1];
        for (var i = 1; i < length; i++)
        {
            if (!Cell.TryNumber(cells[i], out values[i - 1]))
                throw new TraceFileException(path, line, i + 1, $"series {cells[0]}: {Cell.Quoted(cells[i])} is not a number");
        }
        return values;
    }
}

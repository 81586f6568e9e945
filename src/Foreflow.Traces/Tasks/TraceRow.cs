using Foreflow.Core.Model;

namespace Foreflow.Traces.Tasks;

/// <summary>The header of a task file.</summary>
internal sealed class TraceHeader
{
    private readonly Dictionary<string, int> _columns = new(StringComparer.OrdinalIgnoreCase);

    internal TraceHeader(string path, long line, string[] cells)
    {
        Path = path;
        Count = cells.Length;
        for (var i = 0; i < cells.Length; i++)
        {
            if (!_columns.TryAdd(cells[i], i)) throw new TraceFileException(path, line, i + 1, $"the column '{cells[i]}' is there twice");
        }
    }

    internal string Path { get; }

    internal int Count { get; }

    internal bool Has(params ReadOnlySpan<string> columns)
    {
        foreach (var column in columns)
        {
            if (!_columns.ContainsKey(column)) return false;
        }

        return true;
    }

    internal int IndexOf(string column) => _columns.GetValueOrDefault(column, -1);
}

/// <summary>One row of a task file: reads its cells, and names the place where one cannot be read.</summary>
/// <param name="header">The header.</param>
/// <param name="line">Line in the file, from 1.</param>
/// <param name="number">Data row, from 1.</param>
/// <param name="cells">The cells.</param>
internal readonly struct TraceRow(TraceHeader header, long line, int number, string[] cells)
{
    internal int Number => number;

    internal string? Text(string column)
    {
        var index = header.IndexOf(column);
        return index < 0 || TraceValue.IsMissing(cells[index]) ? null : cells[index];
    }

    internal string RequiredText(string column) => Text(column) ?? throw Fault(column, "is empty; every row needs it");

    /// <summary>A number that is not negative.</summary>
    internal double? Figure(string column) => Read(column, TraceValue.TryNumber, "is not a number");

    internal double? Seconds(string column) => Read(column, TraceValue.TrySeconds, "is not a duration (milliseconds, or '1h 2m 3.5s')");

    internal double? Bytes(string column) => Read(column, TraceValue.TryBytes, "is not a size (bytes, or '1.5 GB')");

    internal double? Percent(string column) => Read(column, TraceValue.TryPercent, "is not a percentage");

    internal long? WholeBytes(string column) => Whole(Bytes(column));

    internal Instant? Time(string column)
    {
        if (Text(column) is not { } text) return null;
        return TraceValue.TryTime(text, out var time) ? time : throw Fault(column, $"is not a time (milliseconds since 1970, or '2024-01-31 12:00:00.000'): '{text}'");
    }

    internal TraceFileException Fault(string column, string what) =>
        new(header.Path, line, header.IndexOf(column) + 1, $"row {number}, {column}: {what}");

    internal static long? Whole(double? value) => value is { } known ? (long)Math.Round(Math.Min(known, 1e18)) : null;

    private delegate bool Reader(string text, out double value);

    private double? Read(string column, Reader reader, string what)
    {
        if (Text(column) is not { } text) return null;
        if (!reader(text, out var value) || !double.IsFinite(value)) throw Fault(column, $"{what}: '{text}'");
        return value >= 0 ? value : throw Fault(column, $"is negative: '{text}'");
    }
}

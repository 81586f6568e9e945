using Foreflow.Traces.Series;

namespace Foreflow.Traces.Tasks;

/// <summary>
/// Reads files of tasks: Nextflow traces (text or CSV, raw or for people), the tables of the Lotaru, Sizey, k-Segments and
/// Tovar data sets. The layout is told by the header; gzip by the content. All of a file is read, or none.
/// </summary>
public static class TaskTraceFile
{
    /// <summary>More rows than this are refused.</summary>
    public const int MaximumRows = 5_000_000;

    private static readonly ITaskLayout[] Layouts =
    [
        new NextflowLayout(), new LotaruLayout(), new LotaruBenchmarkLayout(), new TovarLayout(), new SegmentSummaryLayout(), new SegmentSeriesLayout(),
    ];

    /// <summary>Reads a file.</summary>
    /// <exception cref="TraceFileException">It is not there, damaged, too large, of no known layout, or a cell is wrong; the message names the place.</exception>
    public static TaskTrace Read(string path, FileLimits? limits = null)
    {
        TraceHeader? header = null;
        ITaskLayout? layout = null;
        var sink = new TaskSink();
        var number = 0;
        foreach (var row in CsvRows.Read(path, limits))
        {
            if (header is null)
            {
                header = new TraceHeader(path, row.Line, row.Cells);
                layout = Array.Find(Layouts, l => l.Fits(header)) ?? throw new TraceFileException(path, row.Line, UnknownHeader(row.Cells));
                continue;
            }

            if (++number > MaximumRows) throw new TraceFileException(path, row.Line, $"there are more than {MaximumRows} rows");
            if (row.Cells.Length != header.Count)
            {
                throw new TraceFileException(path, row.Line, $"row {number} has {row.Cells.Length} cells, the header has {header.Count}; is the file cut short?");
            }

            layout!.Read(new TraceRow(header, row.Line, number, row.Cells), sink);
        }

        if (layout is null || number == 0) throw new TraceFileException(path, "holds a header and no row");
        return new TaskTrace(path, layout.Name, sink.Tasks, sink.LeftOut);
    }

    private static string UnknownHeader(string[] cells) =>
        $"no known header, it starts with '{string.Join(", ", cells.Take(5))}'. Known: " + string.Join("; ", Layouts.Select(l => $"{l.Name} ({l.Needs})"));
}

/// <summary>Takes what a layout reads.</summary>
internal sealed class TaskSink
{
    internal List<TraceTask> Tasks { get; } = [];

    internal List<LeftOutRow> LeftOut { get; } = [];

    internal void LeaveOut(int row, string reason) => LeftOut.Add(new LeftOutRow(row, reason));
}

/// <summary>One way to lay out a file of tasks.</summary>
internal interface ITaskLayout
{
    /// <summary>What the file is.</summary>
    string Name { get; }

    /// <summary>The columns it is known by.</summary>
    string Needs { get; }

    /// <summary>True where the header is of this layout.</summary>
    bool Fits(TraceHeader header);

    /// <summary>Reads a row. Layouts are shared: whatever is kept between rows is in the sink.</summary>
    void Read(TraceRow row, TaskSink sink);
}

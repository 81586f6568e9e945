using Foreflow.Core.Model;

namespace Foreflow.Traces.Tasks;

/// <summary>
/// The Lotaru data set's execution reports: Nextflow's figures, raw, without times; the size of each task's input was
/// known before it started.
/// </summary>
internal sealed class LotaruLayout : ITaskLayout
{
    public string Name => "Lotaru execution report";

    public string Needs => "Task, Machine, Realtime, TaskInputSize";

    public bool Fits(TraceHeader header) => header.Has("Task", "Machine", "Realtime", "TaskInputSize");

    public void Read(TraceRow row, TaskSink sink) => sink.Tasks.Add(new TraceTask
    {
        Row = row.Number,
        Process = row.RequiredText("Task"),
        Name = row.RequiredText("Task"),
        Tag = row.Text("Label"),
        Machine = row.Text("Machine"),
        RunSeconds = row.Seconds("Realtime").Positive(),
        CoresRequested = row.Figure("cpus").Positive(),
        MemoryRequestedBytes = TraceRow.Whole(row.Bytes("memory").Positive()),
        MemoryPeakBytes = TraceRow.Whole(row.Bytes("peak_rss").Positive()),
        CpuCores = row.Percent("%cpu").Positive() / 100,
        DiskReadBytes = row.WholeBytes("read_bytes"),
        DiskWriteBytes = row.WholeBytes("write_bytes"),
        CharactersRead = row.WholeBytes("rchar"),
        CharactersWritten = row.WholeBytes("wchar"),
        InputBytes = TraceRow.Whole(row.Bytes("TaskInputSize").Positive()),
    });
}

/// <summary>The Lotaru data set's micro-benchmarks: three run times in seconds a row.</summary>
internal sealed class LotaruBenchmarkLayout : ITaskLayout
{
    private const string NotRun = "-1";
    private static readonly string[] Columns = ["Realtime1", "Realtime2", "Realtime3"];

    public string Name => "Lotaru benchmark";

    public string Needs => "Task, Machine, Realtime1 to Realtime3";

    public bool Fits(TraceHeader header) => header.Has("Task", "Machine") && header.Has(Columns);

    public void Read(TraceRow row, TaskSink sink)
    {
        foreach (var column in Columns)
        {
            if (row.Text(column) is null or NotRun)
            {
                sink.LeaveOut(row.Number, $"{column}: it was not run there");
                continue;
            }

            sink.Tasks.Add(new TraceTask
            {
                Row = row.Number,
                Process = row.RequiredText("Task"),
                Name = row.RequiredText("Task"),
                Tag = row.Text("Workflow"),
                Machine = row.Text("Machine"),
                RunSeconds = row.Figure(column).Positive(),
            });
        }
    }
}

/// <summary>The data set of Tovar et al.: memory in MB, times in seconds, no names and no order but the file's.</summary>
internal sealed class TovarLayout : ITaskLayout
{
    public string Name => "Tovar resource table";

    public string Needs => "category, memory, wall_time, cpu_time";

    public bool Fits(TraceHeader header) => header.Has("category", "memory", "wall_time", "cpu_time");

    public void Read(TraceRow row, TaskSink sink)
    {
        var (wall, cpu) = (row.Figure("wall_time").Positive(), row.Figure("cpu_time"));
        sink.Tasks.Add(new TraceTask
        {
            Row = row.Number,
            Process = row.RequiredText("category"),
            Name = row.RequiredText("category"),
            RunSeconds = wall,
            CoresRequested = row.Figure("cores").Positive(),
            MemoryPeakBytes = TraceRow.Whole(row.Figure("memory").Positive() * 1e6),
            CpuCores = cpu / wall,
        });
    }
}

/// <summary>The k-Segments data set, one row a task.</summary>
internal sealed class SegmentSummaryLayout : ITaskLayout
{
    public string Name => "k-Segments task summary";

    public string Needs => "process, task, observed_s, peak_memory_mb";

    public bool Fits(TraceHeader header) => header.Has("process", "task", "observed_s", "peak_memory_mb");

    public void Read(TraceRow row, TaskSink sink)
    {
        var seconds = row.Figure("observed_s").Positive();
        var started = row.Time("first_sample_utc");
        sink.Tasks.Add(new TraceTask
        {
            Row = row.Number,
            Process = row.RequiredText("process"),
            Name = row.RequiredText("task"),
            Started = started,
            Completed = started is { } start && seconds is { } ran ? start + TimeSpan.FromSeconds(ran) : null,
            RunSeconds = seconds,
            CoresRequested = row.Figure("max_cpus").Positive(),
            MemoryRequestedBytes = TraceRow.Whole(row.Bytes("max_mem_bytes").Positive()),
            MemoryPeakBytes = TraceRow.Whole(row.Figure("peak_memory_mb").Positive() * 1e6),
            MemoryMeanBytes = row.Figure("mean_memory_mb").Positive() * 1e6,
            CpuCores = row.Percent("mean_cpu_pct").Positive() / 100,
            CpuPeakCores = row.Percent("peak_cpu_pct").Positive() / 100,
            InputBytes = TraceRow.Whole(row.Bytes("input_bytes").Positive()),
        });
    }
}

/// <summary>The k-Segments data set, one row a sample; the samples of a task stand together, oldest first.</summary>
internal sealed class SegmentSeriesLayout : ITaskLayout
{
    public string Name => "k-Segments samples";

    public string Needs => "process, task, t_s, memory_mb, cpu_pct";

    public bool Fits(TraceHeader header) => header.Has("process", "task", "t_s", "memory_mb", "cpu_pct");

    public void Read(TraceRow row, TaskSink sink)
    {
        var (process, name) = (row.RequiredText("process"), row.RequiredText("task"));
        var seconds = row.Figure("t_s") ?? throw row.Fault("t_s", "is empty; every row needs it");
        var (memory, cpu) = (row.Figure("memory_mb") * 1e6, row.Percent("cpu_pct") / 100);
        var last = sink.Tasks.Count > 0 ? sink.Tasks[^1] : null;
        if (last is null || last.Name != name || last.Process != process)
        {
            sink.Tasks.Add(new TraceTask
            {
                Row = row.Number,
                Process = process,
                Name = name,
                RunSeconds = seconds.Positive(),
                MemoryPeakBytes = TraceRow.Whole(memory.Positive()),
                CpuPeakCores = cpu,
            });
            return;
        }

        if (seconds < last.RunSeconds) throw row.Fault("t_s", "lies before the sample above it");
        sink.Tasks[^1] = last with
        {
            RunSeconds = seconds.Positive(),
            MemoryPeakBytes = TraceRow.Whole(Larger(last.MemoryPeakBytes, memory.Positive())),
            CpuPeakCores = Larger(last.CpuPeakCores, cpu),
        };
    }

    private static double? Larger(double? a, double? b) => a is null ? b : b is null ? a : Math.Max(a.Value, b.Value);
}

/// <summary>Figures of which 0 means "not sampled".</summary>
internal static class SampledFigure
{
    /// <summary>The figure, or null where it is 0.</summary>
    internal static double? Positive(this double? value) => value > 0 ? value : null;

    /// <inheritdoc cref="Positive(double?)"/>
    internal static double? Positive(this double value) => value > 0 ? value : null;
}

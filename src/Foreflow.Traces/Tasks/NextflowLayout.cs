using Foreflow.Core.Model;

namespace Foreflow.Traces.Tasks;

/// <summary>
/// A Nextflow trace. Traps: <c>-</c> is missing; 0 in <c>peak_rss</c>, <c>rss</c>, <c>%cpu</c> or <c>realtime</c> means too short to be
/// sampled, not zero; a cached task did not run; the default trace has no process, start and completion columns.
/// </summary>
internal sealed class NextflowLayout : ITaskLayout
{
    /// <summary>SIGKILL as a shell reports it.</summary>
    private const double KilledExit = 137;

    /// <summary>A kill counts as out of memory where the peak came this close to what was asked for.</summary>
    private const double NearLimit = 0.9;

    public string Name => "Nextflow trace";

    public string Needs => "status, name or process, realtime or duration";

    public bool Fits(TraceHeader header) =>
        header.Has("status") && (header.Has("name") || header.Has("process")) && (header.Has("realtime") || header.Has("duration"));

    public void Read(TraceRow row, TaskSink sink)
    {
        var status = row.RequiredText("status");
        if (status is "CACHED") sink.LeaveOut(row.Number, "it was taken from the cache: it did not run");
        else if (status is "COMPLETED" or "FAILED" or "ABORTED") sink.Tasks.Add(Read(row, status));
        else if (status is "NEW" or "SUBMITTED" or "RUNNING") sink.LeaveOut(row.Number, $"it had not ended: its status is {status}");
        else throw row.Fault("status", $"unknown status '{status}'; known are COMPLETED, FAILED, ABORTED, CACHED, NEW, SUBMITTED, RUNNING");
    }

    private static TraceTask Read(TraceRow row, string status)
    {
        var name = row.Text("name") ?? row.RequiredText("process");
        var (process, tag) = Split(name);
        var (submitted, started, completed) = Times(row);
        var task = new TraceTask
        {
            Row = row.Number,
            Name = name,
            Process = row.Text("process") ?? process,
            Tag = row.Text("tag") ?? tag,
            Machine = row.Text("hostname"),
            Attempt = Math.Max(1, (int)Math.Min(1e6, row.Figure("attempt") ?? 1)),
            Submitted = submitted,
            Started = started,
            Completed = completed,
            RunSeconds = row.Seconds("realtime").Positive(),
            CoresRequested = row.Figure("cpus").Positive(),
            MemoryRequestedBytes = TraceRow.Whole(row.Bytes("memory").Positive()),
            MemoryPeakBytes = TraceRow.Whole(row.Bytes("peak_rss").Positive() ?? row.Bytes("rss").Positive()),
            CpuCores = row.Percent("%cpu").Positive() / 100,
            DiskReadBytes = row.WholeBytes("read_bytes"),
            DiskWriteBytes = row.WholeBytes("write_bytes"),
            CharactersRead = row.WholeBytes("rchar"),
            CharactersWritten = row.WholeBytes("wchar"),
        };
        return task with { Cause = Cause(status, row.Figure("exit"), task) };
    }

    /// <summary>
    /// Where start or completion is missing it follows from submission, duration (submission to completion) and run time.
    /// </summary>
    private static (Instant? Submitted, Instant? Started, Instant? Completed) Times(TraceRow row)
    {
        var (submitted, started, completed) = (row.Time("submit"), row.Time("start"), row.Time("complete"));
        if (completed is null && submitted is { } begin && row.Seconds("duration") is { } duration) completed = begin + TimeSpan.FromSeconds(duration);
        if (started is null && completed is { } end && row.Seconds("realtime") is { } ran) started = end - TimeSpan.FromSeconds(ran);
        if (started > completed) throw row.Fault("start", "lies after complete");
        return (submitted, started, completed);
    }

    private static AttemptCause Cause(string status, double? exit, TraceTask task) => status switch
    {
        "COMPLETED" => AttemptCause.Succeeded,
        "ABORTED" => AttemptCause.Cancelled,
        _ when exit == KilledExit => task.MemoryPeakBytes >= NearLimit * task.MemoryRequestedBytes ? AttemptCause.OutOfMemory : AttemptCause.Signal,
        _ => AttemptCause.ExitCode,
    };

    /// <summary><c>PROCESS (tag)</c>.</summary>
    private static (string Process, string? Tag) Split(string name)
    {
        var open = name.IndexOf(" (", StringComparison.Ordinal);
        return open > 0 && name.EndsWith(')') ? (name[..open], name[(open + 2)..^1]) : (name, null);
    }
}

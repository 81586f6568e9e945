using Foreflow.Core.Model;
using Foreflow.Traces.Tasks;

namespace Foreflow.Traces.Tests.Tasks;

public class TaskTraceFileTests
{
    private const string RawHeader = "task_id,process,tag,name,status,exit,cpus,memory,attempt,submit,start,complete,duration,realtime,%cpu,rss,peak_rss,rchar,wchar,read_bytes,write_bytes\n";
    private const string RawRow = "1,ALIGN,S1,ALIGN (S1),COMPLETED,0,4,8000000000,1,1700000000000,1700000010000,1700000070000,70000,58000,350.5,900,1000,11,12,13,14\n";

    [Fact]
    public void A_raw_nextflow_row_is_read_in_seconds_and_bytes()
    {
        var task = Assert.Single(Read(RawHeader + RawRow).Tasks);
        Assert.Equal(("ALIGN", "S1", 1), (task.Process, task.Tag, task.Row));
        Assert.Equal(AttemptCause.Succeeded, task.Cause);
        Assert.Equal(58, task.RunSeconds);
        Assert.Equal(3.505, task.CpuCores!.Value, 1e-9);
        Assert.Equal((8_000_000_000, 1000, 13, 14, 11, 12), (task.MemoryRequestedBytes, task.MemoryPeakBytes, task.DiskReadBytes, task.DiskWriteBytes, task.CharactersRead, task.CharactersWritten));
        Assert.Equal(Instant.FromUnixSeconds(1_700_000_010), task.Started);
    }

    [Fact]
    public void A_tab_separated_trace_for_people_is_read_and_its_times_are_worked_out()
    {
        var task = Assert.Single(Read(
            "task_id\thash\tnative_id\tname\tstatus\texit\tsubmit\tduration\trealtime\t%cpu\tpeak_rss\tpeak_vmem\trchar\twchar\n" +
            "3\t7b/2a\t11\tALIGN (S 1)\tCOMPLETED\t0\t2024-01-31 12:00:00.500\t1h 2m 3.5s\t1h\t98.5%\t1.5 GB\t2 GB\t10 MB\t0\n").Tasks);
        Assert.Equal(("ALIGN", "S 1"), (task.Process, task.Tag));
        Assert.Equal(3600, task.RunSeconds);
        Assert.Equal((long)(1.5 * (1L << 30)), task.MemoryPeakBytes);
        Assert.Equal(0.985, task.CpuCores!.Value, 1e-12);
        Assert.Equal(10L << 20, task.CharactersRead);
        Assert.Equal("2024-01-31T13:02:04.000Z", task.Completed.ToString());
        Assert.Equal("2024-01-31T12:02:04.000Z", task.Started.ToString());
        Assert.Null(task.MemoryRequestedBytes);
    }

    [Fact]
    public void Zero_means_unsampled_and_a_dash_missing()
    {
        var task = Assert.Single(Read(RawHeader + RawRow.Replace("58000,350.5,900,1000,11,12,13,14", "0,0,0,0,-,-,-,-")).Tasks);
        Assert.Null(task.RunSeconds);
        Assert.Null(task.CpuCores);
        Assert.Null(task.MemoryPeakBytes);
        Assert.Null(task.CharactersRead);
    }

    [Theory]
    [InlineData("FAILED,137", 1000, AttemptCause.Signal)]
    [InlineData("FAILED,137", 7_900_000_000, AttemptCause.OutOfMemory)]
    [InlineData("FAILED,1", 1000, AttemptCause.ExitCode)]
    [InlineData("ABORTED,-", 1000, AttemptCause.Cancelled)]
    public void The_cause_of_an_end_is_told_from_status_exit_code_and_memory(string status, long peak, AttemptCause cause) =>
        Assert.Equal(cause, Assert.Single(Read(RawHeader + RawRow.Replace("COMPLETED,0", status).Replace(",900,1000,", $",900,{peak},")).Tasks).Cause);

    [Fact]
    public void What_did_not_run_is_left_out_with_its_row_and_reason()
    {
        var trace = Read(RawHeader + RawRow + RawRow.Replace("COMPLETED", "CACHED") + RawRow.Replace("COMPLETED", "RUNNING"));
        Assert.Single(trace.Tasks);
        Assert.Equal([2, 3], trace.LeftOut.Select(l => l.Row));
        Assert.Contains("cache", trace.LeftOut[0].Reason);
    }

    [Theory]
    [InlineData("a,b\n1,2\n", ":1: no known header, it starts with 'a, b'. Known: Nextflow trace (status,")]
    [InlineData(RawHeader, "holds a header and no row")]
    [InlineData(RawHeader + "1,2\n", ":2: row 1 has 2 cells, the header has 21")]
    [InlineData("status,name,realtime\nCOMPLETED,A,NaN\n", ":2:3: row 1, realtime: is not a duration")]
    [InlineData("status,name,realtime\nCOMPLETED,A,1\nCOMPLETED,A,-5\n", ":3:3: row 2, realtime: is negative: '-5'")]
    [InlineData("status,name,realtime\nCOMPLETED,A,1e999\n", "realtime: is not a duration")]
    [InlineData("status,name,realtime,peak_rss\nCOMPLETED,A,1,lots\n", "row 1, peak_rss: is not a size (bytes, or '1.5 GB'): 'lots'")]
    [InlineData("status,name,realtime\nDONE,A,1\n", "status: unknown status 'DONE'")]
    [InlineData("status,name,realtime\nCOMPLETED,-,1\n", "row 1, process: is empty")]
    [InlineData("status,name,realtime,submit\nCOMPLETED,A,1,yesterday\n", "submit: is not a time")]
    [InlineData("status,name,realtime,start,complete\nCOMPLETED,A,1,2000,1000\n", "start: lies after complete")]
    [InlineData("status,name,realtime,status\nCOMPLETED,A,1,COMPLETED\n", ":1:4: the column 'status' is there twice")]
    public void Bad_input_names_file_row_and_column(string content, string expected)
    {
        using var file = new TemporaryFile(content);
        var message = Assert.Throws<TraceFileException>(() => TaskTraceFile.Read(file.Path)).Message;
        Assert.StartsWith(file.Path, message);
        Assert.Contains(expected, message);
    }

    [Fact]
    public void A_gzip_that_was_cut_short_is_refused_as_a_whole()
    {
        var whole = TemporaryFile.Gzip(RawHeader + string.Concat(Enumerable.Range(0, 5000).Select(i => RawRow.Replace("1,ALIGN", $"{i},ALIGN"))));
        using var file = new TemporaryFile(whole[..(whole.Length / 2)]);
        Assert.Contains("cut short", Assert.Throws<TraceFileException>(() => TaskTraceFile.Read(file.Path)).Message);
    }

    [Fact]
    public void A_line_without_end_is_refused_before_it_is_held()
    {
        using var file = new TemporaryFile(RawHeader + string.Concat(Enumerable.Repeat("x,", 100_000)));
        var message = Assert.Throws<TraceFileException>(() => TaskTraceFile.Read(file.Path, new FileLimits(1 << 20, 100_000))).Message;
        Assert.Contains(":2: the line is longer than 100000 bytes", message);
    }

    [Fact]
    public void Every_reference_trace_is_read_and_each_row_is_a_task_or_has_a_reason()
    {
        foreach (var path in DataFolder.Files("task-traces", "*.csv*").Concat(DataFolder.Files("task-memory-over-time", "*.csv*")))
        {
            var trace = TaskTraceFile.Read(path);
            Assert.NotEmpty(trace.Tasks);
            Assert.All(trace.LeftOut, l => Assert.NotEmpty(l.Reason));
            var rows = trace.Layout switch
            {
                "Lotaru benchmark" => (trace.Tasks.Count + trace.LeftOut.Count) / 3,
                "k-Segments samples" => 0,
                _ => trace.Tasks.Count + trace.LeftOut.Count,
            };
            if (rows > 0) Assert.Equal(rows, Math.Max(trace.Tasks.Max(t => t.Row), trace.LeftOut.Select(l => l.Row).DefaultIfEmpty().Max()));
        }
    }

    private static TaskTrace Read(string content)
    {
        using var file = new TemporaryFile(content);
        return TaskTraceFile.Read(file.Path);
    }
}

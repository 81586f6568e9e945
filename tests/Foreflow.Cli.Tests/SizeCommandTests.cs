using System.Globalization;
using System.Text.Json;
using Foreflow.Cli.Commands;
using Foreflow.Cli.Presentation;

namespace Foreflow.Cli.Tests;

/// <summary><c>foreflow size</c> over a made-up trace, in this process.</summary>
public sealed class SizeCommandTests : IDisposable
{
    private const string Header = "task_id\thash\tnative_id\tprocess\ttag\tname\tstatus\texit\tsubmit\tstart\tcomplete\tduration\trealtime\t%cpu\tpeak_rss\trss\tmemory\tcpus\tattempt\n";
    private const long Gigabyte = 1_000_000_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("foreflow-size-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_task_that_counts_has_a_line_of_grants()
    {
        // The second row was not sampled; the third is the first one's process again, after it; the fourth outgrows its preset of 4 GB.
        var trace = Write(Row(1, "ALIGN", 0, 3600, "2000000000") + Row(2, "ALIGN", 0, 3600, "-") + Row(3, "ALIGN", 3600, 7200, "2000000000") + Row(4, "SORT", 0, 3600, "9000000000"));
        var predictions = Path.Combine(_folder, "out.csv");
        Assert.Equal(0, CommandRun.Of(SizeCommand.Build(), "--trace", trace, "--all", "--output", "json", "--predictions", predictions).ExitCode);

        var lines = File.ReadAllLines(predictions);
        Assert.Equal("row,grants,outcome", lines[0]);
        Assert.Equal(["1", "3", "4"], lines.Skip(1).Select(l => l.Split(',')[0]));
        Assert.Equal("1,3600000000,ok", lines[1]);

        var grants = lines[3].Split(',')[1].Split(';').Select(g => long.Parse(g, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(3_600_000_000, grants[0]);
        Assert.Equal(grants.Order(), grants);
        Assert.True(grants[^1] >= 9 * Gigabyte && grants[^2] < 9 * Gigabyte, lines[3]);
        Assert.EndsWith(",ok", lines[3], StringComparison.Ordinal);
    }

    [Fact]
    public void The_report_is_the_waste_of_the_grants_it_writes()
    {
        var trace = Write(string.Concat(Enumerable.Range(0, 40).Select(i => Row(i + 1, i % 2 == 0 ? "ALIGN" : "SORT", i * 1800, i * 1800 + 3600, $"{1 + i % 3}000000000"))));
        var predictions = Path.Combine(_folder, "out.csv");
        var run = CommandRun.Of(SizeCommand.Build(), "--trace", trace, "--all", "--output", "json", "--predictions", predictions);
        var report = JsonDocument.Parse(run.Output).RootElement;

        // Every task runs an hour: GB are GBh.
        var (waste, failed) = (0.0, 0);
        foreach (var line in File.ReadAllLines(predictions).Skip(1).Select(l => l.Split(',')))
        {
            var need = (1 + (int.Parse(line[0], CultureInfo.InvariantCulture) - 1) % 3) * Gigabyte;
            var grants = line[1].Split(';').Select(g => long.Parse(g, CultureInfo.InvariantCulture)).ToArray();
            waste += grants.Sum(g => (g < need ? g : g - need) / 1e9);
            if (grants[0] < need) failed++;
        }

        var total = report.GetProperty("total");
        Assert.Equal(waste, total.GetProperty("foreflow").GetProperty("wasteGBh").GetDouble(), 1e-3);
        Assert.Equal(failed, total.GetProperty("foreflow").GetProperty("tasksFailedFirst").GetInt32());
        Assert.Equal(40, total.GetProperty("tasks").GetInt32());
        Assert.Equal(Enumerable.Range(0, 40).Sum(i => 1 + i % 3), total.GetProperty("usedGBh").GetDouble(), 1e-3);
        Assert.Equal(Enumerable.Range(0, 40).Sum(i => 4 - (1 + i % 3)), total.GetProperty("preset").GetProperty("wasteGBh").GetDouble(), 1e-3);
        Assert.Equal(["ALIGN", "SORT"], report.GetProperty("processes").EnumerateArray().Select(p => p.GetProperty("process").GetString()).Order());

        var csv = CommandRun.Of(SizeCommand.Build(), "--trace", trace, "--all", "--output", "csv").Output.Trim().Split('\n');
        Assert.StartsWith("process,tasks,used_gbh,preset_waste_gbh,", csv[0], StringComparison.Ordinal);
        Assert.Equal(1 + 2 + 1, csv.Length);
        Assert.StartsWith("total,40,", csv[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_trace_without_a_task_to_size_is_refused_and_nothing_is_written()
    {
        var predictions = Path.Combine(_folder, "out.csv");
        var error = Assert.Throws<UserErrorException>(() => CommandRun.Of(SizeCommand.Build(), "--trace", Write(Row(1, "ALIGN", 0, 3600, "-")), "--predictions", predictions));
        Assert.Equal(ExitCodes.BadInput, error.ExitCode);
        Assert.Contains("trace.txt", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(predictions));
    }

    private static string Row(int id, string process, int start, int end, string peak) =>
        string.Create(CultureInfo.InvariantCulture, $"{id}\tab/{id}\t{id}\t{process}\tt{id}\t{process} (t{id})\tCOMPLETED\t0\t{1_700_000_000_000 + (start * 1000L)}\t{1_700_000_000_000 + (start * 1000L)}\t{1_700_000_000_000 + (end * 1000L)}\t{(end - start) * 1000L}\t{(end - start) * 1000L}\t90%\t{peak}\t{peak}\t4000000000\t1\t1\n");

    private string Write(string rows)
    {
        var path = Path.Combine(_folder, "trace.txt");
        File.WriteAllText(path, Header + rows);
        return path;
    }
}

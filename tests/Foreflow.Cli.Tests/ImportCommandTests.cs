using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Foreflow.Cli.Commands;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;

namespace Foreflow.Cli.Tests;

/// <summary>Imports end to end, in this process, into a data folder of their own.</summary>
public sealed class ImportCommandTests : IDisposable
{
    private const string Header = "task_id\thash\tnative_id\tprocess\ttag\tname\tstatus\texit\tsubmit\tstart\tcomplete\tduration\trealtime\t%cpu\tpeak_rss\trss\tmemory\tcpus\tattempt\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("foreflow-import-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_trace_becomes_profiles_and_a_run_with_its_retries()
    {
        var file = Write("trace.txt", Header + Row(1, "ALIGN", "a", "FAILED", 137, 0, 10, 1, 900) + Row(2, "ALIGN", "a", "COMPLETED", 0, 20, 50, 2, 1500) + Row(3, "ALIGN", "b", "COMPLETED", 0, 5, 25, 1, 700) + Row(4, "REPORT", "all", "COMPLETED", 0, 60, 61, 1, 50));
        var imported = Json(Import("nextflow", file, "--workflow", "genome"));
        Assert.True(imported.GetProperty("stored").GetBoolean());
        var id = imported.GetProperty("run").GetString()!;

        var run = Json(CommandRun.Of(RunsCommand.Build(), id, "--data", _folder, "--output", "json"));
        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        Assert.Equal(61, run.GetProperty("seconds").GetDouble(), 3);
        var align = run.GetProperty("stages").EnumerateArray().Single(s => s.GetProperty("name").GetString() == "ALIGN");
        Assert.Equal(2, align.GetProperty("tasks").GetInt32());
        Assert.Equal(3, align.GetProperty("attempts").GetArrayLength());

        var profile = Json(CommandRun.Of(ProfileCommand.Build(), "genome", "ALIGN", "--data", _folder, "--output", "json"))[0];
        Assert.Equal(3, profile.GetProperty("attempts").GetInt32());
        Assert.Equal(1500e6, profile.GetProperty("measures").GetProperty("memoryPeakBytes").GetProperty("peak").GetDouble());
    }

    [Fact]
    public void The_same_file_counts_once()
    {
        var file = Write("trace.txt", Header + Row(1, "ALIGN", "a", "COMPLETED", 0, 0, 10, 1, 900));
        Assert.True(Json(Import("nextflow", file)).GetProperty("stored").GetBoolean());
        var again = Import("nextflow", file);
        Assert.Equal(0, again.ExitCode);
        Assert.False(Json(again).GetProperty("stored").GetBoolean());
        Assert.Equal(1, Json(CommandRun.Of(ProfileCommand.Build(), "trace", "--data", _folder, "--output", "json"))[0].GetProperty("attempts").GetInt32());
        Assert.Equal(1, Json(CommandRun.Of(RunsCommand.Build(), "--data", _folder, "--output", "json")).GetArrayLength());
    }

    [Fact]
    public async Task An_import_that_was_cut_off_is_completed_by_the_next()
    {
        var file = Write("trace.txt", Header + Row(1, "ALIGN", "a", "COMPLETED", 0, 0, 10, 1, 900));
        Import("nextflow", file);
        // As after a crash between the run and the profiles, which are one transaction with their mark.
        await using (var storage = await DataFolder.OpenAsync(_folder))
        {
            await storage.Profiles.DeleteAsync("trace");
            foreach (var source in await storage.Blobs.ListAsync("profile-source")) await storage.Blobs.DeleteAsync("profile-source", source);
        }

        var again = Json(Import("nextflow", file));
        Assert.True(again.GetProperty("stored").GetBoolean());
        Assert.Equal(1, Json(CommandRun.Of(ProfileCommand.Build(), "trace", "--data", _folder, "--output", "json"))[0].GetProperty("attempts").GetInt32());
        Assert.Equal(1, Json(CommandRun.Of(RunsCommand.Build(), "--data", _folder, "--output", "json")).GetArrayLength());
    }

    [Fact]
    public void A_recorded_workflow_becomes_a_definition_profiles_and_a_run()
    {
        var file = Write("record.json", """
            {"name":"small","schemaVersion":"1.5","workflow":{"specification":{"tasks":[
              {"name":"split","id":"split1","parents":[],"children":["count1","count2"],"inputFiles":[],"outputFiles":[]},
              {"name":"count","id":"count1","parents":["split1"],"children":[],"inputFiles":[],"outputFiles":[]},
              {"name":"count","id":"count2","parents":["split1"],"children":[],"inputFiles":[],"outputFiles":[]}],"files":[]},
             "execution":{"makespanInSeconds":9,"executedAt":"2024-01-02T03:04:05Z","tasks":[
              {"id":"split1","runtimeInSeconds":0.123456789,"avgCPU":50},{"id":"count1","runtimeInSeconds":3,"avgCPU":90},{"id":"count2","runtimeInSeconds":4,"avgCPU":90}]}}}
            """);
        var definition = Path.Combine(_folder, "small.yaml");
        var imported = Json(Import("wfcommons", file, "--definition", definition));
        Assert.Equal(0, CommandRun.Of(ValidateCommand.Build(), definition).ExitCode);
        var run = Json(CommandRun.Of(RunsCommand.Build(), imported.GetProperty("run").GetString()!, "--data", _folder, "--output", "json"));
        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        Assert.Equal(4.123, run.GetProperty("seconds").GetDouble(), 2);
    }

    public static TheoryData<string, string, string> Broken => new()
    {
        { "header", "name,value\n1,2\n", "header.txt:1:" },
        { "negative", Header + Row(1, "ALIGN", "a", "COMPLETED", 0, 0, -10, 1, 900), "row 1" },
        { "nan", Header + Row(1, "ALIGN", "a", "COMPLETED", 0, 0, 10, 1, 900).Replace("\t90%", "\tNaN", StringComparison.Ordinal), "row 1" },
        { "cells", Header + "1\tshort\n", "cells.txt:2:" },
        { "empty", "", "empty" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_file_is_refused_with_its_place_or_the_row_left_out_with_its_reason(string name, string text, string place)
    {
        var file = Write(name + ".txt", text);
        var (message, exitCode) = Refused("nextflow", file);
        Assert.NotEqual(0, exitCode);
        Assert.Contains(name + ".txt", message, StringComparison.Ordinal);
        Assert.Contains(place, message, StringComparison.OrdinalIgnoreCase);
        Assert.False(File.Exists(Path.Combine(_folder, "foreflow.db")) && Json(CommandRun.Of(RunsCommand.Build(), "--data", _folder, "--output", "json")).GetArrayLength() > 0);
    }

    [Fact]
    public void A_truncated_archive_is_refused_and_leaves_nothing()
    {
        var whole = new MemoryStream();
        using (var gzip = new GZipStream(whole, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(Header + string.Concat(Enumerable.Range(1, 500).Select(i => Row(i, "P" + (i % 7), "t" + i, "COMPLETED", 0, i, i + 5, 1, 100 + i)))));
        var file = Path.Combine(_folder, "cut.txt.gz");
        File.WriteAllBytes(file, whole.ToArray()[..(int)(whole.Length / 2)]);
        var (message, exitCode) = Refused("nextflow", file);
        Assert.Equal(ExitCodes.BadInput, exitCode);
        Assert.Contains("cut.txt.gz", message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder, "*.db"));
    }

    [Fact]
    public void An_endless_line_is_refused_before_it_fills_the_memory()
    {
        // 5 GB of one letter are 5 MB as an archive.
        var file = Path.Combine(_folder, "endless.txt.gz");
        using (var gzip = new GZipStream(File.Create(file), CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(Header));
            var block = new byte[1 << 20];
            Array.Fill(block, (byte)'x');
            for (var i = 0; i < 64; i++) gzip.Write(block);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var (message, exitCode) = Refused("nextflow", file);
        Assert.Equal(ExitCodes.BadInput, exitCode);
        Assert.Contains("endless.txt.gz:2:", message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64L << 20);
    }

    [Fact]
    public void Every_reference_file_imports_or_says_why_not()
    {
        if (Environment.GetEnvironmentVariable("FOREFLOW_DATA") is not { Length: > 0 } data || !Directory.Exists(data)) Assert.Skip("FOREFLOW_DATA names no folder");
        var files = new[] { "workflows", "task-traces", "task-memory-over-time" }.SelectMany(f => Directory.GetFiles(Path.Combine(Environment.GetEnvironmentVariable("FOREFLOW_DATA")!, f), "*", SearchOption.AllDirectories));
        var table = new StringBuilder();
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            var kind = file.Contains(".json", StringComparison.Ordinal) ? "wfcommons" : "nextflow";
            try
            {
                var imported = Json(Import(kind, file));
                var learnt = imported.GetProperty("stages").EnumerateArray().Sum(s => s.GetProperty("tasks").GetInt32());
                var leftOut = imported.GetProperty("leftOut").EnumerateArray().Select(l => $"{l.GetProperty("count").GetInt32()} {l.GetProperty("reason").GetString()}");
                Assert.True(learnt > 0, file);
                table.AppendLine($"{Path.GetFileName(file),-50} {learnt,6} learnt; run {(imported.TryGetProperty("run", out _) ? "kept" : "none")}; left out: {string.Join("; ", leftOut)}");
            }
            catch (UserErrorException e)
            {
                Assert.EndsWith("index.csv", file, StringComparison.Ordinal);
                table.AppendLine($"{Path.GetFileName(file),-50} refused: {e.Message}");
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine(table.ToString());
    }

    private static string Row(int id, string process, string tag, string status, int exit, int start, int end, int attempt, int peakMegabytes) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{id}\tab/{id}\t{id}\t{process}\t{tag}\t{process} ({tag})\t{status}\t{exit}\t{1_700_000_000_000 + (start * 1000)}\t{1_700_000_000_000 + (start * 1000)}\t{1_700_000_000_000 + (end * 1000)}\t{(end - start) * 1000}\t{(end - start) * 1000}\t90%\t{peakMegabytes}000000\t{peakMegabytes}000000\t8000000000\t1\t{attempt}\n");

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private CommandRun Import(string kind, string file, params string[] more) => CommandRun.Of(ImportCommand.Build(), [kind, file, "--data", _folder, "--output", "json", .. more]);

    private (string Message, int ExitCode) Refused(string kind, string file)
    {
        var error = Assert.Throws<UserErrorException>(() => Import(kind, file));
        return (error.Message, error.ExitCode);
    }

    private static JsonElement Json(CommandRun run) => JsonDocument.Parse(run.Output).RootElement;
}

using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Foreflow.Core.Model;

namespace Foreflow.Traces.Workflows;

/// <summary>
/// Reads a workflow run in WfFormat (wfcommons.org), versions 1.4, 1.5 and 1.6, plain or gzip. Traps: run times are of the
/// tasks alone, the makespan has queues in it; 100 % CPU is one core; 0 bytes of memory means too short to sample; the
/// name of a task may carry a sample's name, so its kind is told by its program. All of a file is read, or none.
/// </summary>
public static class WfFormatFile
{
    /// <summary>A file larger than this, uncompressed, is refused: it is held in memory while it is read.</summary>
    public static readonly FileLimits Limits = new(256L << 20, 256 << 20);

    /// <summary>More tasks than this are refused.</summary>
    public const int MaximumTasks = 1_000_000;

    /// <summary>Reads a file.</summary>
    /// <exception cref="TraceFileException">It is not there, damaged, too large, not WfFormat, or its graph has a cycle; the message names the place.</exception>
    public static WorkflowHistory Read(string path, FileLimits? limits = null)
    {
        using var stream = BoundedFile.Open(path, limits ?? Limits);
        using var document = Parse(path, stream);
        var root = new JsonPlace(path, "", document.RootElement).Object();
        var version = root.Find("schemaVersion")?.Text() ?? throw new TraceFileException(path, "has no 'schemaVersion': it is not a WfFormat file");
        var workflow = root.Find("workflow")?.Object() ?? throw new TraceFileException(path, "has no 'workflow': it is not a WfFormat file");
        IEnumerable<TaskDraft> tasks = version switch
        {
            "1.4" => TaskDraft.ReadJoined(workflow),
            "1.5" or "1.6" => TaskDraft.ReadSplit(workflow),
            _ => throw new TraceFileException(path, $"schemaVersion: '{version}' is not known; this program reads 1.4, 1.5 and 1.6"),
        };
        var execution = workflow.Find("execution") ?? workflow;
        var notes = ImmutableArray.CreateBuilder<string>();
        var graph = GraphBuilder.Build(path, tasks.Take(MaximumTasks + 1).ToList(), notes);
        return new WorkflowHistory
        {
            Path = path,
            Name = root.Find("name")?.Text() ?? System.IO.Path.GetFileName(path),
            SchemaVersion = version,
            Tasks = graph.Tasks,
            TopologicalOrder = graph.Order,
            Machines = [.. Machines(execution)],
            MakespanSeconds = execution.Find("makespanInSeconds", "makespan")?.Number(),
            ExecutedAt = ExecutedAt(execution, notes),
            Notes = notes.ToImmutable(),
        };
    }

    private static JsonDocument Parse(string path, Stream stream)
    {
        try
        {
            return JsonDocument.Parse(stream, new JsonDocumentOptions { MaxDepth = 64 });
        }
        catch (JsonException error)
        {
            throw new TraceFileException(path, (error.LineNumber ?? 0) + 1, (int)Math.Min(int.MaxValue - 1, error.BytePositionInLine ?? 0) + 1, "is not JSON; is the file cut short?", error);
        }
    }

    private static IEnumerable<WorkflowMachine> Machines(JsonPlace execution)
    {
        if (execution.Find("machines") is not { } machines) yield break;
        foreach (var machine in machines.Items())
        {
            var cpu = machine.Find("cpu");
            yield return new WorkflowMachine(
                machine.Get("nodeName").Text(),
                cpu?.Find("coreCount", "count") is { } cores ? (int)Math.Min(cores.Number(), 1e6) : null,
                machine.Find("memoryInBytes", "memory") is { } memory ? memory.Whole() : null);
        }
    }

    private static Instant? ExecutedAt(JsonPlace execution, ImmutableArray<string>.Builder notes)
    {
        string[] formats = ["yyyyMMdd'T'HHmmsszzz", "MM-dd-yy'T'HH:mm:ss'Z'"];
        if (execution.Find("executedAt")?.Text() is not { } text) return null;
        const DateTimeStyles Style = DateTimeStyles.AssumeUniversal;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, Style, out var time)
            || DateTimeOffset.TryParseExact(text, formats, CultureInfo.InvariantCulture, Style, out time))
        {
            return Instant.From(time);
        }

        notes.Add($"executedAt '{text}' is not a known form of time: left unknown");
        return null;
    }
}

using System.Text;
using System.Text.Json;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;
using Foreflow.Engine;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Storage;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Cli.Hosting;

/// <summary>Reads what was decided from the journal, without an engine.</summary>
public static class JournalReader
{
    /// <summary>The newest changes of a stage's replicas, newest first.</summary>
    public static async Task<IReadOnlyList<DecisionRecord>> DecisionsAsync(IStorage storage, StageId stage, Instant notAfter, int limit, CancellationToken cancel)
    {
        var records = await storage.Journal.ReadSubjectAsync(EngineNames.DefaultPool, stage.ToString(), notAfter, limit, cancel);
        return [.. records.Where(r => r.Kind == (int)JournalKind.Decision).Select(r => JsonSerializer.Deserialize(r.Payload.Span, PlanJson.Default.DecisionRecord)!)];
    }

    /// <summary>What the pool lived through, as far back as the journal is kept.</summary>
    public static async Task<LivedHistory> HistoryAsync(IStorage storage, CancellationToken cancel)
    {
        const int Batch = 200;
        var history = new LivedHistory();
        var last = await storage.Journal.LastSequenceAsync(EngineNames.DefaultPool, cancel);
        for (long from = 0; from <= last;)
        {
            var records = await storage.Journal.ReadAsync(EngineNames.DefaultPool, from, last, Batch, cancel);
            if (records.Count == 0) break;
            foreach (var record in records.Where(r => r.Kind == (int)JournalKind.Lines)) Take(history, record.Payload.Span);
            from = records[^1].Sequence + 1;
        }

        return history;
    }

    /// <summary>Reads only the lines that a history is made of: most lines are tasks and plans.</summary>
    private static void Take(LivedHistory history, ReadOnlySpan<byte> lines)
    {
        foreach (var range in lines.Split((byte)'\n'))
            if (IsOfHistory(lines[range])) history.Take(JsonSerializer.Deserialize(lines[range], JournalJson.Default.JournalEvent)!);
    }

    private static bool IsOfHistory(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty) return false;
        var reader = new Utf8JsonReader(line);
        if (!reader.Read() || !reader.Read() || !reader.ValueTextEquals("e"u8) || !reader.Read()) return false;
        return reader.ValueTextEquals("run+"u8) || reader.ValueTextEquals("workflow"u8) || reader.ValueTextEquals("node+"u8)
            || reader.ValueTextEquals("node-"u8) || reader.ValueTextEquals("settings"u8);
    }

    /// <summary>The newest full plan; null where there is none among the newest records.</summary>
    public static async Task<PlanDocument?> LastPlanAsync(IStorage storage, CancellationToken cancel)
    {
        var last = await storage.Journal.LastSequenceAsync(EngineNames.DefaultPool, cancel);
        for (var to = last; to >= 0 && to > last - 2000; to -= 100)
        {
            var records = await storage.Journal.ReadAsync(EngineNames.DefaultPool, Math.Max(0, to - 99), to, 100, cancel);
            foreach (var record in records.Reverse().Where(r => r.Kind == (int)JournalKind.Lines))
            {
                var line = Encoding.UTF8.GetString(record.Payload.Span).Split('\n').LastOrDefault(l => l.StartsWith("{\"e\":\"plan\"", StringComparison.Ordinal) && l.Contains("\"full\":true", StringComparison.Ordinal));
                if (line is not null) return JsonSerializer.Deserialize(line, PlanJson.Default.PlanDocument);
            }
        }

        return null;
    }
}

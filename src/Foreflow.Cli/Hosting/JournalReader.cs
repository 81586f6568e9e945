using System.Text;
using System.Text.Json;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Engine;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Storage;

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

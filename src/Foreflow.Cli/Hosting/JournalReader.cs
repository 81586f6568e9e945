using System.Text;
using System.Text.Json;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Outcomes;
using Foreflow.Core.Snapshot;
using Foreflow.Engine;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Storage;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Cli.Hosting;

/// <summary>Reads what was decided from the journal, without an engine.</summary>
public static class JournalReader
{
    /// <summary>How long after a decision what became of it is looked for.</summary>
    private static readonly TimeSpan LongestOpen = TimeSpan.FromDays(1);

    /// <summary>A newest plan without its demand is shown with one that old at most.</summary>
    private static readonly TimeSpan OldestDemand = TimeSpan.FromMinutes(2);

    /// <summary>What was decided for a stage, and what became of it.</summary>
    /// <param name="storage">The store.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="from">Nothing decided before this.</param>
    /// <param name="until">Nothing decided after this; what became of it may be later.</param>
    /// <param name="limit">How many decisions at most, the newest.</param>
    /// <param name="cancel">Stops reading.</param>
    public static async Task<StageHistory> StageAsync(IStorage storage, StageId stage, Instant from, Instant until, int limit, CancellationToken cancel)
    {
        var (decisions, outcomes) = (new List<DecisionRecord>(), new List<Outcome>());
        await foreach (var record in NewestFirstAsync(storage, stage, until == Instant.Never ? until : until + LongestOpen, cancel))
        {
            if (record.At < from || decisions.Count >= limit) break;
            if (record.Kind == (int)JournalKind.Outcome) Add(outcomes, JsonSerializer.Deserialize(record.Payload.Span, OutcomeJson.Default.Outcome)!, limit);
            if (record.Kind == (int)JournalKind.Decision && record.At <= until) decisions.Add(JsonSerializer.Deserialize(record.Payload.Span, PlanJson.Default.DecisionRecord)!);
        }

        return new StageHistory(stage.ToString(), decisions, outcomes);
    }

    /// <summary>Of reservations and of forecasts no more are kept than of decisions: there may be many to each.</summary>
    private static void Add(List<Outcome> outcomes, Outcome outcome, int limit)
    {
        if (outcome is ReplicaOutcome || outcomes.Count(o => o.GetType() == outcome.GetType()) < limit) outcomes.Add(outcome);
    }

    private static async IAsyncEnumerable<JournalRecord> NewestFirstAsync(
        IStorage storage, StageId stage, Instant notAfter, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        var (page, before) = (256, long.MaxValue);
        while (true)
        {
            var records = await storage.Journal.ReadSubjectAsync(EngineNames.DefaultPool, stage.ToString(), notAfter, page, cancel);
            var fresh = records.Where(r => r.Sequence < before).ToList();
            foreach (var record in fresh) yield return record;
            if (records.Count < page) yield break;
            // Pages meet at an instant: what is of it comes twice. More of one instant than a page holds take a longer page.
            if (fresh.Count == 0) page *= 2;
            else (notAfter, before) = (fresh[^1].At, fresh[^1].Sequence);
        }
    }

    /// <summary>Stages of a workflow that the start of a journal speaks of: what a simulation was made of. Empty where it does not.</summary>
    public static async Task<IReadOnlyList<string>> StagesAsync(IStorage storage, string workflow, CancellationToken cancel)
    {
        const int Start = 20;
        var records = await storage.Journal.ReadAsync(EngineNames.DefaultPool, 0, Start, Start, cancel);
        return [.. records.Where(r => r.Kind == (int)JournalKind.Lines)
            .SelectMany(r => Encoding.UTF8.GetString(r.Payload.Span).Split('\n'))
            .Where(line => line.StartsWith("{\"e\":\"workflow\"", StringComparison.Ordinal))
            .Select(line => ((WorkflowRegistered)JsonSerializer.Deserialize(line, JournalJson.Default.JournalEvent)!).Spec)
            .Where(spec => spec.Name == workflow).SelectMany(spec => spec.Stages).Select(s => s.Name)];
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

    /// <summary>The newest full plan with the demand it saw, if that was kept lately; null where there is none near.</summary>
    /// <param name="storage">The store.</param>
    /// <param name="notAfter">No plan made later; <see cref="Instant.Never"/> for the newest of all.</param>
    /// <param name="cancel">Stops reading.</param>
    public static async Task<PlanDocument?> LastPlanAsync(IStorage storage, Instant notAfter, CancellationToken cancel)
    {
        var last = await storage.Journal.LastSequenceAsync(EngineNames.DefaultPool, cancel);
        // A record is kept under the time of its last line, and several under one time: those right after the time asked for may hold the plan.
        if (notAfter != Instant.Never && await storage.Journal.FirstSequenceAtAsync(EngineNames.DefaultPool, notAfter, cancel) is { } first) last = Math.Min(last, first + 16);
        PlanDocument? newest = null;
        for (var to = last; to >= 0 && to > last - 2000; to -= 100)
        {
            var records = await storage.Journal.ReadAsync(EngineNames.DefaultPool, Math.Max(0, to - 99), to, 100, cancel);
            foreach (var record in records.Reverse().Where(r => r.Kind == (int)JournalKind.Lines))
            {
                foreach (var line in Encoding.UTF8.GetString(record.Payload.Span).Split('\n').Reverse().Where(IsFullPlan))
                {
                    var plan = JsonSerializer.Deserialize(line, PlanJson.Default.PlanDocument)!;
                    if (plan.At > notAfter) continue;
                    newest ??= plan;
                    if (newest.At - plan.At > OldestDemand) return newest;
                    if (!plan.Demand.IsEmpty) return newest with { Demand = plan.Demand };
                }
            }
        }

        return newest;
    }

    private static bool IsFullPlan(string line) =>
        line.StartsWith("{\"e\":\"plan\"", StringComparison.Ordinal) && line.Contains("\"full\":true", StringComparison.Ordinal);
}

/// <summary>What was decided for a stage, newest first, and what became of it.</summary>
/// <param name="Stage">Full name of the stage.</param>
/// <param name="Decisions">Changes of its replicas.</param>
/// <param name="Outcomes">What became of them, of reservations and of forecasts.</param>
public sealed record StageHistory(string Stage, IReadOnlyList<DecisionRecord> Decisions, IReadOnlyList<Outcome> Outcomes)
{
    /// <summary>What became of a change in replicas; null where that is not known yet.</summary>
    public ReplicaOutcome? OutcomeOf(long generation, Instant at) =>
        Outcomes.OfType<ReplicaOutcome>().FirstOrDefault(o => o.Generation == generation && o.At == at);
}

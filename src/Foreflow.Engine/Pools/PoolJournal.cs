using System.Collections.Immutable;
using System.Text.Json;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Outcomes;
using Foreflow.Core.Profiling;
using Foreflow.Core.Snapshot;
using Foreflow.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace Foreflow.Engine.Pools;

/// <summary>What a record of a pool's journal holds. The numbers are stored: never renumber them.</summary>
public enum JournalKind
{
    /// <summary>Events and plans, one JSON document a line, in the order they happened.</summary>
    Lines = 1,

    /// <summary>A change of a stage's replicas, found by the stage's name.</summary>
    Decision = 2,

    /// <summary>Profiles at the start of an engine: where a replay begins.</summary>
    Start = 3,

    /// <summary>What became of something that was decided for a stage, found by the stage's name.</summary>
    Outcome = 4,
}

/// <summary>
/// Writes what a pool saw and decided. Lines are gathered and written together; a decision waits for no disk, since
/// runs carry their own durable events, and a journal cut short by a crash only shortens what can be replayed.
/// </summary>
/// <param name="store">Where it is kept.</param>
/// <param name="pool">Name of the pool.</param>
/// <param name="log">Told where the store refuses.</param>
/// <param name="demandKept">How often the demand that plans saw is kept with them; it is the bulk of a plan.</param>
public sealed class PoolJournal(IJournalStore store, string pool, ILogger log, TimeSpan demandKept)
{
    private const int LinesPerRecord = 512;

    private readonly JournalLog _records = new(store, pool, log);
    private readonly JournalLines _lines = new();
    private Instant _last;
    private Instant _demandKept = new(long.MinValue / 2);

    /// <summary>Records that wait to be written.</summary>
    public int Pending => _records.Pending;

    /// <summary>Goes on behind what the store holds of the pool.</summary>
    /// <param name="profiles">What was known of stages at the start.</param>
    /// <param name="now">The present.</param>
    /// <param name="cancel">Stops reading.</param>
    public async ValueTask OpenAsync(IReadOnlyList<JournalStart.Profile> profiles, Instant now, CancellationToken cancel)
    {
        await _records.OpenAsync(cancel);
        _last = now;
        var start = new JournalStart(profiles);
        Keep(JournalKind.Start, null, JsonSerializer.SerializeToUtf8Bytes(start));
    }

    /// <summary>Keeps an event.</summary>
    public void Add(JournalEvent happened)
    {
        _last = Instant.Max(_last, happened.At);
        _lines.Add(happened);
        if (_lines.Count >= LinesPerRecord) CloseLines();
    }

    /// <summary>Every plan that is carried out is kept, so that a replay knows when one was made; the demand it saw only now and then.</summary>
    public void Add(CyclePlan plan, ClusterSnapshot snapshot)
    {
        var withDemand = !plan.Demand.IsEmpty && plan.At - _demandKept >= demandKept;
        if (withDemand) _demandKept = plan.At;
        _last = Instant.Max(_last, plan.At);
        var document = PlanDocument.Of(plan, snapshot, withDemand);
        _lines.Add(document, PlanJson.Default.PlanDocument);
        foreach (var decision in document.Replicas)
        {
            CloseLines();
            var payload = JsonSerializer.SerializeToUtf8Bytes(new DecisionRecord(plan.Generation, plan.At, decision), PlanJson.Default.DecisionRecord);
            Keep(JournalKind.Decision, decision.StageName, payload);
        }
    }

    /// <summary>Keeps what became of decisions.</summary>
    public void Add(ImmutableArray<Outcome> outcomes)
    {
        foreach (var outcome in outcomes)
        {
            CloseLines();
            Keep(JournalKind.Outcome, outcome.StageName, JsonSerializer.SerializeToUtf8Bytes(outcome, OutcomeJson.Default.Outcome));
        }
    }

    /// <summary>Writes what was kept so far; what the store does not take waits for the next time.</summary>
    public ValueTask FlushAsync()
    {
        CloseLines();
        return _records.FlushAsync();
    }

    private void CloseLines()
    {
        if (_lines.Count > 0) Keep(JournalKind.Lines, null, _lines.Take());
    }

    private void Keep(JournalKind kind, string? subject, byte[] payload) => _records.Add(new JournalRecord(0, _last, (int)kind, subject, payload));
}

/// <summary>Profiles at the start of an engine.</summary>
/// <param name="Profiles">The profiles.</param>
public sealed record JournalStart(IReadOnlyList<JournalStart.Profile> Profiles)
{
    /// <summary>A profile.</summary>
    /// <param name="Payload">Its bytes.</param>
    /// <param name="NodeClass">Class of nodes; <see cref="ProfileBook.AnyNode"/> for all together, empty for what belongs to no node.</param>
    public sealed record Profile(string Workflow, string Stage, byte[] Payload, string NodeClass);
}

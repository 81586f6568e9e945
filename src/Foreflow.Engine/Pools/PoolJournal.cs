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

    private readonly List<JournalRecord> _pending = [];
    private readonly JournalLines _lines = new();
    private Instant _last;
    private Instant _demandKept = new(long.MinValue / 2);
    private long _next;
    private bool _lost;

    /// <summary>Records that wait to be written.</summary>
    public int Pending => _pending.Count;

    /// <summary>Goes on behind what the store holds of the pool.</summary>
    /// <param name="profiles">What was known of stages at the start.</param>
    /// <param name="now">The present.</param>
    /// <param name="cancel">Stops reading.</param>
    public async ValueTask OpenAsync(IReadOnlyList<JournalStart.Profile> profiles, Instant now, CancellationToken cancel)
    {
        _next = await store.LastSequenceAsync(pool, cancel) + 1;
        _last = now;
        var start = new JournalStart(profiles);
        _pending.Add(new JournalRecord(_next++, now, (int)JournalKind.Start, null, JsonSerializer.SerializeToUtf8Bytes(start)));
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
            _pending.Add(new JournalRecord(_next++, _last, (int)JournalKind.Decision, decision.StageName, payload));
        }
    }

    /// <summary>Keeps what became of decisions.</summary>
    public void Add(ImmutableArray<Outcome> outcomes)
    {
        foreach (var outcome in outcomes)
        {
            CloseLines();
            _pending.Add(new JournalRecord(_next++, _last, (int)JournalKind.Outcome, outcome.StageName, JsonSerializer.SerializeToUtf8Bytes(outcome, OutcomeJson.Default.Outcome)));
        }
    }

    /// <summary>Writes what was kept so far.</summary>
    public async ValueTask FlushAsync()
    {
        CloseLines();
        if (_pending.Count == 0 || _lost) return;
        var batch = _pending.ToArray();
        _pending.Clear();
        try
        {
            await store.AppendAsync(pool, batch);
        }
        catch (StreamConflictException)
        {
            // Another engine writes this pool's journal: embedded engines that share a folder. Ours goes on behind theirs.
            await Renumber(batch);
        }
        catch (StorageFullException e)
        {
            _pending.InsertRange(0, batch);
            log.LogWarning("the journal waits for the store: {Reason}", e.Message);
        }
        catch (StorageException e)
        {
            _lost = true;
            log.LogError("the journal ends here: {Reason}", e.Message);
        }
    }

    private async ValueTask Renumber(JournalRecord[] batch)
    {
        var first = await store.LastSequenceAsync(pool) + 1;
        var moved = batch.Concat(_pending).Select((record, i) => record with { Sequence = first + i }).ToArray();
        _pending.Clear();
        _pending.AddRange(moved);
        _next = first + moved.Length;
    }

    private void CloseLines()
    {
        if (_lines.Count == 0) return;
        _pending.Add(new JournalRecord(_next++, _last, (int)JournalKind.Lines, null, _lines.Take()));
    }
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

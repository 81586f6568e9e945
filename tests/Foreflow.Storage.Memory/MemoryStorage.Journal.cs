using Foreflow.Core.Model;
using Foreflow.Engine.Storage;

namespace Foreflow.Storage.Memory;

public sealed partial class MemoryStorage : IJournalStore
{
    async ValueTask IJournalStore.AppendAsync(string pool, IReadOnlyList<JournalRecord> records)
    {
        Require(records.Count > 0, "an append needs at least one record");
        for (var i = 1; i < records.Count; i++) Require(records[i].Sequence == records[0].Sequence + i, $"record {records[i].Sequence} does not follow the one before");
        await StepAsync("Journal.Append", () =>
        {
            var journal = JournalOf(pool);
            if (records[0].Sequence != Last(journal) + 1) throw new StreamConflictException(pool, records[0].Sequence);
            journal.Records.AddRange(records.Select(record => record with { Payload = record.Payload.ToArray() }));
            return 0;
        });
    }

    ValueTask<IReadOnlyList<JournalRecord>> IJournalStore.ReadAsync(string pool, long from, long to, int limit, CancellationToken cancel) =>
        StepAsync<IReadOnlyList<JournalRecord>>(
            "Journal.Read", () => [.. JournalOf(pool).Records.Where(record => record.Sequence >= from && record.Sequence <= to).Take(limit)]);

    ValueTask<IReadOnlyList<JournalRecord>> IJournalStore.ReadSubjectAsync(string pool, string subject, Instant notAfter, int limit, CancellationToken cancel) =>
        StepAsync<IReadOnlyList<JournalRecord>>(
            "Journal.ReadSubject",
            () => [.. JournalOf(pool).Records.Where(record => record.Subject == subject && record.At <= notAfter).Reverse().Take(limit)]);

    ValueTask<long> IJournalStore.LastSequenceAsync(string pool, CancellationToken cancel) => StepAsync("Journal.LastSequence", () => Last(JournalOf(pool)));

    ValueTask<long?> IJournalStore.FirstSequenceAtAsync(string pool, Instant at, CancellationToken cancel) => StepAsync(
        "Journal.FirstSequenceAt", () => JournalOf(pool).Records.Where(record => record.At >= at).Select(record => (long?)record.Sequence).FirstOrDefault());

    async ValueTask IJournalStore.SaveCheckpointAsync(string pool, JournalCheckpoint checkpoint, CancellationToken cancel) => await StepAsync(
        "Journal.SaveCheckpoint", () => JournalOf(pool).Checkpoints[checkpoint.Sequence] = checkpoint with { Payload = checkpoint.Payload.ToArray() });

    ValueTask<JournalCheckpoint?> IJournalStore.FindCheckpointAsync(string pool, long notAfterSequence, CancellationToken cancel) => StepAsync(
        "Journal.FindCheckpoint", () => JournalOf(pool).Checkpoints.Values.LastOrDefault(checkpoint => checkpoint.Sequence <= notAfterSequence));

    ValueTask<int> IJournalStore.TrimAsync(string pool, Instant before, int limit, CancellationToken cancel) => StepAsync("Journal.Trim", () =>
    {
        var journal = JournalOf(pool);
        if (journal.Checkpoints.Values.LastOrDefault(checkpoint => checkpoint.At <= before) is not { } kept) return 0;
        var removed = Math.Min(limit, journal.Records.TakeWhile(record => record.Sequence < kept.Sequence).Count());
        journal.Records.RemoveRange(0, removed);
        if (removed < limit)
            foreach (var older in journal.Checkpoints.Keys.Where(sequence => sequence < kept.Sequence).ToList()) journal.Checkpoints.Remove(older);
        return removed;
    });

    private MemoryDisk.StoredJournal JournalOf(string pool)
    {
        if (!disk.Journals.TryGetValue(pool, out var journal)) disk.Journals[pool] = journal = new MemoryDisk.StoredJournal();
        return journal;
    }

    private static long Last(MemoryDisk.StoredJournal journal) => journal.Records.Count == 0 ? -1 : journal.Records[^1].Sequence;
}

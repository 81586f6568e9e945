using Foreflow.Core.Model;

namespace Foreflow.Engine.Storage;

/// <summary>One line of a pool's journal.</summary>
/// <param name="Sequence">0, 1, 2, … within the pool, without gaps.</param>
/// <param name="At">When it happened; never earlier than the record before.</param>
/// <param name="Kind">What the payload is; the engine gives the numbers a meaning.</param>
/// <param name="Subject">The stage or run it is about, to find it by; null when it need not be found.</param>
/// <param name="Payload">Opaque to the store.</param>
public readonly record struct JournalRecord(long Sequence, Instant At, int Kind, string? Subject, ReadOnlyMemory<byte> Payload);

/// <summary>The state that follows from a journal up to and with one record.</summary>
/// <param name="Sequence">That record; -1 for the state before the first.</param>
/// <param name="At">Time of that state.</param>
/// <param name="Payload">Opaque to the store.</param>
public sealed record JournalCheckpoint(long Sequence, Instant At, ReadOnlyMemory<byte> Payload);

/// <summary>Append-only journals, one a pool: what the control cycles saw and decided. Written by the same group commit as runs.</summary>
public interface IJournalStore
{
    /// <summary>Adds records; on disk when the returned task has ended well. Failures as for <see cref="IRunStore.AppendAsync"/>.</summary>
    /// <param name="pool">Name of the pool.</param>
    /// <param name="records">At least one; sequences follow the newest record without a gap. Must not change until the append has ended.</param>
    /// <exception cref="StreamConflictException">The journal does not end right before the first of these records; nothing was stored.</exception>
    ValueTask AppendAsync(string pool, IReadOnlyList<JournalRecord> records);

    /// <summary>Records with sequences from <paramref name="from"/> up to and with <paramref name="to"/>, in order, at most <paramref name="limit"/>.</summary>
    ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(string pool, long from, long to, int limit, CancellationToken cancel = default);

    /// <summary>Records about one subject at or before <paramref name="notAfter"/>, newest first, at most <paramref name="limit"/>.</summary>
    ValueTask<IReadOnlyList<JournalRecord>> ReadSubjectAsync(string pool, string subject, Instant notAfter, int limit, CancellationToken cancel = default);

    /// <summary>Sequence of the newest record; -1 when there is none.</summary>
    ValueTask<long> LastSequenceAsync(string pool, CancellationToken cancel = default);

    /// <summary>The lowest sequence still kept whose record is at or after <paramref name="at"/>; null when there is none.</summary>
    ValueTask<long?> FirstSequenceAtAsync(string pool, Instant at, CancellationToken cancel = default);

    /// <summary>Keeps a state to replay from. A second checkpoint at the same sequence takes the place of the first.</summary>
    ValueTask SaveCheckpointAsync(string pool, JournalCheckpoint checkpoint, CancellationToken cancel = default);

    /// <summary>The newest checkpoint with a sequence of at most <paramref name="notAfterSequence"/>; null when there is none.</summary>
    ValueTask<JournalCheckpoint?> FindCheckpointAsync(string pool, long notAfterSequence = long.MaxValue, CancellationToken cancel = default);

    /// <summary>
    /// Takes away what is not needed to replay from <paramref name="before"/> on: the records before the newest checkpoint that is at or before that time,
    /// and the checkpoints before it. Without such a checkpoint nothing goes. Removes at most <paramref name="limit"/> records and returns how many;
    /// call again until 0 comes back.
    /// </summary>
    ValueTask<int> TrimAsync(string pool, Instant before, int limit, CancellationToken cancel = default);
}

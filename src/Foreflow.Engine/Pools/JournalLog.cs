using Foreflow.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace Foreflow.Engine.Pools;

/// <summary>
/// The records of a pool's journal on their way to disk, in order and one write at a time. What a store that is full or
/// away does not take waits for the next write; a write that may or may not have been stored is read back before it is
/// made again. For one grain: not safe to call from several threads.
/// </summary>
internal sealed class JournalLog(IJournalStore store, string pool, ILogger log)
{
    /// <summary>What waits for a store that stays away may take this much memory. Then the journal ends here: with a gap it could not be replayed.</summary>
    private const long MostWaitingBytes = 128L << 20;

    /// <summary>What has waited long goes in several writes.</summary>
    private const int RecordsPerWrite = 4096;

    private const int MostConflicts = 3;

    /// <summary>Not numbered yet: another engine may write to this journal.</summary>
    private readonly List<JournalRecord> _waiting = [];
    private JournalRecord[] _underWay = [];
    private long _bytes;
    private long _next;
    private bool _doubtful, _ended;
    private Task? _writing;

    /// <summary>Records that are not on disk.</summary>
    public int Pending => _underWay.Length + _waiting.Count;

    /// <summary>Goes on behind what the store holds.</summary>
    public async ValueTask OpenAsync(CancellationToken cancel) => _next = await store.LastSequenceAsync(pool, cancel) + 1;

    /// <summary>Takes a record; its number is given when it is written.</summary>
    public void Add(in JournalRecord record)
    {
        if (_ended) return;
        _waiting.Add(record);
        _bytes += record.Payload.Length;
        if (_bytes <= MostWaitingBytes) return;
        log.LogError("the journal of pool {Pool} ends here: the store has taken nothing while {Bytes:N0} bytes came", pool, _bytes);
        _ended = true;
        _waiting.Clear();
    }

    /// <summary>Writes what was added before this call, once, and where the store does not take it, leaves it for the next call.</summary>
    public async ValueTask FlushAsync()
    {
        while (_writing is { IsCompleted: false } other) await other;
        await (_writing = WriteAllAsync());
    }

    private async Task WriteAllAsync()
    {
        try
        {
            for (var conflicts = 0; Pending > 0 && conflicts < MostConflicts;)
                if (!await TryWriteAsync()) conflicts++;
        }
        catch (StorageException e)
        {
            _doubtful |= e is StorageUnavailableException { OutcomeUnknown: true };
            log.LogWarning("the journal waits for the store: {Reason}", e.Message);
        }
    }

    /// <summary>False when somebody else has written meanwhile: what is ours is numbered anew, behind theirs.</summary>
    private async Task<bool> TryWriteAsync()
    {
        // What is in doubt goes again as it was, and by itself: only so can it be told from what others wrote.
        if (!_doubtful) Take();
        try
        {
            await store.AppendAsync(pool, _underWay);
        }
        catch (StreamConflictException) when (!_doubtful)
        {
            _next = await store.LastSequenceAsync(pool) + 1;
            return false;
        }
        catch (StreamConflictException)
        {
            if (!await IsStoredAsync())
            {
                _next = await store.LastSequenceAsync(pool) + 1;
                _doubtful = false;
                return false;
            }
        }

        _next += _underWay.Length;
        _bytes -= _underWay.Sum(record => (long)record.Payload.Length);
        (_underWay, _doubtful) = ([], false);
        return true;
    }

    private void Take()
    {
        var more = Math.Min(_waiting.Count, RecordsPerWrite - _underWay.Length);
        _underWay = [.. _underWay.Concat(_waiting.Take(more)).Select((record, i) => record with { Sequence = _next + i })];
        _waiting.RemoveRange(0, more);
    }

    private async Task<bool> IsStoredAsync()
    {
        var first = _underWay[0].Sequence;
        var there = await store.ReadAsync(pool, first, first + _underWay.Length - 1, _underWay.Length);
        return there.Count == _underWay.Length && there.Zip(_underWay).All(pair => Same(pair.First, pair.Second));
    }

    private static bool Same(in JournalRecord one, in JournalRecord other) =>
        (one.Sequence, one.At, one.Kind, one.Subject) == (other.Sequence, other.At, other.Kind, other.Subject) && one.Payload.Span.SequenceEqual(other.Payload.Span);
}

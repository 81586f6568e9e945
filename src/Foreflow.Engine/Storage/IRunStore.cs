using Foreflow.Core.Model;

namespace Foreflow.Engine.Storage;

/// <summary>The events of every run, and one summary row for each.</summary>
public interface IRunStore
{
    /// <summary>
    /// Adds events to a run. When the returned task has ended well they are on disk: neither a crash of the process nor of the machine loses them.
    /// Many appends share one transaction, so call without waiting for the one before (of another run).
    /// </summary>
    /// <exception cref="StreamConflictException">The run has other events than the writer believes; nothing was stored.</exception>
    /// <exception cref="StorageFullException">No room; nothing was stored, and it may be tried again.</exception>
    /// <exception cref="StorageUnavailableException">The store cannot be reached or is held by others; see <see cref="StorageUnavailableException.OutcomeUnknown"/>.</exception>
    /// <exception cref="ArgumentException">Breaks a rule of <see cref="RunAppend"/> or <see cref="StorageLimits"/>.</exception>
    ValueTask AppendAsync(RunAppend append);

    /// <summary>Payloads of a run's events in order, from sequence <paramref name="from"/> on, at most <paramref name="limit"/>. Empty when there is no such run.</summary>
    ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ReadAsync(RunId run, int from = 0, int limit = int.MaxValue, CancellationToken cancel = default);

    /// <summary>The summary of one run; null when there is none.</summary>
    ValueTask<RunSummary?> FindAsync(RunId run, CancellationToken cancel = default);

    /// <summary>Ids that start with <paramref name="prefix"/>, in order, at most <paramref name="limit"/>: for people who type only the start of an id.</summary>
    ValueTask<IReadOnlyList<RunId>> ResolveAsync(string prefix, int limit, CancellationToken cancel = default);

    /// <summary>One page of summaries, newest first.</summary>
    ValueTask<RunPage> ListAsync(RunQuery query, CancellationToken cancel = default);

    /// <summary>How many runs there are by workflow and state, in that order; of one workflow, or of all.</summary>
    ValueTask<IReadOnlyList<RunCount>> CountAsync(string? workflow = null, CancellationToken cancel = default);

    /// <summary>
    /// Takes away runs that ended before <paramref name="endedBefore"/>, oldest first, at most <paramref name="limit"/>, with their events, and returns their ids.
    /// Call again until nothing comes back: each call is one short transaction.
    /// </summary>
    ValueTask<IReadOnlyList<RunId>> PruneAsync(Instant endedBefore, int limit, CancellationToken cancel = default);
}

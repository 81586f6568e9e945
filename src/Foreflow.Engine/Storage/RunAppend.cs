using Foreflow.Core.Model;

namespace Foreflow.Engine.Storage;

/// <summary>New events of one run, written together or not at all.</summary>
/// <param name="Run">The run.</param>
/// <param name="NextSequence">
/// Sequence the first of <paramref name="Events"/> gets: how many events the run has, as far as the writer knows.
/// Whoever has not seen the newest event is turned away with <see cref="StreamConflictException"/>; this is what fences off a former owner.
/// </param>
/// <param name="Events">At least one payload, each up to <see cref="StorageLimits.PayloadBytes"/>. Must not change until the append has ended.</param>
/// <param name="Summary">The run's row as it is after these events; null leaves it as it was. Required with the run's first event.</param>
public readonly record struct RunAppend(
    RunId Run,
    int NextSequence,
    IReadOnlyList<ReadOnlyMemory<byte>> Events,
    RunSummary? Summary = null);

/// <summary>Bounds on what one call may store.</summary>
public static class StorageLimits
{
    /// <summary>Largest payload of an event, record, profile, blob or result: 64 MiB.</summary>
    public const int PayloadBytes = 64 << 20;

    /// <summary>Most events a run may have: 16,777,216.</summary>
    public const int EventsPerRun = 1 << 24;

    /// <summary>Most rows one page of a list may have.</summary>
    public const int PageSize = 1_000;

    /// <summary>Longest name or key, in characters.</summary>
    public const int NameLength = 400;
}

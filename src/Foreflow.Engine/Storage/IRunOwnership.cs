using Foreflow.Core.Model;

namespace Foreflow.Engine.Storage;

/// <summary>
/// Who carries on which run, when several engines share one store. An owner lives as long as the process that holds its mark:
/// a file lock in the data folder (SQLite), a session of the database server (PostgreSQL). The operating system or the server lets go
/// of the mark when the process ends in whatever way, so no clock decides whether an owner is dead.
/// </summary>
public interface IRunOwnership
{
    /// <summary>Marks <paramref name="owner"/> as alive until the store is disposed or the process ends.</summary>
    /// <exception cref="OwnerTakenException">Another process holds this id. (PostgreSQL: never; the processes of a cluster share one id.)</exception>
    ValueTask AcquireAsync(OwnerId owner, CancellationToken cancel = default);

    /// <summary>Whether any process holds the mark of <paramref name="owner"/>.</summary>
    ValueTask<bool> IsAliveAsync(OwnerId owner, CancellationToken cancel = default);

    /// <summary>
    /// Gives every open run whose owner is dead, or that has none, to <paramref name="owner"/>, in one transaction, and returns them, oldest first.
    /// Two claimers never both get a run.
    /// </summary>
    ValueTask<IReadOnlyList<RunId>> ClaimOpenRunsAsync(OwnerId owner, CancellationToken cancel = default);

    /// <summary>The open runs of <paramref name="owner"/>, oldest first: what it has to carry on after a restart.</summary>
    ValueTask<IReadOnlyList<RunId>> OpenRunsAsync(OwnerId owner, CancellationToken cancel = default);
}

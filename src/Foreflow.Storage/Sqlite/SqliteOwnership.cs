using Foreflow.Core.Model;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Tables;

namespace Foreflow.Storage.Sqlite;

/// <summary>Owners that share a data folder: each holds a lock on a file of its name, which the kernel lets go of when the process ends in whatever way.</summary>
internal sealed class SqliteOwnership(string folder, IDatabase database) : IRunOwnership, IDisposable
{
    // Somebody who claims a dead owner's runs holds its lock for one transaction: an owner that starts meanwhile waits this long.
    private static readonly TimeSpan ClaimWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly Lock gate = new();
    private readonly Dictionary<OwnerId, OwnerLock> held = [];

    public async ValueTask AcquireAsync(OwnerId owner, CancellationToken cancel)
    {
        for (var attempts = ClaimWait / Pause; !TryAcquire(owner); attempts--)
        {
            if (attempts <= 0) throw new OwnerTakenException(owner);
            await Task.Delay(Pause, cancel);
        }
    }

    public ValueTask<bool> IsAliveAsync(OwnerId owner, CancellationToken cancel) => new(OwnerLock.IsTaken(folder, owner));

    public ValueTask<IReadOnlyList<RunId>> ClaimOpenRunsAsync(OwnerId owner, CancellationToken cancel) => database.WriteAsync(
        async (connection, transaction) =>
        {
            var others = await RunClaims.OtherOwnersAsync(connection, transaction, owner);
            // Held until the runs are claimed, so that none of them comes to life in between.
            var dead = others.Select(other => OwnerLock.TryTake(folder, other)).OfType<OwnerLock>().ToList();
            try
            {
                return await RunClaims.ClaimAsync(connection, transaction, owner, [.. dead.Select(mark => mark.Owner)]);
            }
            finally
            {
                foreach (var mark in dead) mark.Dispose();
            }
        },
        cancel);

    public ValueTask<IReadOnlyList<RunId>> OpenRunsAsync(OwnerId owner, CancellationToken cancel) =>
        database.ReadAsync(connection => RunClaims.OpenRunsAsync(connection, owner), cancel);

    public void Dispose()
    {
        lock (gate)
        {
            foreach (var mark in held.Values) mark.Dispose();
            held.Clear();
        }
    }

    private bool TryAcquire(OwnerId owner)
    {
        lock (gate)
        {
            if (OwnerLock.TryTake(folder, owner) is not { } taken) return false;
            held.Add(owner, taken);
            return true;
        }
    }
}

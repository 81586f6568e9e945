using System.Data;
using Dapper;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Tables;
using Foreflow.Storage.Writing;
using Npgsql;

namespace Foreflow.Storage.Postgres;

/// <summary>
/// Owners that share a database: each process of an owner holds a shared advisory lock in a session of its own, which the server lets go of
/// when the session ends. Whoever takes that lock alone has made sure that the owner is dead.
/// </summary>
internal sealed class PostgresOwnership(string where, string schema, NpgsqlDataSource source, PostgresDatabase database) : IRunOwnership, IAsyncDisposable
{
    // A broken session is noticed and replaced within this time. Meanwhile others may take the owner for dead; sequences still fence its appends.
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly SortedSet<string> owners = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource stop = new();
    private NpgsqlConnection? session;
    private Task keeping = Task.CompletedTask;

    public async ValueTask AcquireAsync(OwnerId owner, CancellationToken cancel)
    {
        AppendRules.CheckOwner(owner);
        await gate.WaitAsync(cancel);
        try
        {
            session ??= await source.OpenConnectionAsync(cancel);
            await LockAsync(session, owner.Value, cancel);
            if (owners.Add(owner.Value) && owners.Count == 1) keeping = KeepAsync();
        }
        catch (Exception error)
        {
            throw PostgresErrors.Translate(error, where, outcomeUnknown: false);
        }
        finally
        {
            gate.Release();
        }
    }

    public ValueTask<bool> IsAliveAsync(OwnerId owner, CancellationToken cancel)
    {
        AppendRules.CheckOwner(owner);
        return database.ReadAsync(
            connection => connection.ExecuteScalarAsync<bool>(
                """
                select exists (
                    select 1 from pg_locks where locktype = 'advisory' and mode = 'ShareLock' and granted
                    and database = (select oid from pg_database where datname = current_database())
                    and (classid::bigint << 32) + objid::bigint = @key and objsubid = 1)
                """,
                new { key = Key(owner.Value) }),
            cancel);
    }

    public ValueTask<IReadOnlyList<RunId>> ClaimOpenRunsAsync(OwnerId owner, CancellationToken cancel) => database.WriteAsync(
        async (connection, transaction) =>
        {
            var dead = new List<OwnerId>();
            foreach (var other in await RunClaims.OtherOwnersAsync(connection, transaction, owner))
            {
                // Held to the end of the transaction, so that the owner does not come to life in between.
                if (await connection.ExecuteScalarAsync<bool>("select pg_try_advisory_xact_lock(@key)", new { key = Key(other.Value) }, transaction))
                    dead.Add(other);
            }

            return await RunClaims.ClaimAsync(connection, transaction, owner, dead);
        },
        cancel);

    public ValueTask<IReadOnlyList<RunId>> OpenRunsAsync(OwnerId owner, CancellationToken cancel) =>
        database.ReadAsync(connection => RunClaims.OpenRunsAsync(connection, owner), cancel);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await keeping;
        if (session is not null)
        {
            try
            {
                // Said aloud, so that the locks are gone when this returns and not when the server notices.
                await session.ExecuteAsync("select pg_advisory_unlock_all()");
            }
            catch (Exception error) when (IsBroken(session, error))
            {
                // Gone with the server.
            }

            await session.DisposeAsync();
        }

        stop.Dispose();
        gate.Dispose();
    }

    // Advisory locks belong to a database; schemas of one database are stores of their own.
    private long Key(string owner) => AdvisoryKey.Of($"owner in {schema}", owner);

    private Task LockAsync(NpgsqlConnection connection, string owner, CancellationToken cancel) => connection.ExecuteAsync(
        new CommandDefinition("select pg_advisory_lock_shared(@key)", new { key = Key(owner) }, cancellationToken: cancel));

    // A session that broke earlier says that it is not open, and not why.
    private static bool IsBroken(NpgsqlConnection connection, Exception error) =>
        connection.State != ConnectionState.Open || PostgresErrors.IsAway(error);

    private async Task KeepAsync()
    {
        using var timer = new PeriodicTimer(Beat);
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token))
            {
                await gate.WaitAsync(stop.Token);
                try
                {
                    await RenewAsync();
                }
                finally
                {
                    gate.Release();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The store is being closed.
        }
    }

    private async Task RenewAsync()
    {
        try
        {
            if (session is not null) await session.ExecuteScalarAsync<int>("select 1");
        }
        catch (Exception error) when (IsBroken(session!, error))
        {
            await session!.DisposeAsync();
            session = null;
        }

        if (session is not null) return;
        try
        {
            var renewed = await source.OpenConnectionAsync(stop.Token);
            foreach (var owner in owners) await LockAsync(renewed, owner, stop.Token);
            session = renewed;
        }
        catch (Exception error) when (PostgresErrors.IsAway(error))
        {
            // Tried again at the next beat.
        }
    }
}

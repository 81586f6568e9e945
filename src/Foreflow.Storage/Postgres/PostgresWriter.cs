using System.Data;
using System.Diagnostics;
using Dapper;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Tables;
using Foreflow.Storage.Writing;
using Npgsql;

namespace Foreflow.Storage.Postgres;

/// <summary>
/// Commits all that waits as one transaction, then the next. When the server is away it tries again on a new connection; a number in the table
/// <c>writer</c>, written with every group, tells whether a commit whose answer was lost took place, so no group is stored twice.
/// </summary>
internal sealed class PostgresWriter : IAppendWriter, IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    // Every so many groups, the changes of counts are summed up.
    private const int GroupsBetweenSums = 500;

    private readonly string where;
    private readonly NpgsqlDataSource source;
    private readonly TimeSpan retryFor;
    private readonly GroupQueue queue;
    private readonly string id = Guid.NewGuid().ToString("N");
    private readonly Dictionary<string, long> pools = new(StringComparer.Ordinal);
    private readonly Task loop;
    private NpgsqlConnection? connection;
    private long groupNumber;
    private bool committing;

    public PostgresWriter(string where, NpgsqlDataSource source, TimeSpan retryFor)
    {
        this.where = where;
        this.source = source;
        this.retryFor = retryFor;
        queue = new GroupQueue(where);
        loop = Task.Run(LoopAsync);
    }

    public ValueTask AppendAsync(PendingAppend append) => queue.EnqueueAsync(append);

    /// <summary>Writes what still waits, then lets go of the server.</summary>
    public async ValueTask DisposeAsync()
    {
        queue.Close();
        await loop;
        if (connection is null) return;
        try
        {
            await connection.ExecuteAsync("delete from writer where id = @id", new { id });
        }
        catch (Exception error) when (connection.State != ConnectionState.Open || PostgresErrors.IsAway(error))
        {
            // The row is taken away later, by age.
        }

        await connection.DisposeAsync();
    }

    private async Task LoopAsync()
    {
        while (await queue.TakeAsync().ConfigureAwait(false) is { } group)
        {
            await WriteAsync(group).ConfigureAwait(false);
            GroupQueue.Complete(group);
        }
    }

    private async Task WriteAsync(WriteGroup group)
    {
        if (await TryCommitAsync(group.Writes).ConfigureAwait(false) is not { } error) return;
        // Away, no room: true of every write of the group. Any other error is one write's: find it by going one at a time.
        if (error is StorageFullException or StorageUnavailableException || group.Writes.Count == 1)
        {
            group.Fail(error);
            return;
        }

        foreach (var write in group.Writes) write.Error = await TryCommitAsync([write]).ConfigureAwait(false) ?? write.Error;
    }

    /// <summary>Commits all the writes, or none and says why.</summary>
    private async Task<Exception?> TryCommitAsync(List<PendingWrite> writes)
    {
        groupNumber++;
        committing = false;
        var since = Stopwatch.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                connection ??= await source.OpenConnectionAsync().ConfigureAwait(false);
                if (committing && await WasCommittedAsync(connection).ConfigureAwait(false)) return null;
                committing = false;
                await CommitAsync(connection, writes).ConfigureAwait(false);
                if (groupNumber % GroupsBetweenSums == 0) await SumCountsAsync(connection).ConfigureAwait(false);
                return null;
            }
            catch (Exception error)
            {
                await DropConnectionAsync().ConfigureAwait(false);
                if (Stopwatch.GetElapsedTime(since) > retryFor || !(PostgresErrors.IsAway(error) || PostgresErrors.IsClash(error)))
                    return PostgresErrors.Translate(error, where, committing);
                await Task.Delay(pause).ConfigureAwait(false);
            }
        }
    }

    private async Task CommitAsync(NpgsqlConnection to, List<PendingWrite> writes)
    {
        var runRounds = AppendChains.Rounds<PendingRunAppend>(writes, append => append.Append.NextSequence, Next);
        var journalRounds = AppendChains.Rounds<PendingJournalAppend>(writes, append => append.Records[0].Sequence, Next);
        foreach (var pool in journalRounds.SelectMany(round => round.Keys)) await FindOrAddPoolAsync(to, pool).ConfigureAwait(false);

        await using var transaction = await to.BeginTransactionAsync().ConfigureAwait(false);
        await using var batch = new NpgsqlBatch(to, transaction);
        var note = new NpgsqlBatchCommand(
            "insert into writer (id, group_number) values ($1, $2) on conflict (id) do update set group_number = excluded.group_number, seen_at = now()");
        note.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id });
        note.Parameters.Add(new NpgsqlParameter<long> { TypedValue = groupNumber });
        batch.BatchCommands.Add(note);
        var runs = new List<Dictionary<string, AppendChain<PendingRunAppend>>>();
        foreach (var round in runRounds) PostgresRunBatch.Add(batch, round, runs);
        foreach (var round in journalRounds) PostgresJournalBatch.Add(batch, round, pools);

        await using (var reader = await batch.ExecuteReaderAsync().ConfigureAwait(false))
        {
            foreach (var chains in runs) await ConfirmAsync(reader, chains, append => append.Append.NextSequence).ConfigureAwait(false);
            foreach (var chains in journalRounds) await ConfirmAsync(reader, chains, append => append.Records[0].Sequence).ConfigureAwait(false);
        }

        committing = true;
        await transaction.CommitAsync().ConfigureAwait(false);
    }

    /// <summary>Reads the streams that a statement wrote; the others of its round met a conflict.</summary>
    private static async Task ConfirmAsync<TAppend>(NpgsqlDataReader reader, Dictionary<string, AppendChain<TAppend>> chains, Func<TAppend, long> next)
        where TAppend : PendingAppend
    {
        var missing = new HashSet<string>(chains.Keys, StringComparer.Ordinal);
        while (await reader.ReadAsync().ConfigureAwait(false)) missing.Remove(reader.GetString(0));
        foreach (var stream in missing) chains[stream].Conflict(next);
        await reader.NextResultAsync().ConfigureAwait(false);
    }

    /// <summary>Whether the last commit took place. Waits for a former session of this writer that is still at it.</summary>
    private Task<bool> WasCommittedAsync(NpgsqlConnection to) => to.ExecuteScalarAsync<bool>(
        "select coalesce((select group_number from writer where id = @id for update), 0) >= @groupNumber", new { id, groupNumber });

    private static Task SumCountsAsync(NpgsqlConnection to) => to.ExecuteAsync("""
        with taken as (
            delete from run_count where ctid = any (array (select ctid from run_count for update skip locked)) returning workflow, status, count
        )
        insert into run_count (workflow, status, count) select workflow, status, sum(count) from taken group by workflow, status having sum(count) <> 0
        """);

    private async Task FindOrAddPoolAsync(NpgsqlConnection to, string pool)
    {
        if (pools.ContainsKey(pool)) return;
        await to.ExecuteAsync(JournalStore.InsertPool, new { pool }).ConfigureAwait(false);
        pools[pool] = await to.ExecuteScalarAsync<long>("select number from pool where name = @pool", new { pool }).ConfigureAwait(false);
    }

    private async Task DropConnectionAsync()
    {
        if (connection is null) return;
        var broken = connection;
        connection = null;
        try
        {
            await broken.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (PostgresErrors.IsAway(error))
        {
            // Broken already.
        }
    }

    private static long Next(PendingRunAppend append) => append.Append.NextSequence + append.Append.Events.Count;

    private static long Next(PendingJournalAppend append) => append.Records[^1].Sequence + 1;
}

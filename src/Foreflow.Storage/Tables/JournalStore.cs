using System.Data.Common;
using Dapper;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Writing;

namespace Foreflow.Storage.Tables;

/// <summary>Journals: appends go to the group writer, all else is plain SQL over one range of keys a pool.</summary>
internal sealed class JournalStore(IDatabase database, IAppendWriter writer) : IJournalStore
{
    /// <summary>Adds a pool when it is missing. Asks first: a refused insert would use up one of the few numbers.</summary>
    public const string InsertPool =
        "insert into pool (name) select @pool where not exists (select 1 from pool where name = @pool) on conflict do nothing";

    private const string Columns = "key, at, kind, subject, payload";

    public ValueTask AppendAsync(string pool, IReadOnlyList<JournalRecord> records) => writer.AppendAsync(AppendRules.Check(pool, records));

    public ValueTask<IReadOnlyList<JournalRecord>> ReadAsync(string pool, long from, long to, int limit, CancellationToken cancel) => InPool(
        pool,
        [],
        (connection, number) => ReadAsync(
            connection,
            number,
            $"select {Columns} from journal where key >= @low and key <= @high order by key limit @limit",
            new { low = Keys.Record(number, Math.Max(from, 0)), high = Keys.Record(number, Math.Min(to, Keys.RecordsPerJournal - 1)), limit }),
        cancel);

    public ValueTask<IReadOnlyList<JournalRecord>> ReadSubjectAsync(
        string pool, string subject, Instant notAfter, int limit, CancellationToken cancel) => InPool(
        pool,
        [],
        (connection, number) => ReadAsync(
            connection,
            number,
            $"""
            select {Columns} from journal where subject = @subject and at <= @at and key >= @low and key < @high
            order by at desc, key desc limit @limit
            """,
            new { subject, at = notAfter.Ticks, low = Keys.Record(number, 0), high = Keys.Record(number + 1, 0), limit }),
        cancel);

    public ValueTask<long> LastSequenceAsync(string pool, CancellationToken cancel) => InPool(
        pool,
        -1L,
        async (connection, number) => await EndAsync(connection, number, "max") is { } key ? key - Keys.Record(number, 0) : -1,
        cancel);

    public ValueTask<long?> FirstSequenceAtAsync(string pool, Instant at, CancellationToken cancel) => InPool<long?>(
        pool,
        null,
        async (connection, number) =>
        {
            if (await EndAsync(connection, number, "min") is not { } low || await EndAsync(connection, number, "max") is not { } high) return null;
            if (await TimeAsync(connection, high) < at.Ticks) return null;
            // Times never fall along a journal, so the place is found by halving: no index over time is kept.
            while (low < high)
            {
                var middle = low + ((high - low) / 2);
                if (await TimeAsync(connection, middle) < at.Ticks) low = middle + 1;
                else high = middle;
            }

            return low - Keys.Record(number, 0);
        },
        cancel);

    public async ValueTask SaveCheckpointAsync(string pool, JournalCheckpoint checkpoint, CancellationToken cancel)
    {
        AppendRules.CheckName(pool, "a pool's name");
        AppendRules.CheckPayload(checkpoint.Payload, "a checkpoint");
        ArgumentOutOfRangeException.ThrowIfLessThan(checkpoint.Sequence, -1);
        await database.WriteAsync(
            async (connection, transaction) =>
            {
                await connection.ExecuteAsync(InsertPool, new { pool }, transaction);
                var number = await connection.ExecuteScalarAsync<long>("select number from pool where name = @pool", new { pool }, transaction);
                return await connection.ExecuteAsync(
                    """
                    insert into journal_checkpoint (key, at, payload) values (@key, @at, @payload)
                    on conflict (key) do update set at = excluded.at, payload = excluded.payload
                    """,
                    new { key = Keys.Checkpoint(number, checkpoint.Sequence), at = checkpoint.At.Ticks, payload = checkpoint.Payload.ToArray() },
                    transaction);
            },
            cancel);
    }

    public ValueTask<JournalCheckpoint?> FindCheckpointAsync(string pool, long notAfterSequence, CancellationToken cancel) => InPool<JournalCheckpoint?>(
        pool,
        null,
        async (connection, number) =>
        {
            var last = Math.Clamp(notAfterSequence, -2, Keys.RecordsPerJournal - 2);
            var row = await connection.QueryFirstOrDefaultAsync<(long Key, long At, byte[]? Payload)>(
                "select key, at, payload from journal_checkpoint where key >= @low and key <= @high order by key desc limit 1",
                new { low = Keys.Checkpoint(number, -1), high = Keys.Checkpoint(number, last) });
            return row.Payload is null ? null : new JournalCheckpoint(Keys.CheckpointSequence(number, row.Key), new Instant(row.At), row.Payload);
        },
        cancel);

    public ValueTask<int> TrimAsync(string pool, Instant before, int limit, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return database.WriteAsync(
            async (connection, transaction) =>
            {
                var number = await connection.ExecuteScalarAsync<long?>("select number from pool where name = @pool", new { pool }, transaction);
                if (number is null) return 0;
                var checkpoint = await connection.ExecuteScalarAsync<long?>(
                    "select max(key) from journal_checkpoint where key >= @low and key < @high and at <= @at",
                    new { low = Keys.Checkpoint(number.Value, -1), high = Keys.Checkpoint(number.Value + 1, -1), at = before.Ticks },
                    transaction);
                if (checkpoint is null) return 0;
                // The record at the checkpoint stays: it tells where the journal ends when nothing follows.
                var end = Keys.Record(number.Value, Keys.CheckpointSequence(number.Value, checkpoint.Value));
                var removed = await connection.ExecuteAsync(
                    "delete from journal where key in (select key from journal where key >= @low and key < @end order by key limit @limit)",
                    new { low = Keys.Record(number.Value, 0), end, limit },
                    transaction);
                if (removed < limit)
                {
                    await connection.ExecuteAsync(
                        "delete from journal_checkpoint where key >= @low and key < @checkpoint",
                        new { low = Keys.Checkpoint(number.Value, -1), checkpoint },
                        transaction);
                }

                return removed;
            },
            cancel);
    }

    private ValueTask<T> InPool<T>(string pool, T none, Func<DbConnection, long, Task<T>> read, CancellationToken cancel) => database.ReadAsync(
        async connection =>
        {
            var number = await connection.ExecuteScalarAsync<long?>("select number from pool where name = @pool", new { pool });
            return number is null ? none : await read(connection, number.Value);
        },
        cancel);

    private static async Task<IReadOnlyList<JournalRecord>> ReadAsync(DbConnection connection, long pool, string sql, object parameters)
    {
        var records = new List<JournalRecord>();
        await using var row = await connection.ExecuteReaderAsync(sql, parameters);
        while (await row.ReadAsync())
        {
            records.Add(new JournalRecord(
                row.GetInt64(0) - Keys.Record(pool, 0),
                new Instant(row.GetInt64(1)),
                (int)row.GetInt64(2),
                row.IsDBNull(3) ? null : row.GetString(3),
                row.GetFieldValue<byte[]>(4)));
        }

        return records;
    }

    private static Task<long?> EndAsync(DbConnection connection, long pool, string which) => connection.ExecuteScalarAsync<long?>(
        $"select {which}(key) from journal where key >= @low and key < @high", new { low = Keys.Record(pool, 0), high = Keys.Record(pool + 1, 0) });

    private static Task<long> TimeAsync(DbConnection connection, long key) =>
        connection.ExecuteScalarAsync<long>("select at from journal where key = @key", new { key });
}

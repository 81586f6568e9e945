using System.Data.Common;
using Dapper;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Tables;
using Npgsql;

namespace Foreflow.Storage.Postgres;

/// <summary>Everything but appends: each call has a pooled connection, each write a transaction of its own.</summary>
internal sealed class PostgresDatabase(string where, string schema, NpgsqlDataSource source) : IDatabase
{
    private const int Attempts = 5;

    public async ValueTask<T> ReadAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancel)
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
            return await read(connection).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            throw PostgresErrors.Translate(error, where, outcomeUnknown: false);
        }
    }

    public async ValueTask<T> WriteAsync<T>(Func<DbConnection, DbTransaction?, Task<T>> write, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            var committing = false;
            try
            {
                await using var connection = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
                await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
                var result = await write(connection, transaction).ConfigureAwait(false);
                committing = true;
                await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
                return result;
            }
            catch (Exception error) when (attempt < Attempts && PostgresErrors.IsClash(error))
            {
                // The next attempt starts from what the other transaction left.
            }
            catch (Exception error)
            {
                throw PostgresErrors.Translate(error, where, committing);
            }
        }
    }

    public Task LockAsync(DbConnection connection, DbTransaction? transaction, string name) => connection.ExecuteAsync(
        "select pg_advisory_xact_lock(@key)", new { key = AdvisoryKey.Of($"table in {schema}", name) }, transaction);

    public Task ChangeCountAsync(DbConnection connection, DbTransaction? transaction, RunCount change) => connection.ExecuteAsync(
        "insert into run_count (workflow, status, count) values (@Workflow, @status, @Count)",
        new { change.Workflow, status = (long)change.Status, change.Count },
        transaction);
}

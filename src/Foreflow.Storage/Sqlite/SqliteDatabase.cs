using System.Data.Common;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Tables;
using Microsoft.Data.Sqlite;

namespace Foreflow.Storage.Sqlite;

/// <summary>Reads on connections of their own beside the one writer: neither waits for the other.</summary>
internal sealed class SqliteDatabase(string file, string connectionString, SqliteWriter writer) : IDatabase
{
    public ValueTask<T> ReadAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancel) =>
        // SQLite reads on the calling thread: not on one of a grain's.
        new(Task.Run(
            async () =>
            {
                try
                {
                    await using var connection = new SqliteConnection(connectionString);
                    connection.Open();
                    return await read(connection).ConfigureAwait(false);
                }
                catch (SqliteException error)
                {
                    throw SqliteErrors.Translate(error, file);
                }
            },
            cancel));

    public ValueTask<T> WriteAsync<T>(Func<DbConnection, DbTransaction?, Task<T>> write, CancellationToken cancel) =>
        writer.RunAsync(new SqliteJob<T>(write), cancel);

    public Task LockAsync(DbConnection connection, DbTransaction? transaction, string name) => Task.CompletedTask; // there is one writer at a time

    public Task ChangeCountAsync(DbConnection connection, DbTransaction? transaction, RunCount change)
    {
        writer.Runs.ChangeCount(change);
        return Task.CompletedTask;
    }
}

using System.Data.Common;
using Foreflow.Storage.Writing;
using Microsoft.Data.Sqlite;

namespace Foreflow.Storage.Sqlite;

/// <summary>A rare write, given as code, that shares the group's transaction.</summary>
internal abstract class SqliteJob : PendingWrite
{
    public override long Bytes => 0;

    public override int Rows => 1;

    public abstract void Run(SqliteConnection connection);
}

/// <inheritdoc/>
internal sealed class SqliteJob<T>(Func<DbConnection, DbTransaction?, Task<T>> work) : SqliteJob
{
    private readonly TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? result;

    public Task<T> Task => done.Task;

    // SQLite's provider does everything at once, so the task has ended when it comes back.
    public override void Run(SqliteConnection connection) => result = work(connection, null).GetAwaiter().GetResult();

    public override void Complete()
    {
        if (Error is null) done.SetResult(result!);
        else done.SetException(Error);
    }
}

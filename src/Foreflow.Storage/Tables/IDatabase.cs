using System.Data.Common;
using Foreflow.Engine.Storage;

namespace Foreflow.Storage.Tables;

/// <summary>What the tables need of a database. Statements are written once, in the SQL that SQLite and PostgreSQL share; what they do not share is here.</summary>
internal interface IDatabase
{
    /// <summary>Reads from one snapshot or several: each statement sees the last commit.</summary>
    ValueTask<T> ReadAsync<T>(Func<DbConnection, Task<T>> read, CancellationToken cancel);

    /// <summary>Does <paramref name="write"/> in a transaction and commits it; rolls back when it throws. May be called again for one write, so it must have no effect of its own.</summary>
    ValueTask<T> WriteAsync<T>(Func<DbConnection, DbTransaction?, Task<T>> write, CancellationToken cancel);

    /// <summary>Within a write: waits until no other write holds <paramref name="name"/>, and holds it to the end of the transaction.</summary>
    Task LockAsync(DbConnection connection, DbTransaction? transaction, string name);

    /// <summary>Within a write: changes how many runs of a workflow are in a state.</summary>
    Task ChangeCountAsync(DbConnection connection, DbTransaction? transaction, RunCount change);
}

using Foreflow.Engine.Storage;
using Foreflow.Storage.Writing;
using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace Foreflow.Storage.Sqlite;

/// <summary>
/// The one thread that writes. It commits all that waits as one transaction, which is on disk before any caller goes on
/// (<c>synchronous=FULL</c> with a write-ahead log: one fsync a group).
/// </summary>
internal sealed class SqliteWriter : IAppendWriter, IDisposable
{
    private readonly string file;
    private readonly SqliteConnection connection;
    private readonly GroupQueue queue;
    private readonly SqliteRunWriter runs;
    private readonly SqliteJournalWriter journal;
    private readonly SqliteStatement begin;
    private readonly SqliteStatement commit;
    private readonly Thread thread;

    /// <param name="file">The database's file, for messages.</param>
    /// <param name="connection">Open, and for this writer alone; disposed with it.</param>
    public SqliteWriter(string file, SqliteConnection connection)
    {
        this.file = file;
        this.connection = connection;
        queue = new GroupQueue(file);
        runs = new SqliteRunWriter(connection);
        journal = new SqliteJournalWriter(connection);
        // "immediate" takes the write lock at once: no later statement of the group can then be turned away.
        begin = new SqliteStatement(connection, "begin immediate");
        commit = new SqliteStatement(connection, "commit");
        thread = new Thread(Loop) { Name = "foreflow-storage", IsBackground = true };
        thread.Start();
    }

    public SqliteRunWriter Runs => runs;

    public ValueTask AppendAsync(PendingAppend append) => queue.EnqueueAsync(append);

    public async ValueTask<T> RunAsync<T>(SqliteJob<T> job, CancellationToken cancel)
    {
        await queue.EnqueueAsync(job, cancel).ConfigureAwait(false);
        return await job.Task.ConfigureAwait(false);
    }

    /// <summary>Writes what still waits, then lets go of the database.</summary>
    public void Dispose()
    {
        queue.Close();
        thread.Join();
        foreach (var disposable in (IDisposable[])[runs, journal, begin, commit, connection]) disposable.Dispose();
    }

    private void Loop()
    {
        while (queue.Take() is { } group)
        {
            Write(group);
            GroupQueue.Complete(group);
        }
    }

    private void Write(WriteGroup group)
    {
        if (TryCommit(group.Writes) is not { } error) return;
        // No room, no lock: true of every write of the group. Any other error is one write's: find it by going one at a time.
        if (error is StorageFullException or StorageUnavailableException || group.Writes.Count == 1)
        {
            group.Fail(error);
            return;
        }

        foreach (var write in group.Writes) write.Error = TryCommit([write]) ?? write.Error;
    }

    /// <summary>Commits all the writes, or none and says why.</summary>
    private Exception? TryCommit(IReadOnlyList<PendingWrite> writes)
    {
        try
        {
            begin.Run();
            foreach (var write in writes) Apply(write);
            runs.WriteCounts();
            commit.Run();
            return null;
        }
        catch (Exception error)
        {
            // SQLite has already rolled back by itself after some errors.
            if (sqlite3_get_autocommit(connection.Handle) == 0) sqlite3_exec(connection.Handle, "rollback");
            runs.Forget();
            journal.Forget();
            return error is SqliteException sqlite ? SqliteErrors.Translate(sqlite, file) : error;
        }
    }

    private void Apply(PendingWrite write)
    {
        write.Error = null;
        switch (write)
        {
            case PendingRunAppend run when !runs.Write(run.Append):
                run.Error = new StreamConflictException(run.Stream, run.Append.NextSequence);
                break;
            case PendingJournalAppend records when !journal.Write(records.JournalPool, records.Records):
                records.Error = new StreamConflictException(records.Stream, records.Records[0].Sequence);
                break;
            case SqliteJob job:
                job.Run(connection);
                break;
        }
    }
}

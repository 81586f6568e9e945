using Foreflow.Engine.Storage;
using Foreflow.Storage.Tables;
using Microsoft.Data.Sqlite;

namespace Foreflow.Storage.Sqlite;

/// <summary>Writes journal appends within the group's transaction.</summary>
internal sealed class SqliteJournalWriter : IDisposable
{
    private readonly Dictionary<string, long> numbers = [];
    private readonly SqliteStatement insertPool;
    private readonly SqliteStatement findPool;
    private readonly SqliteStatement findEnd;
    private readonly SqliteStatement insertRecord;

    public SqliteJournalWriter(SqliteConnection connection)
    {
        insertPool = new(connection, JournalStore.InsertPool);
        findPool = new(connection, "select number from pool where name = ?1");
        findEnd = new(connection, "select key from journal where key >= ?1 and key < ?2 order by key desc limit 1");
        insertRecord = new(connection, "insert into journal (key, at, kind, subject, payload) values (?1, ?2, ?3, ?4, ?5)");
    }

    /// <summary>Writes one append; false when the journal does not end right before it.</summary>
    public bool Write(string pool, IReadOnlyList<JournalRecord> records)
    {
        var number = FindOrAddPool(pool);
        var low = Keys.Record(number, 0);
        var next = findEnd.Bind(1, low).Bind(2, Keys.Record(number + 1, 0)).RunForNumber() + 1 ?? low;
        if (next != Keys.Record(number, records[0].Sequence)) return false;
        for (var i = 0; i < records.Count; i++)
        {
            var record = records[i];
            insertRecord.Bind(1, next + i).Bind(2, record.At.Ticks).Bind(3, record.Kind).Bind(4, record.Subject).Bind(5, record.Payload.Span).Run();
        }

        return true;
    }

    /// <summary>Forgets what a transaction that was rolled back had made known.</summary>
    public void Forget() => numbers.Clear();

    public void Dispose()
    {
        foreach (var statement in (SqliteStatement[])[insertPool, findPool, findEnd, insertRecord]) statement.Dispose();
    }

    private long FindOrAddPool(string pool)
    {
        if (numbers.TryGetValue(pool, out var known)) return known;
        insertPool.Bind(1, pool).Run();
        return numbers[pool] = findPool.Bind(1, pool).RunForNumber()!.Value;
    }
}

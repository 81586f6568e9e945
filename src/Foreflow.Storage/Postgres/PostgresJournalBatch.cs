using Foreflow.Engine.Storage;
using Foreflow.Storage.Tables;
using Foreflow.Storage.Writing;
using Npgsql;
using NpgsqlTypes;

namespace Foreflow.Storage.Postgres;

/// <summary>The statement that writes one round of journal appends.</summary>
internal static class PostgresJournalBatch
{
    private const string Append = """
        with head as (
            insert into journal (key, at, kind, subject, payload)
            select h.key, h.at, h.kind, h.subject, h.payload from unnest($1, $2, $3, $4, $5) as h (key, at, kind, subject, payload)
            where h.key = 1 + coalesce(
                (select max(j.key) from journal j where j.key >= (h.key >> 48) << 48 and j.key < ((h.key >> 48) + 1) << 48),
                ((h.key >> 48) << 48) - 1)
            order by h.key
            on conflict do nothing returning key
        ), following as (
            insert into journal (key, at, kind, subject, payload)
            select t.key, t.at, t.kind, t.subject, t.payload from unnest($6, $7, $8, $9, $10) as t (key, at, kind, subject, payload)
            join head on head.key >> 48 = t.key >> 48
        )
        select p.name from head join pool p on p.number = head.key >> 48
        """;

    public static void Add(NpgsqlBatch batch, Dictionary<string, AppendChain<PendingJournalAppend>> round, IReadOnlyDictionary<string, long> pools)
    {
        var command = new NpgsqlBatchCommand(Append);
        AddRecords(command, round.Values.Select(chain => (Pool(chain), chain.Appends[0].Records[0])));
        AddRecords(command, round.Values.SelectMany(chain => chain.Appends.SelectMany(append => append.Records).Skip(1).Select(record => (Pool(chain), record))));
        batch.BatchCommands.Add(command);

        long Pool(AppendChain<PendingJournalAppend> chain) => pools[chain.Appends[0].JournalPool];
    }

    private static void AddRecords(NpgsqlBatchCommand command, IEnumerable<(long Pool, JournalRecord Record)> records)
    {
        var rows = records.ToList();
        void Column<T>(NpgsqlDbType type, Func<(long Pool, JournalRecord Record), T> value) => command.Parameters.Add(
            new NpgsqlParameter<T[]> { TypedValue = rows.Select(value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type });
        Column(NpgsqlDbType.Bigint, row => Keys.Record(row.Pool, row.Record.Sequence));
        Column(NpgsqlDbType.Bigint, row => row.Record.At.Ticks);
        Column(NpgsqlDbType.Bigint, row => (long)row.Record.Kind);
        Column(NpgsqlDbType.Text, row => row.Record.Subject);
        Column(NpgsqlDbType.Bytea, row => row.Record.Payload);
    }
}

using Foreflow.Engine.Storage;
using Foreflow.Storage.Writing;
using Npgsql;
using NpgsqlTypes;

namespace Foreflow.Storage.Postgres;

/// <summary>Two statements that write one round of run appends: those that accept a run, and those that go on with one.</summary>
internal static class PostgresRunBatch
{
    private const string Accept = """
        with fresh as (
            insert into run (id, workflow, version, status, created_at, started_at, ended_at, priority, tasks_total, tasks_succeeded, tasks_failed, owner, message)
            select s.id, s.workflow, s.version, s.status, s.created_at, s.started_at, s.ended_at, s.priority, s.tasks_total, s.tasks_succeeded, s.tasks_failed, s.owner, s.message
            from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) with ordinality
                as s (id, status, started_at, ended_at, priority, tasks_total, tasks_succeeded, tasks_failed, owner, message, workflow, version, created_at, place)
            order by s.place
            on conflict (id) do nothing returning number, id, workflow, status
        ), counted as (
            insert into run_count (workflow, status, count) select workflow, status, count(*) from fresh group by workflow, status
        ), stored as (
            insert into run_event (key, payload)
            select (f.number << 24) + e.sequence, e.payload from unnest($14, $15, $16) as e (run, sequence, payload) join fresh f on f.id = e.run
        )
        select id from fresh
        """;

    // The event before must be there and the first new one must not: whoever inserts it first has won the stream.
    private const string GoOn = """
        with head as (
            insert into run_event (key, payload)
            select (r.number << 24) + h.sequence, h.payload from unnest($1, $2, $3) as h (run, sequence, payload) join run r on r.id = h.run
            where exists (select 1 from run_event p where p.key = (r.number << 24) + h.sequence - 1)
            order by h.run
            on conflict do nothing returning key >> 24 as number
        ), following as (
            insert into run_event (key, payload)
            select (r.number << 24) + t.sequence, t.payload from unnest($4, $5, $6) as t (run, sequence, payload)
            join run r on r.id = t.run join head on head.number = r.number
        ), change as (
            select r.number, r.workflow, r.status as before, s.* from unnest($7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
                as s (id, status, started_at, ended_at, priority, tasks_total, tasks_succeeded, tasks_failed, owner, message)
            join run r on r.id = s.id join head on head.number = r.number
        ), changed as (
            update run r set status = c.status, started_at = c.started_at, ended_at = c.ended_at, priority = c.priority, tasks_total = c.tasks_total,
                tasks_succeeded = c.tasks_succeeded, tasks_failed = c.tasks_failed, owner = c.owner, message = c.message
            from change c where r.number = c.number
        ), counted as (
            insert into run_count (workflow, status, count)
            select workflow, status, sum(count) from (
                select workflow, before as status, -1 as count from change where before <> status
                union all select workflow, status, 1 from change where before <> status) as moved
            group by workflow, status
        )
        select r.id from head join run r on r.number = head.number
        """;

    /// <summary>Adds the statements to a batch; <paramref name="expected"/> gets the chains that each of them must confirm.</summary>
    public static void Add(NpgsqlBatch batch, Dictionary<string, AppendChain<PendingRunAppend>> round, List<Dictionary<string, AppendChain<PendingRunAppend>>> expected)
    {
        var (accept, goOn) = (new Dictionary<string, AppendChain<PendingRunAppend>>(), new Dictionary<string, AppendChain<PendingRunAppend>>());
        foreach (var (run, chain) in round) (chain.Appends[0].Append.NextSequence == 0 ? accept : goOn).Add(run, chain);
        if (accept.Count > 0)
        {
            var command = new NpgsqlBatchCommand(Accept);
            AddSummaries(command, accept.Values.Select(chain => (First(chain), Last(chain)!)).ToList(), whole: true);
            AddEvents(command, accept.Values.SelectMany(chain => Events(chain)));
            batch.BatchCommands.Add(command);
            expected.Add(accept);
        }

        if (goOn.Count > 0)
        {
            var command = new NpgsqlBatchCommand(GoOn);
            AddEvents(command, goOn.Values.Select(chain => Events(chain).First()));
            AddEvents(command, goOn.Values.SelectMany(chain => Events(chain).Skip(1)));
            AddSummaries(command, goOn.Values.Where(chain => Last(chain) is not null).Select(chain => (First(chain), Last(chain)!)).ToList(), whole: false);
            batch.BatchCommands.Add(command);
            expected.Add(goOn);
        }
    }

    private static RunSummary? First(AppendChain<PendingRunAppend> chain) => chain.Appends[0].Append.Summary;

    private static RunSummary? Last(AppendChain<PendingRunAppend> chain) => chain.Appends.FindLast(append => append.Append.Summary is not null)?.Append.Summary;

    private static IEnumerable<(string Run, long Sequence, ReadOnlyMemory<byte> Payload)> Events(AppendChain<PendingRunAppend> chain)
    {
        foreach (var append in chain.Appends)
        {
            for (var i = 0; i < append.Append.Events.Count; i++)
                yield return (append.Stream, append.Append.NextSequence + i, append.Append.Events[i]);
        }
    }

    private static void AddEvents(NpgsqlBatchCommand command, IEnumerable<(string Run, long Sequence, ReadOnlyMemory<byte> Payload)> events)
    {
        var rows = events.ToList();
        Add(command, NpgsqlDbType.Text, rows.Select(row => row.Run).ToArray());
        Add(command, NpgsqlDbType.Bigint, rows.Select(row => row.Sequence).ToArray());
        Add(command, NpgsqlDbType.Bytea, rows.Select(row => row.Payload).ToArray());
    }

    private static void AddSummaries(NpgsqlBatchCommand command, List<(RunSummary? First, RunSummary Last)> runs, bool whole)
    {
        void Column<T>(NpgsqlDbType type, Func<RunSummary, T> value) => Add(command, type, runs.Select(run => value(run.Last)).ToArray());
        Column(NpgsqlDbType.Text, run => run.Id.Value);
        Column(NpgsqlDbType.Bigint, run => (long)run.Status);
        Column(NpgsqlDbType.Bigint, run => run.StartedAt?.Ticks);
        Column(NpgsqlDbType.Bigint, run => run.EndedAt?.Ticks);
        Column(NpgsqlDbType.Bigint, run => (long)run.Priority);
        Column(NpgsqlDbType.Bigint, run => (long)run.TasksTotal);
        Column(NpgsqlDbType.Bigint, run => (long)run.TasksSucceeded);
        Column(NpgsqlDbType.Bigint, run => (long)run.TasksFailed);
        Column(NpgsqlDbType.Text, run => run.Owner?.Value);
        Column(NpgsqlDbType.Text, run => run.Message);
        if (!whole) return;
        Add(command, NpgsqlDbType.Text, runs.Select(run => run.First!.Workflow).ToArray());
        Add(command, NpgsqlDbType.Text, runs.Select(run => run.First!.WorkflowVersion).ToArray());
        Add(command, NpgsqlDbType.Bigint, runs.Select(run => run.First!.CreatedAt.Ticks).ToArray());
    }

    private static void Add<T>(NpgsqlBatchCommand command, NpgsqlDbType type, T[] values) =>
        command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type });
}

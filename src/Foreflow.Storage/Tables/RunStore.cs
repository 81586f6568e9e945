using System.Data.Common;
using Dapper;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Writing;

namespace Foreflow.Storage.Tables;

/// <summary>Runs: appends go to the group writer, all else is plain SQL.</summary>
internal sealed class RunStore(IDatabase database, IAppendWriter writer) : IRunStore
{
    public ValueTask AppendAsync(RunAppend append) => writer.AppendAsync(AppendRules.Check(append));

    public ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ReadAsync(RunId run, int from, int limit, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        return database.ReadAsync(
            async connection =>
            {
                // One statement: after a restart thousands of runs are read one after the other.
                var payloads = await connection.QueryAsync<byte[]>(
                    $"""
                    select payload from run_event
                    where key >= (select number * {Keys.EventsPerRun} from run where id = @id) + @from and key < (select (number + 1) * {Keys.EventsPerRun} from run where id = @id)
                    order by key limit @limit
                    """,
                    new { id = run.Value, from, limit });
                return (IReadOnlyList<ReadOnlyMemory<byte>>)[.. payloads.Select(payload => new ReadOnlyMemory<byte>(payload))];
            },
            cancel);
    }

    public ValueTask<RunSummary?> FindAsync(RunId run, CancellationToken cancel) => database.ReadAsync(
        async connection =>
        {
            await using var reader = await connection.ExecuteReaderAsync($"select {RunRow.Columns} from run where id = @id", new { id = run.Value });
            return await reader.ReadAsync() ? RunRow.Read(reader).Summary : null;
        },
        cancel);

    public ValueTask<IReadOnlyList<RunId>> ResolveAsync(string prefix, int limit, CancellationToken cancel)
    {
        AppendRules.CheckName(prefix, "the start of a run's id");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        // Ids are compared by code point, so every id that starts with the prefix lies before prefix + U+10FFFF.
        var range = new { prefix, beyond = prefix + "\U0010FFFF", limit };
        return database.ReadAsync(
            async connection =>
            {
                var ids = await connection.QueryAsync<string>("select id from run where id >= @prefix and id < @beyond order by id limit @limit", range);
                return (IReadOnlyList<RunId>)[.. ids.Select(id => new RunId(id))];
            },
            cancel);
    }

    public ValueTask<RunPage> ListAsync(RunQuery query, CancellationToken cancel)
    {
        if (query.Limit is < 1 or > StorageLimits.PageSize)
            throw new ArgumentOutOfRangeException(nameof(query), query.Limit, $"a page has 1 to {StorageLimits.PageSize} runs");
        return database.ReadAsync(
            async connection =>
            {
                var rows = new List<RunRow>();
                // One state at a time is a range of an index, whose first rows are the newest; several at once would have to be sorted.
                if (query.Statuses.Count == 0) rows.AddRange(await ListAsync(connection, query, null));
                else foreach (var status in query.Statuses.Distinct()) rows.AddRange(await ListAsync(connection, query, status));
                var newest = rows.OrderByDescending(row => row.Summary.CreatedAt).ThenByDescending(row => row.Number).Take(query.Limit).ToList();
                var more = rows.Count > newest.Count;
                return new RunPage([.. newest.Select(row => row.Summary)], more ? new RunCursor(newest[^1].Summary.CreatedAt, newest[^1].Number) : null);
            },
            cancel);
    }

    public ValueTask<IReadOnlyList<RunCount>> CountAsync(string? workflow, CancellationToken cancel) => database.ReadAsync(
        async connection =>
        {
            var rows = await connection.QueryAsync<(string Workflow, long Status, long Count)>(
                $"""
                select workflow, status, cast(sum(count) as bigint) from run_count {(workflow is null ? "" : "where workflow = @workflow")}
                group by workflow, status having sum(count) <> 0 order by workflow, status
                """,
                new { workflow });
            return (IReadOnlyList<RunCount>)[.. rows.Select(row => new RunCount(row.Workflow, (RunStatus)row.Status, row.Count))];
        },
        cancel);

    public ValueTask<IReadOnlyList<RunId>> PruneAsync(Instant endedBefore, int limit, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return database.WriteAsync(
            async (connection, transaction) =>
            {
                await database.LockAsync(connection, transaction, "prune");
                var ended = (await connection.QueryAsync<(long Number, string Id, string Workflow, long Status)>(
                    "select number, id, workflow, status from run where ended_at < @before order by ended_at, number limit @limit",
                    new { before = endedBefore.Ticks, limit },
                    transaction)).AsList();
                foreach (var chunk in ended.Select(run => run.Number).Chunk(500))
                {
                    // A statement a run, each over one range of the index, all sent at once: planners get a join of ranges wrong.
                    var ranges = chunk.Select(number => $"delete from run_event where key >= {Keys.Event(number, 0)} and key < {Keys.Event(number + 1, 0)}");
                    await connection.ExecuteAsync(string.Join(";", ranges), transaction: transaction);
                    await connection.ExecuteAsync($"delete from run where number in ({string.Join(", ", chunk)})", transaction: transaction);
                }

                foreach (var group in ended.GroupBy(run => (run.Workflow, run.Status)))
                    await database.ChangeCountAsync(connection, transaction, new RunCount(group.Key.Workflow, (RunStatus)group.Key.Status, -group.Count()));
                return (IReadOnlyList<RunId>)[.. ended.Select(run => new RunId(run.Id))];
            },
            cancel);
    }

    private static async Task<List<RunRow>> ListAsync(DbConnection connection, RunQuery query, RunStatus? status)
    {
        var where = new List<string> { "(created_at, number) < (@created, @number)" };
        if (query.Since is not null) where.Add("created_at >= @since");
        if (query.Workflow is not null) where.Add("workflow = @workflow");
        if (status is not null) where.Add("status = @status");
        var rows = new List<RunRow>();
        await using var reader = await connection.ExecuteReaderAsync(
            $"select {RunRow.Columns} from run where {string.Join(" and ", where)} order by created_at desc, number desc limit @limit",
            new
            {
                created = query.After?.CreatedAt.Ticks ?? long.MaxValue,
                number = query.After?.Number ?? long.MaxValue,
                since = query.Since?.Ticks,
                workflow = query.Workflow,
                status = (long?)status,
                limit = query.Limit + 1,
            });
        while (await reader.ReadAsync()) rows.Add(RunRow.Read(reader));
        return rows;
    }
}

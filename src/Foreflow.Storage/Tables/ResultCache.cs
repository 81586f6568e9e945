using Dapper;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Writing;

namespace Foreflow.Storage.Tables;

/// <summary>Results to use again.</summary>
internal sealed class ResultCache(IDatabase database) : IResultCache
{
    private const string Select = "select key, output, artifacts_path as ArtifactsPath, at from cached_result";

    public ValueTask<CachedResult?> FindAsync(string key, CancellationToken cancel) => database.ReadAsync(
        async connection =>
        {
            var rows = await connection.QueryAsync<Row>($"{Select} where key = @key", new { key });
            return rows.FirstOrDefault().ToResult();
        },
        cancel);

    public async ValueTask PutAsync(CachedResult result, CancellationToken cancel)
    {
        AppendRules.CheckName(result.Key, "a result's key");
        AppendRules.CheckPayload(result.Output, "a result");
        if (result.ArtifactsPath is { } path) AppendRules.CheckText(path, "a path to artifacts");
        await database.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync(
                """
                insert into cached_result (key, output, artifacts_path, at) values (@Key, @output, @ArtifactsPath, @at)
                on conflict (key) do update set output = excluded.output, artifacts_path = excluded.artifacts_path, at = excluded.at
                """,
                new { result.Key, output = result.Output.ToArray(), result.ArtifactsPath, at = result.At.Ticks },
                transaction),
            cancel);
    }

    public ValueTask<IReadOnlyList<CachedResult>> PruneAsync(Instant before, int limit, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return database.WriteAsync(
            async (connection, transaction) =>
            {
                await database.LockAsync(connection, transaction, "prune");
                var rows = (await connection.QueryAsync<Row>(
                    $"{Select} where at < @at order by at, key limit @limit", new { at = before.Ticks, limit }, transaction)).AsList();
                await connection.ExecuteAsync("delete from cached_result where key = @Key", rows.Select(row => new { row.Key }), transaction);
                return (IReadOnlyList<CachedResult>)[.. rows.Select(row => row.ToResult()!)];
            },
            cancel);
    }

    private readonly record struct Row(string? Key, byte[] Output, string? ArtifactsPath, long At)
    {
        public CachedResult? ToResult() => Key is null ? null : new CachedResult(Key, Output, ArtifactsPath, new Instant(At));
    }
}

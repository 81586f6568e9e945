using Dapper;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Writing;

namespace Foreflow.Storage.Tables;

/// <summary>Named pieces of bytes.</summary>
internal sealed class BlobStore(IDatabase database) : IBlobStore
{
    public async ValueTask PutAsync(string kind, string key, ReadOnlyMemory<byte> payload, CancellationToken cancel)
    {
        AppendRules.CheckName(kind, "a kind");
        AppendRules.CheckName(key, "a key");
        AppendRules.CheckPayload(payload, "a blob");
        await database.WriteAsync(
            (connection, transaction) => connection.ExecuteAsync(
                """
                insert into named_blob (kind, key, payload) values (@kind, @key, @payload)
                on conflict (kind, key) do update set payload = excluded.payload
                """,
                new { kind, key, payload = payload.ToArray() },
                transaction),
            cancel);
    }

    public ValueTask<ReadOnlyMemory<byte>?> FindAsync(string kind, string key, CancellationToken cancel) => database.ReadAsync(
        async connection =>
        {
            var payload = await connection.ExecuteScalarAsync<byte[]?>(
                "select payload from named_blob where kind = @kind and key = @key", new { kind, key });
            return payload is null ? (ReadOnlyMemory<byte>?)null : payload;
        },
        cancel);

    public ValueTask<IReadOnlyList<string>> ListAsync(string kind, CancellationToken cancel) => database.ReadAsync(
        async connection => (IReadOnlyList<string>)(await connection.QueryAsync<string>(
            "select key from named_blob where kind = @kind order by key", new { kind })).AsList(),
        cancel);

    public ValueTask<bool> DeleteAsync(string kind, string key, CancellationToken cancel) => database.WriteAsync(
        async (connection, transaction) =>
            await connection.ExecuteAsync("delete from named_blob where kind = @kind and key = @key", new { kind, key }, transaction) > 0,
        cancel);
}

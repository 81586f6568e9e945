using System.Data.Common;
using Dapper;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Writing;

namespace Foreflow.Storage.Tables;

/// <summary>Profiles: read, merged and written in one transaction.</summary>
internal sealed class ProfileStore(IDatabase database) : IProfileStore
{
    /// <summary>Kind of the marks of merged sources among the named blobs.</summary>
    private const string SourceKind = "profile-source";

    public async ValueTask MergeAsync(IReadOnlyList<StoredProfile> profiles, ProfileMerge merge, CancellationToken cancel)
    {
        foreach (var profile in profiles) Check(profile);
        if (profiles.Count == 0) return;
        await database.WriteAsync(
            async (connection, transaction) =>
            {
                await MergeAsync(connection, transaction, profiles, merge);
                return profiles.Count;
            },
            cancel);
    }

    public ValueTask<bool> MergeOnceAsync(string source, IReadOnlyList<StoredProfile> profiles, ProfileMerge merge, CancellationToken cancel)
    {
        AppendRules.CheckName(source, "a source");
        foreach (var profile in profiles) Check(profile);
        return database.WriteAsync(
            async (connection, transaction) =>
            {
                // The mark and the profiles are in one transaction: either both are there or neither is.
                var isNew = await connection.ExecuteAsync(
                    "insert into named_blob (kind, key, payload) values (@kind, @source, @payload) on conflict (kind, key) do nothing",
                    new { kind = SourceKind, source, payload = Array.Empty<byte>() },
                    transaction) > 0;
                if (isNew) await MergeAsync(connection, transaction, profiles, merge);
                return isNew;
            },
            cancel);
    }

    private async Task MergeAsync(DbConnection connection, DbTransaction? transaction, IReadOnlyList<StoredProfile> profiles, ProfileMerge merge)
    {
        // Rows that do not exist yet cannot be locked, so the whole merge is.
        await database.LockAsync(connection, transaction, "profile");
        foreach (var (key, incoming) in profiles)
        {
            var stored = await connection.ExecuteScalarAsync<byte[]?>(
                "select payload from profile where workflow = @Workflow and stage = @Stage and node_class = @NodeClass", key, transaction);
            var merged = merge(key, stored is null ? (ReadOnlyMemory<byte>?)null : stored, incoming);
            AppendRules.CheckPayload(merged, "a merged profile");
            await connection.ExecuteAsync(
                """
                insert into profile (workflow, stage, node_class, payload) values (@Workflow, @Stage, @NodeClass, @payload)
                on conflict (workflow, stage, node_class) do update set payload = excluded.payload
                """,
                new { key.Workflow, key.Stage, key.NodeClass, payload = merged.ToArray() },
                transaction);
        }
    }

    public ValueTask<IReadOnlyList<StoredProfile>> LoadAsync(CancellationToken cancel) => database.ReadAsync(
        async connection =>
        {
            var rows = await connection.QueryAsync<(string Workflow, string Stage, string NodeClass, byte[] Payload)>(
                "select workflow, stage, node_class, payload from profile order by workflow, stage, node_class");
            return (IReadOnlyList<StoredProfile>)[.. rows.Select(row => new StoredProfile(new(row.Workflow, row.Stage, row.NodeClass), row.Payload))];
        },
        cancel);

    public ValueTask<int> DeleteAsync(string workflow, CancellationToken cancel) => database.WriteAsync(
        (connection, transaction) => connection.ExecuteAsync("delete from profile where workflow = @workflow", new { workflow }, transaction), cancel);

    private static void Check(StoredProfile profile)
    {
        AppendRules.CheckName(profile.Key.Workflow, "a workflow's name");
        AppendRules.CheckName(profile.Key.Stage, "a stage's name");
        if (profile.Key.NodeClass is not "") AppendRules.CheckName(profile.Key.NodeClass, "a node class");
        AppendRules.CheckPayload(profile.Payload, "a profile");
    }
}

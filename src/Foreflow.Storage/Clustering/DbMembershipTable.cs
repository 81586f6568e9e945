using System.Data.Common;
using System.Globalization;
using Dapper;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Runtime;

namespace Foreflow.Storage.Clustering;

/// <summary>
/// The table that Orleans' membership protocol writes to, in the schema that <see cref="Postgres.PostgresStorage"/> and
/// <see cref="Sqlite.SqliteStorage"/> make. The protocol stays Orleans' own: every change but a heartbeat must carry the table's next version
/// and, for a row that exists, the row's etag; one transaction checks and raises both.
/// </summary>
public sealed class DbMembershipTable(DbDataSource source, IOptions<ClusterOptions> options) : IMembershipTable
{
    private const string Select = """
        select v.version, m.address, m.etag, m.status, m.started_at, m.alive_at, m.body
        from cluster_version v left join cluster_member m on m.cluster = v.cluster
        """;

    private readonly string cluster = options.Value.ClusterId;

    /// <inheritdoc/>
    public Task InitializeMembershipTable(bool tryInitTableVersion) =>
        ExecuteAsync("insert into cluster_version (cluster, version) values (@cluster, 0) on conflict do nothing", new { cluster });

    /// <inheritdoc/>
    public async Task DeleteMembershipTableEntries(string clusterId)
    {
        await ExecuteAsync("delete from cluster_member where cluster = @clusterId", new { clusterId });
        await ExecuteAsync("delete from cluster_version where cluster = @clusterId", new { clusterId });
    }

    /// <inheritdoc/>
    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => ExecuteAsync(
        "delete from cluster_member where cluster = @cluster and status = @dead and alive_at < @before and started_at < @before",
        new { cluster, dead = (long)SiloStatus.Dead, before = beforeDate.UtcTicks });

    /// <inheritdoc/>
    public Task<MembershipTableData> ReadRow(SiloAddress key) =>
        ReadAsync($"{Select} and m.address = @address where v.cluster = @cluster", new { cluster, address = key.ToParsableString() });

    /// <inheritdoc/>
    public Task<MembershipTableData> ReadAll() => ReadAsync($"{Select} where v.cluster = @cluster order by m.address", new { cluster });

    /// <inheritdoc/>
    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => ChangeAsync(
        tableVersion,
        """
        insert into cluster_member (cluster, address, etag, status, started_at, alive_at, body)
        values (@cluster, @address, 0, @status, @startedAt, @aliveAt, @body) on conflict do nothing
        """,
        entry,
        etag: 0);

    /// <inheritdoc/>
    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => long.TryParse(etag, CultureInfo.InvariantCulture, out var number)
        ? ChangeAsync(
            tableVersion,
            // A silo that reports another one carries that one's heartbeat as it last read it: it must not turn it back.
            """
            update cluster_member set etag = etag + 1, status = @status, started_at = @startedAt, body = @body,
                alive_at = case when alive_at > @aliveAt then alive_at else @aliveAt end
            where cluster = @cluster and address = @address and etag = @etag
            """,
            entry,
            number)
        : Task.FromResult(false);

    /// <inheritdoc/>
    public Task UpdateIAmAlive(MembershipEntry entry) => ExecuteAsync(
        "update cluster_member set alive_at = @aliveAt where cluster = @cluster and address = @address",
        new { cluster, address = entry.SiloAddress.ToParsableString(), aliveAt = entry.IAmAliveTime.Ticks });

    private async Task<bool> ChangeAsync(TableVersion next, string sql, MembershipEntry entry, long etag)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var row = new
        {
            cluster,
            address = entry.SiloAddress.ToParsableString(),
            etag,
            status = (long)entry.Status,
            startedAt = entry.StartTime.Ticks,
            aliveAt = entry.IAmAliveTime.Ticks,
            body = MemberBody.Write(entry),
        };
        // The version first: it is the one row that all changes of a cluster meet at, so they queue up here and nowhere else.
        var raised = await connection.ExecuteAsync(
            "update cluster_version set version = version + 1 where cluster = @cluster and version = @before",
            new { cluster, before = (long)next.Version - 1 },
            transaction);
        if (raised == 0 || await connection.ExecuteAsync(sql, row, transaction) == 0)
        {
            await transaction.RollbackAsync();
            return false;
        }

        await transaction.CommitAsync();
        return true;
    }

    // One statement, so that the version and the rows are of one moment.
    private async Task<MembershipTableData> ReadAsync(string sql, object parameters)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var reader = await connection.ExecuteReaderAsync(sql, parameters);
        var members = new List<Tuple<MembershipEntry, string>>();
        var version = 0L;
        while (await reader.ReadAsync())
        {
            version = reader.GetInt64(0);
            if (reader.IsDBNull(1)) continue;
            members.Add(Tuple.Create(
                MemberBody.Read(reader.GetString(1), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetString(6)),
                reader.GetInt64(2).ToString(CultureInfo.InvariantCulture)));
        }

        return new MembershipTableData(members, new TableVersion((int)version, version.ToString(CultureInfo.InvariantCulture)));
    }

    private async Task ExecuteAsync(string sql, object parameters)
    {
        await using var connection = await source.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, parameters);
    }
}

using Dapper;
using Foreflow.Core.Model;
using Foreflow.Core.Scheduling;
using Foreflow.Engine.Storage;

namespace Foreflow.Storage.Tables;

/// <summary>Leases on gates that engines share.</summary>
internal sealed class GateStore(IDatabase database) : IGateStore
{
    public ValueTask<IReadOnlyList<GateRenewal>> RenewAsync(
        string owner, Func<IReadOnlyList<GateLease>, IReadOnlyList<GateRenewal>> renew, CancellationToken cancel) => database.WriteAsync(
        async (connection, transaction) =>
        {
            await database.LockAsync(connection, transaction, "gates");
            var rows = await connection.QueryAsync<Row>(
                "select gate, owner, capacity, held, wanted, first, since, granted, until from gate_lease order by gate, owner", transaction: transaction);
            var all = rows.Select(row => row.ToLease()).ToList();
            var renewed = renew(all);
            var wished = renewed.Select(r => r.Lease).ToList();
            if (GateLeases.Stand([.. all.Where(lease => lease.Owner == owner)], wished)) return renewed;
            await connection.ExecuteAsync("delete from gate_lease where owner = @owner", new { owner }, transaction);
            foreach (var lease in wished)
            {
                await connection.ExecuteAsync(
                    """
                    insert into gate_lease (gate, owner, capacity, held, wanted, first, since, granted, until)
                    values (@Gate, @owner, @Capacity, @Held, @Wanted, @First, @since, @Granted, @until)
                    """,
                    new { lease.Gate, owner, lease.Capacity, lease.Held, lease.Wanted, lease.First, since = lease.Since.Ticks, lease.Granted, until = lease.Until.Ticks },
                    transaction);
            }

            return renewed;
        },
        cancel);

    private readonly record struct Row(string Gate, string Owner, long Capacity, long Held, long Wanted, long First, long Since, long Granted, long Until)
    {
        public GateLease ToLease() => new(Gate, Owner, (int)Capacity, (int)Held, (int)Wanted, (int)First, new Instant(Since), (int)Granted, new Instant(Until));
    }
}

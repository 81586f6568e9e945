using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Messaging;

namespace Foreflow.Storage.Clustering;

/// <summary>Makes silos and clients of a cluster find each other through the storage's database.</summary>
public static class ClusteringServices
{
    /// <summary>
    /// Adds the membership table and the list of gateways to a silo's or a client's services. The source comes from
    /// <see cref="Postgres.PostgresStorage.DataSource"/> or <see cref="Sqlite.SqliteStorage.DataSource"/>, and must outlive the host.
    /// </summary>
    public static IServiceCollection AddDatabaseClustering(this IServiceCollection services, DbDataSource source) => services
        .AddSingleton<IMembershipTable>(host => new DbMembershipTable(source, host.GetRequiredService<IOptions<ClusterOptions>>()))
        .AddSingleton<IGatewayListProvider, DbGatewayList>();
}

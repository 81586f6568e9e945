using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using Foreflow.Storage.Clustering;
using Foreflow.Storage.Postgres;
using Foreflow.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Foreflow.Storage.Tests.Conformance;

/// <summary>What Orleans expects of a membership table.</summary>
public abstract class MembershipFacts<TFixture> : StoreFacts<TFixture>
    where TFixture : IStoreFixture, new()
{
    private static readonly DateTime Now = new(2026, 11, 24, 12, 0, 0, DateTimeKind.Utc);
    private static readonly CancellationToken None = CancellationToken.None;
    private DbMembershipTable table = null!;
    private int generation;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        table = Table("c1");
        await Orleans(table).InitializeMembershipTableAsync(true, None);
    }

    [Fact]
    public async Task A_new_table_is_empty_at_version_0_also_when_initialised_again()
    {
        await Orleans(table).InitializeMembershipTableAsync(true, None);
        var data = await ReadAsync();
        Assert.Empty(data.Members);
        Assert.Equal(0, data.Version.Version);
        Assert.NotNull(data.Version.VersionEtag);
    }

    [Fact]
    public async Task A_member_is_inserted_once_and_only_with_the_next_version()
    {
        var next = (await ReadAsync()).Version.Next();
        var member = Member();
        Assert.True(await Orleans(table).InsertRowAsync(member, next, None));
        Assert.False(await Orleans(table).InsertRowAsync(member, next, None));
        Assert.False(await Orleans(table).InsertRowAsync(Member(), next, None));
        var data = await ReadAsync();
        Assert.Equal(1, data.Version.Version);
        Assert.NotEqual(next.VersionEtag, data.Version.VersionEtag);
        Assert.False(await Orleans(table).InsertRowAsync(member, data.Version.Next(), None));
        var row = await Orleans(table).ReadRowAsync(member.SiloAddress, None);
        Assert.Equal(1, row.Version.Version);
        Assert.Equal(Plain(member), Plain(Assert.Single(row.Members).Item1));
        Assert.Empty((await Orleans(table).ReadRowAsync(Member().SiloAddress, None)).Members);
    }

    [Fact]
    public async Task An_update_needs_the_rows_etag_and_the_next_version_and_changes_nothing_otherwise()
    {
        var member = await InsertAsync(Member());
        member.Status = SiloStatus.Active;
        member.RoleName = "role";
        member.FaultZone = 3;
        member.SuspectTimes = [Tuple.Create(Member().SiloAddress, Now.AddSeconds(1)), Tuple.Create(Member().SiloAddress, Now.AddTicks(2))];
        var before = await ReadAsync();
        var etag = before.Members[0].Item2;
        Assert.False(await Orleans(table).UpdateRowAsync(member, etag, before.Version, None));
        Assert.False(await Orleans(table).UpdateRowAsync(member, "99", before.Version.Next(), None));
        Assert.False(await Orleans(table).UpdateRowAsync(Member(), etag, before.Version.Next(), None));
        Assert.Equal(before.Version, (await ReadAsync()).Version);
        Assert.True(await Orleans(table).UpdateRowAsync(member, etag, before.Version.Next(), None));
        var after = await ReadAsync();
        Assert.Equal(before.Version.Version + 1, after.Version.Version);
        Assert.Equal(Plain(member), Plain(after.Members[0].Item1));
        Assert.NotEqual(etag, after.Members[0].Item2);
        Assert.False(await Orleans(table).UpdateRowAsync(member, etag, after.Version.Next(), None));
    }

    [Fact]
    public async Task Of_many_at_once_one_wins_each_version()
    {
        var member = Member();
        var next = (await ReadAsync()).Version.Next();
        var inserted = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => Orleans(table).InsertRowAsync(member, next, None))));
        Assert.Single(inserted, won => won);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(async () =>
        {
            while (true)
            {
                var data = await ReadAsync();
                if (await Orleans(table).UpdateRowAsync(data.Members[0].Item1, data.Members[0].Item2, data.Version.Next(), None)) return;
            }
        })));
        Assert.Equal(11, (await ReadAsync()).Version.Version);
    }

    [Fact]
    public async Task A_heartbeat_moves_neither_version_nor_etag_and_an_update_does_not_turn_it_back()
    {
        var member = await InsertAsync(Member());
        var before = await ReadAsync();
        await Orleans(table).UpdateIAmAliveAsync(new MembershipEntry { SiloAddress = member.SiloAddress, IAmAliveTime = Now.AddSeconds(5) }, None);
        var after = await ReadAsync();
        Assert.Equal(before.Version, after.Version);
        Assert.Equal(before.Members[0].Item2, after.Members[0].Item2);
        Assert.Equal(Now.AddSeconds(5), after.Members[0].Item1.IAmAliveTime);
        Assert.Equal(Plain(member), Plain(after.Members[0].Item1));
        Assert.True(await Orleans(table).UpdateRowAsync(member, before.Members[0].Item2, before.Version.Next(), None));
        Assert.Equal(Now.AddSeconds(5), (await ReadAsync()).Members[0].Item1.IAmAliveTime);
    }

    [Fact]
    public async Task Only_members_dead_since_long_are_cleaned_away()
    {
        foreach (var status in Enum.GetValues<SiloStatus>()) await InsertAsync(Member(status, Now.AddDays(-10)));
        await InsertAsync(Member(SiloStatus.Dead, Now.AddDays(-1)));
        var version = (await ReadAsync()).Version;
        await Orleans(table).CleanupDefunctSiloEntriesAsync(Now.AddDays(-7), None);
        var data = await ReadAsync();
        Assert.Equal(version, data.Version);
        Assert.Equal(Enum.GetValues<SiloStatus>().Length, data.Members.Count);
        Assert.Equal(Now.AddDays(-1), Assert.Single(data.Members, row => row.Item1.Status == SiloStatus.Dead).Item1.IAmAliveTime);
    }

    [Fact]
    public async Task Clusters_do_not_see_each_other()
    {
        var other = Table("c2");
        await Orleans(other).InitializeMembershipTableAsync(true, None);
        await InsertAsync(Member());
        Assert.Empty((await Orleans(other).ReadAllAsync(None)).Members);
        await Orleans(table).DeleteMembershipTableEntriesAsync("c2", None);
        Assert.Single((await ReadAsync()).Members);
        await Orleans(table).DeleteMembershipTableEntriesAsync("c1", None);
        Assert.Empty((await ReadAsync()).Members);
    }

    [Fact]
    public async Task Gateways_are_the_active_members_that_have_one()
    {
        await InsertAsync(Member());
        var gateway = await InsertAsync(Member(SiloStatus.Active));
        var without = Member(SiloStatus.Active);
        without.ProxyPort = 0;
        await InsertAsync(without);
        var gateways = await new DbGatewayList(table, Options.Create(new GatewayOptions())).GetGateways();
        Assert.Equal($"gwy.tcp://127.0.0.1:30000/{gateway.SiloAddress.Generation}", Assert.Single(gateways).ToString());
    }

    [Fact]
    public async Task Silos_and_a_client_find_each_other()
    {
        using var first = await StartSiloAsync();
        using var second = await StartSiloAsync();
        using var client = Build(Host.CreateEmptyApplicationBuilder(null), clientOnly: true);
        await client.StartAsync();
        var hosts = await client.Services.GetRequiredService<IClusterClient>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true);
        Assert.Equal(2, hosts.Count);
        await client.StopAsync();
        await second.StopAsync();
        await first.StopAsync();
    }

    private DbDataSource Source => Store switch
    {
        PostgresStorage postgres => postgres.DataSource,
        SqliteStorage sqlite => sqlite.DataSource,
        _ => throw new NotSupportedException(),
    };

    private DbMembershipTable Table(string cluster) => new(Source, Options.Create(new ClusterOptions { ClusterId = cluster, ServiceId = "s" }));

    // The methods that end in Async are the interface's own.
    private static IMembershipTable Orleans(DbMembershipTable membership) => membership;

    private Task<MembershipTableData> ReadAsync() => Orleans(table).ReadAllAsync(None);

    private async Task<MembershipEntry> InsertAsync(MembershipEntry member)
    {
        Assert.True(await Orleans(table).InsertRowAsync(member, (await ReadAsync()).Version.Next(), None));
        return member;
    }

    private MembershipEntry Member(SiloStatus status = SiloStatus.Joining, DateTime? started = null) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Loopback, 12_345, ++generation),
        HostName = "host",
        SiloName = "silo",
        Status = status,
        ProxyPort = 30_000,
        StartTime = started ?? Now,
        IAmAliveTime = started ?? Now,
    };

    private static (string, SiloStatus, string, string, string?, int, int, int, DateTime, string) Plain(MembershipEntry entry) => (
        entry.SiloAddress.ToParsableString(), entry.Status, entry.HostName, entry.SiloName, entry.RoleName, entry.ProxyPort, entry.UpdateZone,
        entry.FaultZone, entry.StartTime, string.Join(",", (entry.SuspectTimes ?? []).Select(suspect => $"{suspect.Item1.ToParsableString()} {suspect.Item2:O}")));

    private async Task<IHost> StartSiloAsync()
    {
        var host = Build(Host.CreateEmptyApplicationBuilder(null), clientOnly: false);
        await host.StartAsync();
        return host;
    }

    private IHost Build(HostApplicationBuilder builder, bool clientOnly)
    {
        builder.Logging.ClearProviders();
        if (clientOnly)
        {
            builder.UseOrleansClient(client => client.Configure<ClusterOptions>(Cluster).Services.AddDatabaseClustering(Source));
        }
        else
        {
            builder.UseOrleans(silo =>
            {
                silo.Configure<ClusterOptions>(Cluster).Services.AddDatabaseClustering(Source);
                silo.ConfigureEndpoints(IPAddress.Loopback, FreePort(), FreePort());
            });
        }

        return builder.Build();
    }

    private static void Cluster(ClusterOptions cluster) => (cluster.ClusterId, cluster.ServiceId) = ("silos", "silos");

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

using Foreflow.Engine.Storage;
using Foreflow.Storage.Postgres;
using Foreflow.Storage.Tests.Conformance;
using Foreflow.Storage.Tests.Postgres;

[assembly: AssemblyFixture(typeof(SharedPostgres))]

namespace Foreflow.Storage.Tests.Postgres;

/// <summary>One server for all tests, started when first asked for and stopped when all have ended.</summary>
public sealed class SharedPostgres : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresServer>> Server = new(() => PostgresServer.StartAsync());

    /// <summary>The server; skips the test where there cannot be one.</summary>
    public static async Task<PostgresServer> GetAsync()
    {
        Assert.SkipWhen(PostgresServer.WhyNot() is not null, PostgresServer.WhyNot() ?? "");
        return await Server.Value;
    }

    public async ValueTask DisposeAsync()
    {
        if (Server is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }) (await Server.Value).Remove();
    }
}

public sealed class PostgresFixture : IStoreFixture
{
    private string? schema;

    public async Task<IStorage> OpenAsync()
    {
        var server = await SharedPostgres.GetAsync();
        schema ??= server.NewSchema();
        return await PostgresStorage.OpenAsync(new PostgresOptions { ConnectionString = server.ConnectionString, Schema = schema });
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public sealed class PostgresRunEvents : RunEventFacts<PostgresFixture>;

public sealed class PostgresRunLists : RunListFacts<PostgresFixture>;

public sealed class PostgresRunOwnership : RunOwnershipFacts<PostgresFixture>;

public sealed class PostgresJournals : JournalFacts<PostgresFixture>;

public sealed class PostgresSmallStores : SmallStoreFacts<PostgresFixture>;

public sealed class PostgresMembership : MembershipFacts<PostgresFixture>;

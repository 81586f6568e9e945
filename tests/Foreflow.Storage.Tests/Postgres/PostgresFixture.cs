using Foreflow.Engine.Storage;
using Foreflow.Storage.Postgres;
using Foreflow.Storage.Tests.Conformance;

namespace Foreflow.Storage.Tests.Postgres;

public sealed class PostgresFixture : IStoreFixture
{
    private string? schema;

    public async Task<IStorage> OpenAsync()
    {
        var server = await PostgresServer.GetAsync();
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

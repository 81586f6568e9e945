using Foreflow.Engine.Storage;
using Foreflow.Storage.Sqlite;
using Foreflow.Storage.Tests.Conformance;

namespace Foreflow.Storage.Tests.Sqlite;

public sealed class SqliteFixture : IStoreFixture
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("foreflow-storage-").FullName;

    public Task<IStorage> OpenAsync() => Task.FromResult<IStorage>(SqliteStorage.Open(new SqliteOptions { Folder = Folder }));

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}

public sealed class SqliteRunEvents : RunEventFacts<SqliteFixture>;

public sealed class SqliteRunLists : RunListFacts<SqliteFixture>;

public sealed class SqliteRunOwnership : RunOwnershipFacts<SqliteFixture>;

public sealed class SqliteJournals : JournalFacts<SqliteFixture>;

public sealed class SqliteSmallStores : SmallStoreFacts<SqliteFixture>;

public sealed class SqliteMembership : MembershipFacts<SqliteFixture>;

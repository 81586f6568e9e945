using Foreflow.Core.Model;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Sqlite;
using Foreflow.Storage.Tests.Conformance;
using static Foreflow.Storage.Tests.Conformance.Samples;

namespace Foreflow.Storage.Tests.Sqlite;

public sealed class SqliteGroupFacts : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("foreflow-group-").FullName;

    [Fact]
    public async Task When_one_write_of_a_group_fails_every_other_one_ends_as_it_would_have_alone()
    {
        await using var storage = SqliteStorage.Open(new SqliteOptions { Folder = folder });
        await storage.Runs.AddAsync(Run("taken"));
        StoredProfile[] profile = [new(new ProfileKey("w", "s", ""), Bytes("1"))];

        // While the writer is held within one write, all that comes forms the next group.
        using var held = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var holding = storage.Profiles.MergeAsync(profile, (_, _, incoming) =>
        {
            held.Set();
            release.Wait();
            return incoming;
        }).AsTask();
        held.Wait();
        var fine = Enumerable.Range(0, 50).Select(i => storage.Runs.AddAsync(Run($"r{i}")).AsTask()).ToList();
        var failing = storage.Profiles.MergeAsync(profile, (_, _, _) => throw new FormatException("no profile")).AsTask();
        var conflict = storage.Runs.AddAsync(Run("taken")).AsTask();
        var records = storage.Journal.AppendAsync("main", [Record(0, "a")]).AsTask();
        var gap = storage.Journal.AppendAsync("main", [Record(7, "b")]).AsTask();
        release.Set();

        await holding;
        await Assert.ThrowsAsync<FormatException>(() => failing);
        await Assert.ThrowsAsync<StreamConflictException>(() => conflict);
        await Assert.ThrowsAsync<StreamConflictException>(() => gap);
        await Task.WhenAll(fine);
        await records;
        Assert.Equal([new("nightly", RunStatus.Queued, 51)], await storage.Runs.CountAsync());
        Assert.Equal(0, await storage.Journal.LastSequenceAsync("main"));
        Assert.Equal("1", Text((await storage.Profiles.LoadAsync()).Single().Payload));
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}

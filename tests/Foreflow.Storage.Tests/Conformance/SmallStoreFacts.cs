using System.Globalization;
using Foreflow.Core.Scheduling;
using Foreflow.Engine.Storage;
using static Foreflow.Storage.Tests.Conformance.Samples;

namespace Foreflow.Storage.Tests.Conformance;

public abstract class SmallStoreFacts<TFixture> : StoreFacts<TFixture>
    where TFixture : IStoreFixture, new()
{
    [Fact]
    public async Task Profiles_saved_by_two_processes_at_once_are_merged_and_none_is_lost()
    {
        var other = await OpenAgainAsync();
        StoredProfile One(string stage) => new(new ProfileKey("w", stage, ""), Bytes("1"));
        Task SaveAsync(IStorage storage) => Task.WhenAll(Enumerable.Range(0, 50).Select(_ => storage.Profiles.MergeAsync([One("b"), One("a")], Sum).AsTask()));
        await Task.WhenAll(Task.Run(() => SaveAsync(Store)), Task.Run(() => SaveAsync(other)));
        var loaded = await Store.Profiles.LoadAsync();
        Assert.Equal([("a", "100"), ("b", "100")], loaded.Select(profile => (profile.Key.Stage, Text(profile.Payload))));
    }

    [Fact]
    public async Task A_merge_that_fails_leaves_all_its_profiles_alone_and_the_store_at_work()
    {
        StoredProfile[] profiles = [new(new("w", "a", "big"), Bytes("5")), new(new("w", "b", ""), Bytes("x"))];
        var neighbours = Enumerable.Range(0, 100).Select(i => Store.Runs.AddAsync(Run($"r{i}")).AsTask()).ToList();
        await Assert.ThrowsAsync<FormatException>(async () => await Store.Profiles.MergeAsync(profiles, Sum));
        await Task.WhenAll(neighbours);
        Assert.Empty(await Store.Profiles.LoadAsync());
        await Store.Profiles.MergeAsync(profiles[..1], Sum);
        Assert.Equal(profiles[0].Key, (await Store.Profiles.LoadAsync()).Single().Key);
        Assert.Equal(0, await Store.Profiles.DeleteAsync("v"));
        Assert.Equal(1, await Store.Profiles.DeleteAsync("w"));
    }

    [Fact]
    public async Task Profiles_of_one_source_are_merged_once_also_when_the_first_try_failed()
    {
        StoredProfile[] broken = [new(new("w", "a", ""), Bytes("1")), new(new("w", "b", ""), Bytes("x"))];
        StoredProfile[] profiles = [new(new("w", "a", ""), Bytes("1"))];
        await Assert.ThrowsAsync<FormatException>(async () => await Store.Profiles.MergeOnceAsync("file", broken, Sum));
        Assert.True(await Store.Profiles.MergeOnceAsync("file", profiles, Sum));
        Assert.False(await Store.Profiles.MergeOnceAsync("file", profiles, Sum));
        Assert.True(await Store.Profiles.MergeOnceAsync("another file", profiles, Sum));
        Assert.Equal("2", Text((await Store.Profiles.LoadAsync()).Single().Payload));
    }

    [Fact]
    public async Task Blobs_are_kept_by_kind_and_key()
    {
        await Store.Blobs.PutAsync("model", "b", Bytes("1"));
        await Store.Blobs.PutAsync("model", "a", Bytes("2"));
        await Store.Blobs.PutAsync("series", "a", ReadOnlyMemory<byte>.Empty);
        await Store.Blobs.PutAsync("model", "b", Bytes("3"));
        Assert.Equal("3", Text((await Store.Blobs.FindAsync("model", "b"))!.Value));
        Assert.Equal("", Text((await Store.Blobs.FindAsync("series", "a"))!.Value));
        Assert.Null(await Store.Blobs.FindAsync("series", "b"));
        Assert.Equal(["a", "b"], await Store.Blobs.ListAsync("model"));
        Assert.True(await Store.Blobs.DeleteAsync("model", "a"));
        Assert.False(await Store.Blobs.DeleteAsync("model", "a"));
    }

    [Fact]
    public async Task The_version_saved_last_is_the_current_one_even_when_it_is_an_old_one()
    {
        WorkflowVersion Version(string name, string version, double at) => new(name, version, $"text of {version}", At(at));
        await Store.Workflows.SaveAsync(Version("a", "1", 1));
        await Store.Workflows.SaveAsync(Version("a", "2", 2));
        await Store.Workflows.SaveAsync(Version("b", "1", 3));
        Assert.Equal([Version("a", "2", 2), Version("b", "1", 3)], await Store.Workflows.ListAsync());
        await Store.Workflows.SaveAsync(Version("a", "1", 4));
        Assert.Equal(Version("a", "1", 4), await Store.Workflows.FindCurrentAsync("a"));
        Assert.Equal([Version("a", "1", 4), Version("a", "2", 2)], await Store.Workflows.HistoryAsync("a"));
        Assert.Equal(Version("a", "2", 2), await Store.Workflows.FindAsync("a", "2"));
        Assert.Null(await Store.Workflows.FindAsync("a", "3"));
        Assert.Null(await Store.Workflows.FindCurrentAsync("c"));
    }

    [Fact]
    public async Task Switches_are_set_and_taken_away()
    {
        await Store.Switches.SetAsync("mode", "recommend");
        await Store.Switches.SetAsync("pause/w/decode", "on");
        await Store.Switches.SetAsync("mode", "on");
        Assert.True(await Store.Switches.RemoveAsync("pause/w/decode"));
        Assert.False(await Store.Switches.RemoveAsync("pause/w/decode"));
        Assert.Equal([new("mode", "on")], await (await OpenAgainAsync()).Switches.LoadAsync());
    }

    [Fact]
    public async Task Results_are_found_again_until_pruned()
    {
        var first = new CachedResult("k1", Bytes("out"), "/artifacts/k1", At(1));
        var second = new CachedResult("k2", Bytes(""), null, At(2));
        await Store.Results.PutAsync(second);
        await Store.Results.PutAsync(first with { At = At(9) });
        await Store.Results.PutAsync(first);
        Assert.Equal(Plain(first), Plain((await Store.Results.FindAsync("k1"))!));
        Assert.Equal(Plain(second), Plain((await Store.Results.FindAsync("k2"))!));
        Assert.Null(await Store.Results.FindAsync("k3"));
        Assert.Equal(["k1"], (await Store.Results.PruneAsync(At(2), 10)).Select(result => result.Key));
        Assert.Null(await Store.Results.FindAsync("k1"));
        Assert.NotNull(await Store.Results.FindAsync("k2"));
    }

    [Fact]
    public async Task Leases_are_decided_by_what_all_have_and_two_who_ask_at_once_never_get_more_than_there_is()
    {
        var other = await OpenAgainAsync();
        GateNeed need = new("db", 5, null, 0, 0, 3, 1, At(1));
        async Task<int> AskAsync(IStorage storage, string owner) =>
            (await storage.Gates.RenewAsync(owner, all => GateShares.Renew(all, owner, [need], At(1)))).Single().Lease.Granted;
        var granted = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Run(() => AskAsync(i % 2 == 0 ? Store : other, $"o{i}"))));
        Assert.Equal(5, granted.Sum());

        // Given back by one, it is another's.
        for (var i = 0; i < 10; i++)
        {
            await Store.Gates.RenewAsync($"o{i}", all => GateShares.Renew(all, $"o{i}", [], At(2)));
        }

        Assert.Equal(3, await AskAsync(other, "p"));
        await other.Gates.RenewAsync("q", all =>
        {
            Assert.Equal(new GateLease("db", "p", 5, 0, 3, 1, At(1), 3, At(1) + GateShares.Lease), Assert.Single(all));
            return [];
        });
    }

    private static ReadOnlyMemory<byte> Sum(ProfileKey key, ReadOnlyMemory<byte>? stored, ReadOnlyMemory<byte> incoming) =>
        Bytes((int.Parse(stored is null ? "0" : Text(stored.Value), CultureInfo.InvariantCulture) + int.Parse(Text(incoming), CultureInfo.InvariantCulture))
            .ToString(CultureInfo.InvariantCulture));

    private static (string, string, string?, double) Plain(CachedResult result) => (result.Key, Text(result.Output), result.ArtifactsPath, result.At.UnixSeconds);
}

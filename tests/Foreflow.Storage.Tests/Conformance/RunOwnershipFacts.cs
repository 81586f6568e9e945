using Foreflow.Core.Model;
using Foreflow.Engine.Storage;
using static Foreflow.Storage.Tests.Conformance.Samples;

namespace Foreflow.Storage.Tests.Conformance;

public abstract class RunOwnershipFacts<TFixture> : StoreFacts<TFixture>
    where TFixture : IStoreFixture, new()
{
    private static readonly OwnerId Ours = new("ours");
    private static readonly OwnerId Theirs = new("theirs");

    [Fact]
    public async Task An_owner_lives_as_long_as_the_store_that_holds_it()
    {
        Assert.False(await Store.Ownership.IsAliveAsync(Theirs));
        var other = await OpenAgainAsync();
        await other.Ownership.AcquireAsync(Theirs);
        Assert.True(await Store.Ownership.IsAliveAsync(Theirs));
        Assert.True(await other.Ownership.IsAliveAsync(Theirs));
        Assert.False(await Store.Ownership.IsAliveAsync(Ours));
        await other.DisposeAsync();
        Assert.False(await Store.Ownership.IsAliveAsync(Theirs));
    }

    [Fact]
    public async Task Open_runs_of_the_dead_and_of_nobody_are_claimed_and_no_others()
    {
        var living = await OpenAgainAsync();
        await living.Ownership.AcquireAsync(Theirs);
        await Store.Ownership.AcquireAsync(Ours);
        await Store.Runs.AddAsync(Run("dead-open", RunStatus.Running, owner: "dead"));
        await Store.Runs.AddAsync(Run("dead-paused", RunStatus.Paused, owner: "dead-too"));
        await Store.Runs.AddAsync(Run("dead-ended", RunStatus.Succeeded, owner: "dead"));
        await Store.Runs.AddAsync(Run("theirs", RunStatus.Running, owner: "theirs"));
        await Store.Runs.AddAsync(Run("ours", RunStatus.Running, owner: "ours"));
        await Store.Runs.AddAsync(Run("nobodys"));

        Assert.Equal(["dead-open", "dead-paused", "nobodys"], await ClaimAsync(Store, Ours));
        Assert.Equal(["dead-open", "dead-paused", "ours", "nobodys"], (await Store.Ownership.OpenRunsAsync(Ours)).Select(run => run.Value));
        Assert.Equal(["theirs"], (await Store.Ownership.OpenRunsAsync(Theirs)).Select(run => run.Value));
        Assert.Equal(new OwnerId("dead"), (await Store.Runs.FindAsync(new RunId("dead-ended")))!.Owner);
        Assert.Empty(await ClaimAsync(Store, Ours));
        Assert.Empty(await ClaimAsync(living, Theirs));
    }

    [Fact]
    public async Task A_run_is_claimed_by_one_of_many_only()
    {
        for (var i = 0; i < 200; i++) await Store.Runs.AddAsync(Run($"r{i:D3}", RunStatus.Running, owner: $"dead{i % 3}"));
        var claimers = await Task.WhenAll(Enumerable.Range(0, 4).Select(async i =>
        {
            var storage = await OpenAgainAsync();
            await storage.Ownership.AcquireAsync(new OwnerId($"claimer{i}"));
            return (storage, owner: new OwnerId($"claimer{i}"));
        }));
        var claims = await Task.WhenAll(claimers.Select(claimer => Task.Run(() => ClaimAsync(claimer.storage, claimer.owner))));
        Assert.Equal(200, claims.Sum(claim => claim.Length));
        Assert.Equal(200, claims.SelectMany(claim => claim).Distinct().Count());
    }

    [Fact]
    public async Task An_owner_that_starts_again_finds_its_runs()
    {
        var first = await OpenAgainAsync();
        await first.Ownership.AcquireAsync(Theirs);
        await first.Runs.AddAsync(Run("r1", RunStatus.Running, owner: "theirs"));
        await first.DisposeAsync();
        var second = await OpenAgainAsync();
        await second.Ownership.AcquireAsync(Theirs);
        Assert.Empty(await ClaimAsync(Store, Ours));
        Assert.Equal(["r1"], (await second.Ownership.OpenRunsAsync(Theirs)).Select(run => run.Value));
    }

    [Fact]
    public async Task Asking_whether_an_owner_lives_never_keeps_it_from_starting()
    {
        using var stop = new CancellationTokenSource();
        var asking = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested) await Store.Ownership.IsAliveAsync(Theirs);
        });
        try
        {
            for (var i = 0; i < 5; i++)
            {
                var other = await OpenAgainAsync();
                await other.Ownership.AcquireAsync(Theirs);
                await other.DisposeAsync();
            }
        }
        finally
        {
            await stop.CancelAsync();
            await asking;
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData("a b")]
    public async Task A_name_that_cannot_be_an_owners_is_refused(string name) =>
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.Ownership.AcquireAsync(new OwnerId(name)));

    private static async Task<string[]> ClaimAsync(IStorage storage, OwnerId owner) =>
        [.. (await storage.Ownership.ClaimOpenRunsAsync(owner)).Select(run => run.Value)];
}

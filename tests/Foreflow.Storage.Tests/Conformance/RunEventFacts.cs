using Foreflow.Core.Model;
using Foreflow.Engine.Storage;
using static Foreflow.Storage.Tests.Conformance.Samples;

namespace Foreflow.Storage.Tests.Conformance;

public abstract class RunEventFacts<TFixture> : StoreFacts<TFixture>
    where TFixture : IStoreFixture, new()
{
    [Fact]
    public async Task Events_come_back_in_order_byte_for_byte()
    {
        byte[] every = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];
        await Store.Runs.AppendAsync(new RunAppend(new RunId("r1"), 0, [Bytes("a"), ReadOnlyMemory<byte>.Empty, every], Run("r1")));
        await Store.Runs.AppendAsync("r1", 3, "d");
        var events = await Store.Runs.ReadAsync(new RunId("r1"));
        Assert.Equal(["a", ""], events.Take(2).Select(Text));
        Assert.Equal(every, events[2].ToArray());
        Assert.Equal("d", Text(events[3]));
    }

    [Fact]
    public async Task Reading_starts_and_ends_where_asked()
    {
        await Store.Runs.AddAsync(Run("r1"));
        await Store.Runs.AddAsync(Run("r2"));
        await Store.Runs.AppendAsync("r1", 1, "b", "c", "d");
        Assert.Equal(["c"], await Store.Runs.TextsAsync("r1", from: 2, limit: 1));
        Assert.Equal(["c", "d"], await Store.Runs.TextsAsync("r1", from: 2));
        Assert.Empty(await Store.Runs.TextsAsync("r1", from: 4));
        Assert.Empty(await Store.Runs.TextsAsync("none"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task An_append_anywhere_but_at_the_end_is_turned_away_whole(int next)
    {
        await Store.Runs.AddAsync(Run("r1"));
        await Store.Runs.AppendAsync("r1", 1, "b");
        var changed = Run("r1", RunStatus.Running);
        var conflict = await Assert.ThrowsAsync<StreamConflictException>(
            async () => await Store.Runs.AppendAsync(new RunAppend(new RunId("r1"), next, [Bytes("x"), Bytes("y")], changed)));
        Assert.Equal(("r1", next), (conflict.Stream, conflict.NextSequence));
        Assert.Equal(["accepted", "b"], await Store.Runs.TextsAsync("r1"));
        Assert.Equal(RunStatus.Queued, (await Store.Runs.FindAsync(new RunId("r1")))!.Status);
        await Store.Runs.AppendAsync("r1", 2, "c");
    }

    [Fact]
    public async Task An_append_to_a_run_that_was_never_accepted_is_turned_away() =>
        await Assert.ThrowsAsync<StreamConflictException>(async () => await Store.Runs.AppendAsync("r1", 1, "b"));

    [Fact]
    public async Task A_former_owner_is_fenced_off_by_the_newer_event()
    {
        await Store.Runs.AddAsync(Run("r1"));
        var other = await OpenAgainAsync();
        await other.Runs.AppendAsync("r1", 1, "theirs");
        await Assert.ThrowsAsync<StreamConflictException>(async () => await Store.Runs.AppendAsync("r1", 1, "ours"));
        Assert.Equal(["accepted", "theirs"], await Store.Runs.TextsAsync("r1"));
        await Store.Runs.AppendAsync("r1", 2, "seen it");
    }

    [Fact]
    public async Task A_conflict_does_not_touch_the_neighbours_in_its_group()
    {
        await Store.Runs.AddAsync(Run("taken"));
        var appends = Enumerable.Range(0, 500)
            .Select(i => Store.Runs.AddAsync(Run(i % 50 == 0 ? "taken" : $"r{i:D3}")).AsTask()).ToArray();
        await Task.WhenAll(appends).ContinueWith(_ => { }, TaskScheduler.Default);
        for (var i = 0; i < appends.Length; i++)
            Assert.Equal(i % 50 == 0 ? typeof(StreamConflictException) : null, appends[i].Exception?.InnerException?.GetType());
        Assert.Equal(491, (await Store.Runs.CountAsync()).Single().Count);
    }

    [Fact]
    public async Task Appends_to_one_run_that_do_not_wait_for_each_other_keep_their_order()
    {
        await Store.Runs.AddAsync(Run("r1"));
        var appends = Enumerable.Range(1, 2_000).Select(i => Store.Runs.AppendAsync("r1", i, $"{i}").AsTask()).ToArray();
        await Task.WhenAll(appends);
        Assert.Equal(Enumerable.Range(1, 2_000).Select(i => $"{i}"), await Store.Runs.TextsAsync("r1", from: 1));
    }

    [Fact]
    public async Task Of_two_writers_who_race_for_every_event_exactly_one_wins()
    {
        await Store.Runs.AddAsync(Run("r1"));
        var other = await OpenAgainAsync();
        var won = new int[2];
        async Task WriteAsync(IStorage storage, int who)
        {
            for (var next = 1; next <= 100; next++)
            {
                try
                {
                    await storage.Runs.AppendAsync("r1", next, $"{who}:{next}");
                    won[who]++;
                }
                catch (StreamConflictException)
                {
                    // The other one was faster.
                }
            }
        }

        await Task.WhenAll(Task.Run(() => WriteAsync(Store, 0)), Task.Run(() => WriteAsync(other, 1)));
        var events = await Store.Runs.TextsAsync("r1", from: 1);
        Assert.Equal(Enumerable.Range(1, 100), events.Select(text => int.Parse(text.Split(':')[1])));
        Assert.Equal(won[0], events.Count(text => text.StartsWith('0')));
        Assert.Equal(100, won[0] + won[1]);
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_when_the_store_is_opened_again()
    {
        await Task.WhenAll(Enumerable.Range(0, 3_000).Select(i => Store.Runs.AddAsync(Run($"r{i:D4}")).AsTask()));
        await Store.DisposeAsync();
        var again = await OpenAgainAsync();
        Assert.Equal(3_000, (await again.Runs.CountAsync()).Single().Count);
        await again.Runs.AppendAsync("r0042", 1, "goes on");
        Assert.Equal(["accepted", "goes on"], await again.Runs.TextsAsync("r0042"));
    }

    [Fact]
    public async Task Closing_writes_what_still_waits_and_then_takes_no_more()
    {
        var appends = Enumerable.Range(0, 5_000).Select(i => Store.Runs.AddAsync(Run($"r{i:D4}")).AsTask()).ToArray();
        await Store.DisposeAsync();
        await Task.WhenAll(appends);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Store.Runs.AppendAsync("r0000", 1, "late"));
    }

    [Fact]
    public async Task A_payload_of_many_pages_comes_back()
    {
        var large = new byte[3_000_000];
        new Random(7).NextBytes(large);
        await Store.Runs.AppendAsync(new RunAppend(new RunId("r1"), 0, [large], Run("r1")));
        Assert.Equal(large, (await Store.Runs.ReadAsync(new RunId("r1"))).Single().ToArray());
    }

    [Fact]
    public async Task Broken_rules_are_told_before_anything_is_written()
    {
        var run = new RunId("r1");
        async Task<string> Refused(RunAppend append) => (await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.Runs.AppendAsync(append))).Message;
        Assert.Contains("at least one event", await Refused(new RunAppend(run, 0, [], Run("r1"))));
        Assert.Contains("needs the run's summary", await Refused(new RunAppend(run, 0, [Bytes("a")])));
        Assert.Contains("summary is of run 'r2'", await Refused(new RunAppend(run, 0, [Bytes("a")], Run("r2"))));
        Assert.Contains("exactly when it is not open", await Refused(new RunAppend(run, 0, [Bytes("a")], Run("r1") with { EndedAt = Start })));
        Assert.Contains("must not be empty", await Refused(new RunAppend(new RunId(""), 0, [Bytes("a")], Run(""))));
        Assert.Contains("16,777,216", await Refused(new RunAppend(run, StorageLimits.EventsPerRun, [Bytes("a")], Run("r1"))));
        Assert.Contains("67,108,864", await Refused(new RunAppend(run, 0, [new byte[StorageLimits.PayloadBytes + 1]], Run("r1"))));
        Assert.Contains("owner's id", await Refused(new RunAppend(run, 0, [Bytes("a")], Run("r1", owner: "../x"))));
        Assert.Empty(await Store.Runs.CountAsync());
    }
}

using Foreflow.Core.Model;
using Foreflow.Engine.Storage;
using static Foreflow.Storage.Tests.Conformance.Samples;

namespace Foreflow.Storage.Tests.Conformance;

public abstract class JournalFacts<TFixture> : StoreFacts<TFixture>
    where TFixture : IStoreFixture, new()
{
    [Fact]
    public async Task Records_come_back_whole_and_in_order()
    {
        JournalRecord[] records = [Record(0, "a", 1, "w/decode", kind: 7), Record(1, "", 2), Record(2, "c", 2, "run-1")];
        await Store.Journal.AppendAsync("main", records[..1]);
        await Store.Journal.AppendAsync("main", records[1..]);
        var read = await Store.Journal.ReadAsync("main", 0, long.MaxValue, 10);
        Assert.Equal(records.Select(Plain), read.Select(Plain));
        Assert.Equal(["c"], await PayloadsAsync("main", 2, 2));
        Assert.Equal(["a", ""], await PayloadsAsync("main", 0, 5, limit: 2));
        Assert.Equal(2, await Store.Journal.LastSequenceAsync("main"));
    }

    [Fact]
    public async Task Pools_do_not_see_each_other()
    {
        await Store.Journal.AppendAsync("a", [Record(0, "a0")]);
        await Store.Journal.AppendAsync("b", [Record(0, "b0"), Record(1, "b1")]);
        await Store.Journal.AppendAsync("a", [Record(1, "a1")]);
        Assert.Equal(["a0", "a1"], await PayloadsAsync("a", 0, long.MaxValue));
        Assert.Equal(["b0", "b1"], await PayloadsAsync("b", 0, long.MaxValue));
        Assert.Equal(-1, await Store.Journal.LastSequenceAsync("c"));
        Assert.Empty(await PayloadsAsync("c", 0, long.MaxValue));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_second_writer_of_a_journal_is_turned_away(long next)
    {
        await Store.Journal.AppendAsync("main", [Record(0, "a"), Record(1, "b")]);
        var other = await OpenAgainAsync();
        await Assert.ThrowsAsync<StreamConflictException>(async () => await other.Journal.AppendAsync("main", [Record(next, "x"), Record(next + 1, "y")]));
        Assert.Equal(["a", "b"], await PayloadsAsync("main", 0, long.MaxValue));
    }

    [Fact]
    public async Task Records_with_a_gap_are_refused() =>
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.Journal.AppendAsync("main", [Record(0, "a"), Record(2, "b")]));

    [Fact]
    public async Task Many_appends_that_do_not_wait_keep_their_order()
    {
        await Task.WhenAll(Enumerable.Range(0, 3_000).Select(i => Store.Journal.AppendAsync("main", [Record(i, $"{i}", i)]).AsTask()));
        Assert.Equal(Enumerable.Range(0, 3_000).Select(i => $"{i}"), await PayloadsAsync("main", 0, long.MaxValue, 5_000));
    }

    [Fact]
    public async Task A_subject_is_found_newest_first_up_to_a_time()
    {
        await Store.Journal.AppendAsync("other", [Record(0, "elsewhere", 1, "w/decode")]);
        await Store.Journal.AppendAsync("main", [.. Enumerable.Range(0, 30).Select(i => Record(i, $"{i}", i / 3, i % 3 == 0 ? "w/decode" : null))]);
        var found = await Store.Journal.ReadSubjectAsync("main", "w/decode", At(5), 3);
        Assert.Equal(["15", "12", "9"], found.Select(record => Text(record.Payload)));
        Assert.Empty(await Store.Journal.ReadSubjectAsync("main", "w/encode", At(5), 3));
    }

    [Fact]
    public async Task A_time_leads_to_the_first_record_at_or_after_it()
    {
        Assert.Null(await Store.Journal.FirstSequenceAtAsync("main", At(0)));
        double[] times = [1, 1, 2, 4, 4, 4, 7];
        await Store.Journal.AppendAsync("main", [.. times.Select((at, i) => Record(i, "", at))]);
        for (var at = 0.5; at < 8; at += 0.5)
        {
            var first = Array.FindIndex(times, time => time >= at);
            Assert.Equal(first < 0 ? null : first, await Store.Journal.FirstSequenceAtAsync("main", At(at)));
        }
    }

    [Fact]
    public async Task The_newest_checkpoint_not_after_a_record_is_found()
    {
        Assert.Null(await Store.Journal.FindCheckpointAsync("main"));
        foreach (var sequence in (long[])[-1, 4, 9]) await Store.Journal.SaveCheckpointAsync("main", new(sequence, At(sequence), Bytes($"at {sequence}")));
        await Store.Journal.SaveCheckpointAsync("next", new(-1, At(0), Bytes("other pool")));
        await Store.Journal.SaveCheckpointAsync("main", new(4, At(4), Bytes("again at 4")));
        Assert.Equal("at 9", Text((await Store.Journal.FindCheckpointAsync("main"))!.Payload));
        var found = (await Store.Journal.FindCheckpointAsync("main", 8))!;
        Assert.Equal((4, At(4), "again at 4"), (found.Sequence, found.At, Text(found.Payload)));
        Assert.Equal(-1, (await Store.Journal.FindCheckpointAsync("main", 3))!.Sequence);
    }

    [Fact]
    public async Task Trimming_keeps_what_a_replay_from_then_on_needs()
    {
        await Store.Journal.AppendAsync("main", [.. Enumerable.Range(0, 20).Select(i => Record(i, $"{i}", i))]);
        Assert.Equal(0, await Store.Journal.TrimAsync("main", At(100), 100));
        foreach (var sequence in (long[])[4, 9, 14]) await Store.Journal.SaveCheckpointAsync("main", new(sequence, At(sequence), Bytes("state")));
        Assert.Equal(5, await Store.Journal.TrimAsync("main", At(12), 5));
        Assert.Equal(4, await Store.Journal.TrimAsync("main", At(12), 5));
        Assert.Equal(0, await Store.Journal.TrimAsync("main", At(12), 5));
        Assert.Equal("9", (await PayloadsAsync("main", 0, long.MaxValue))[0]);
        Assert.Equal(9, (await Store.Journal.FindCheckpointAsync("main", 12))!.Sequence);
        Assert.Null(await Store.Journal.FindCheckpointAsync("main", 8));
        Assert.Equal(9, await Store.Journal.FirstSequenceAtAsync("main", At(0)));
        await Store.Journal.AppendAsync("main", [Record(20, "goes on", 20)]);
    }

    [Fact]
    public async Task A_journal_trimmed_to_its_end_goes_on_counting()
    {
        await Store.Journal.AppendAsync("main", [Record(0, "a"), Record(1, "b")]);
        await Store.Journal.SaveCheckpointAsync("main", new(1, At(0), Bytes("state")));
        await Store.Journal.TrimAsync("main", At(1), 100);
        await Assert.ThrowsAsync<StreamConflictException>(async () => await Store.Journal.AppendAsync("main", [Record(0, "again")]));
        await Store.Journal.AppendAsync("main", [Record(2, "c")]);
    }

    private async Task<string[]> PayloadsAsync(string pool, long from, long to, int limit = 1_000) =>
        [.. (await Store.Journal.ReadAsync(pool, from, to, limit)).Select(record => Text(record.Payload))];

    private static (long, Instant, int, string?, string) Plain(JournalRecord record) =>
        (record.Sequence, record.At, record.Kind, record.Subject, Text(record.Payload));
}

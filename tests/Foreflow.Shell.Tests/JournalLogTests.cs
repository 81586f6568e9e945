using System.Text;
using Foreflow.Core.Model;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Memory;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Foreflow.Shell.Tests;

/// <summary>The pool's journal over a store that refuses, loses answers, and is written by others.</summary>
public sealed class JournalLogTests
{
    private const string Pool = "default";

    private readonly MemoryDisk _disk = new();
    private readonly Queue<Exception?> _before = new(), _after = new();
    private readonly JournalLog _journal;

    public JournalLogTests()
    {
        var store = new MemoryStorage(_disk, new MemoryFaults { Before = Next("Journal.Append", _before), After = Next("Journal.Append", _after) });
        _journal = new JournalLog(store.Journal, Pool, NullLogger.Instance);
    }

    public enum Trouble { Full, Away, LostAnswer, LostRequest }

    [Theory]
    [InlineData(Trouble.Full)]
    [InlineData(Trouble.Away)]
    [InlineData(Trouble.LostAnswer)]
    [InlineData(Trouble.LostRequest)]
    public async Task What_the_store_did_not_take_is_written_once_when_it_answers_again(Trouble trouble)
    {
        await Write("a");
        Happens(trouble);
        await Write("b");
        Happens(trouble);
        await Write("c");
        await Write("d");
        Assert.Equal(["a", "b", "c", "d"], await Stored());
        Assert.Equal(0, _journal.Pending);
    }

    [Theory]
    [InlineData(Trouble.Away)]
    [InlineData(Trouble.LostAnswer)]
    [InlineData(Trouble.LostRequest)]
    public async Task Ours_goes_on_behind_what_another_engine_wrote_meanwhile(Trouble trouble)
    {
        await Write("a");
        Happens(trouble);
        await Write("b");
        var other = new JournalLog(new MemoryStorage(_disk).Journal, Pool, NullLogger.Instance);
        await other.OpenAsync(CancellationToken.None);
        other.Add(Record("theirs"));
        await other.FlushAsync();
        await Write("c");
        Assert.Equal(trouble == Trouble.LostAnswer ? ["a", "b", "theirs", "c"] : ["a", "theirs", "b", "c"], await Stored());
    }

    [Fact]
    public async Task A_flush_during_another_waits_its_turn()
    {
        var gate = new TaskCompletionSource();
        var slow = new JournalLog(new MemoryStorage(_disk, new MemoryFaults { Before = async _ => await gate.Task }).Journal, Pool, NullLogger.Instance);
        slow.Add(Record("a"));
        var first = slow.FlushAsync().AsTask();
        slow.Add(Record("b"));
        var second = slow.FlushAsync().AsTask();
        Assert.False(second.IsCompleted);
        gate.SetResult();
        await first;
        await second;
        Assert.Equal(["a", "b"], await Stored());
    }

    [Fact]
    public async Task A_store_that_stays_away_does_not_fill_the_memory()
    {
        var payload = new byte[40 << 20];
        for (var i = 0; i < 5; i++) _journal.Add(new JournalRecord(0, Instant.Epoch, 1, null, payload));
        Assert.Equal(0, _journal.Pending);
        await Write("too late");
        Assert.Empty(await Stored());
    }

    private async Task Write(string text)
    {
        _journal.Add(Record(text));
        await _journal.FlushAsync();
    }

    private static JournalRecord Record(string text) => new(0, Instant.Epoch, 1, null, Encoding.UTF8.GetBytes(text));

    private async Task<IEnumerable<string>> Stored() =>
        (await new MemoryStorage(_disk).Journal.ReadAsync(Pool, 0, long.MaxValue, int.MaxValue)).Select(r => Encoding.UTF8.GetString(r.Payload.Span));

    private void Happens(Trouble trouble)
    {
        _before.Enqueue(trouble switch
        {
            Trouble.Full => new StorageFullException("full"),
            Trouble.Away => new StorageUnavailableException("away"),
            Trouble.LostRequest => new StorageUnavailableException("no answer", outcomeUnknown: true),
            _ => null,
        });
        if (trouble == Trouble.LostAnswer) _after.Enqueue(new StorageUnavailableException("no answer", outcomeUnknown: true));
    }

    private static Func<string, ValueTask> Next(string operation, Queue<Exception?> faults) => asked =>
        asked == operation && faults.TryDequeue(out var fault) && fault is not null ? throw fault : ValueTask.CompletedTask;
}

using System.Threading.Channels;
using Foreflow.Engine.Storage;

namespace Foreflow.Storage.Writing;

/// <summary>
/// What waits for the writer. It takes all that has gathered while it wrote the group before, up to a bound, as one transaction:
/// with more callers the groups grow and the cost of reaching the disk is shared (group commit). Nobody waits for a group to fill.
/// </summary>
internal sealed class GroupQueue(string storage)
{
    /// <summary>Most writes in one transaction.</summary>
    public const int GroupWrites = 1_024;

    // A group ends when it has this much, so that no transaction is long, whatever its writes carry.
    private const int GroupRows = 16_384;
    private const long GroupBytes = 16 << 20;

    /// <summary>Most writes waiting; further callers wait for room.</summary>
    public const int Capacity = 65_536;

    // Below this, completing on the writer's thread is cheaper than handing the group over.
    private const int CompleteInPlace = 8;

    private readonly Channel<PendingWrite> waiting = Channel.CreateBounded<PendingWrite>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    public ValueTask EnqueueAsync(PendingAppend append) =>
        waiting.Writer.TryWrite(append) ? append.Task : EnqueueWhenRoomAsync(append);

    public async ValueTask EnqueueAsync(PendingWrite write, CancellationToken cancel)
    {
        if (!waiting.Writer.TryWrite(write)) await WaitForRoomAsync(write, cancel).ConfigureAwait(false);
    }

    /// <summary>No more writes are taken; those waiting are still written.</summary>
    public void Close() => waiting.Writer.TryComplete();

    /// <summary>Waits for writes and takes a group; null when the queue is closed and empty.</summary>
    public async ValueTask<WriteGroup?> TakeAsync()
    {
        return await waiting.Reader.WaitToReadAsync().ConfigureAwait(false) ? TakeWaiting() : null;
    }

    /// <summary>The same for a thread of its own.</summary>
    public WriteGroup? Take()
    {
        var ready = waiting.Reader.WaitToReadAsync();
        return (ready.IsCompletedSuccessfully ? ready.Result : ready.AsTask().GetAwaiter().GetResult()) ? TakeWaiting() : null;
    }

    /// <summary>Lets the callers of a group go on, on the thread pool.</summary>
    public static void Complete(WriteGroup group)
    {
        if (group.Writes.Count < CompleteInPlace) ((IThreadPoolWorkItem)group).Execute();
        else ThreadPool.UnsafeQueueUserWorkItem(group, preferLocal: false);
    }

    private WriteGroup TakeWaiting()
    {
        var group = WriteGroup.Rent();
        var rows = 0;
        var bytes = 0L;
        while (group.Writes.Count < GroupWrites && rows < GroupRows && bytes < GroupBytes && waiting.Reader.TryRead(out var write))
        {
            group.Writes.Add(write);
            rows += write.Rows;
            bytes += write.Bytes;
        }

        return group;
    }

    private async ValueTask EnqueueWhenRoomAsync(PendingAppend append)
    {
        await WaitForRoomAsync(append, CancellationToken.None).ConfigureAwait(false);
        await append.Task.ConfigureAwait(false);
    }

    private async ValueTask WaitForRoomAsync(PendingWrite write, CancellationToken cancel)
    {
        try
        {
            await waiting.Writer.WriteAsync(write, cancel).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(storage);
        }
    }
}

/// <summary>Writes that share one transaction.</summary>
internal sealed class WriteGroup : IThreadPoolWorkItem
{
    private static readonly RecyclingPool<WriteGroup> Pool = new();

    public List<PendingWrite> Writes { get; } = new(GroupQueue.GroupWrites);

    public static WriteGroup Rent() => Pool.Rent();

    /// <summary>Gives every write the same error.</summary>
    public void Fail(Exception error)
    {
        foreach (var write in Writes) write.Error = error;
    }

    void IThreadPoolWorkItem.Execute()
    {
        foreach (var write in Writes) write.Complete();
        Writes.Clear();
        Pool.Return(this);
    }
}

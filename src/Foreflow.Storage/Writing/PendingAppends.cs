using System.Collections.Concurrent;
using Foreflow.Engine.Storage;

namespace Foreflow.Storage.Writing;

/// <summary>Events of one run on their way to disk.</summary>
internal sealed class PendingRunAppend : PendingAppend
{
    private static readonly RecyclingPool<PendingRunAppend> Pool = new();
    private long bytes;

    public RunAppend Append { get; private set; }

    public override long Bytes => bytes;

    public override int Rows => Append.Events.Count;

    public override string Stream => Append.Run.Value;

    public static PendingRunAppend Rent(in RunAppend append, long bytes)
    {
        var pending = Pool.Rent();
        pending.Append = append;
        pending.bytes = bytes;
        return pending;
    }

    protected override void Recycle()
    {
        Append = default;
        Pool.Return(this);
    }
}

/// <summary>Records of one journal on their way to disk.</summary>
internal sealed class PendingJournalAppend : PendingAppend
{
    private static readonly RecyclingPool<PendingJournalAppend> Pool = new();
    private long bytes;

    public string JournalPool { get; private set; } = "";

    public IReadOnlyList<JournalRecord> Records { get; private set; } = [];

    public override long Bytes => bytes;

    public override int Rows => Records.Count;

    public override string Stream => JournalPool;

    public static PendingJournalAppend Rent(string pool, IReadOnlyList<JournalRecord> records, long bytes)
    {
        var pending = Pool.Rent();
        pending.JournalPool = pool;
        pending.Records = records;
        pending.bytes = bytes;
        return pending;
    }

    protected override void Recycle()
    {
        Records = [];
        Pool.Return(this);
    }
}

/// <summary>Keeps up to 4,096 objects for use again.</summary>
internal sealed class RecyclingPool<T>
    where T : class, new()
{
    private const int Capacity = 4_096;
    private readonly ConcurrentQueue<T> idle = new();

    public T Rent() => idle.TryDequeue(out var item) ? item : new T();

    public void Return(T item)
    {
        if (idle.Count < Capacity) idle.Enqueue(item);
    }
}

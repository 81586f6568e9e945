namespace Foreflow.Storage.Tables;

/// <summary>Integer keys that hold a stream's number above and a sequence below: one comparison finds a stream's range.</summary>
internal static class Keys
{
    // 2^24 events a run leave 2^39 runs; 2^48 records a pool leave 2^15 pools.
    private const int EventBits = 24;
    private const int JournalBits = 48;

    /// <summary>Keys of a run: a run's number times this is the key of its first event.</summary>
    public const long EventsPerRun = 1L << EventBits;

    /// <summary>Most records a journal may ever have.</summary>
    public const long RecordsPerJournal = 1L << JournalBits;

    public static long Event(long run, long sequence) => (run << EventBits) + sequence;

    public static long Record(long pool, long sequence) => (pool << JournalBits) + sequence;

    // A checkpoint may stand before the first record, at -1.
    public static long Checkpoint(long pool, long sequence) => Record(pool, sequence) + 1;

    public static long CheckpointSequence(long pool, long key) => key - Record(pool, 0) - 1;
}

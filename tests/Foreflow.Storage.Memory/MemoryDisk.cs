using Foreflow.Core.Model;
using Foreflow.Core.Scheduling;
using Foreflow.Engine.Storage;

namespace Foreflow.Storage.Memory;

/// <summary>
/// What outlives the processes of a simulated cluster: the tables of a store, in memory. Every call is one step under one lock, so with a
/// single-threaded scheduler above it a simulation is deterministic.
/// </summary>
public sealed class MemoryDisk
{
    internal Lock Gate { get; } = new();

    internal SortedDictionary<string, StoredRun> Runs { get; } = new(StringComparer.Ordinal);

    internal SortedDictionary<string, StoredJournal> Journals { get; } = new(StringComparer.Ordinal);

    internal Dictionary<ProfileKey, ReadOnlyMemory<byte>> Profiles { get; } = [];

    internal SortedDictionary<(string Kind, string Key), ReadOnlyMemory<byte>> Blobs { get; } = new(NameOrder.Instance);

    internal List<WorkflowVersion> Workflows { get; } = [];

    internal SortedDictionary<string, string> Switches { get; } = new(StringComparer.Ordinal);

    internal SortedDictionary<string, CachedResult> Results { get; } = new(StringComparer.Ordinal);

    internal List<GateLease> Gates { get; } = [];

    internal HashSet<OwnerId> Alive { get; } = [];

    internal long LastRunNumber { get; set; }

    /// <summary>How many events are stored: something to choose the instant of a simulated crash by.</summary>
    public long EventCount
    {
        get { lock (Gate) return Runs.Values.Sum(run => (long)run.Events.Count); }
    }

    internal sealed class StoredRun(long number)
    {
        public long Number { get; } = number;

        public required RunSummary Summary { get; set; }

        public List<ReadOnlyMemory<byte>> Events { get; } = [];
    }

    internal sealed class StoredJournal
    {
        public List<JournalRecord> Records { get; set; } = [];

        public SortedDictionary<long, JournalCheckpoint> Checkpoints { get; } = [];
    }

    private sealed class NameOrder : IComparer<(string Kind, string Key)>
    {
        public static readonly NameOrder Instance = new();

        public int Compare((string Kind, string Key) x, (string Kind, string Key) y)
        {
            var byKind = string.CompareOrdinal(x.Kind, y.Kind);
            return byKind != 0 ? byKind : string.CompareOrdinal(x.Key, y.Key);
        }
    }
}

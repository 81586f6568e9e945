namespace Foreflow.Engine.Sampling;

/// <summary>
/// The highest memory a group really needed. The kernel's high-water mark also counts file pages (and caches of its
/// own) that it merely keeps because nobody else wanted the room; a stage that writes 50 GB would look like one that
/// needs 50 GB. What could be dropped is therefore taken off: of what each sample sees, and of the high-water mark whenever it rose since the last one,
/// by the larger of the two amounts seen around the rise.
/// </summary>
internal struct MemoryPeakEstimate
{
    private long highWater;
    private long droppable;

    /// <summary>The estimate so far, in bytes; 0 before the first reading.</summary>
    internal long PeakBytes { get; private set; }

    /// <summary>Takes in one reading and returns the memory that could not be dropped.</summary>
    /// <param name="usedBytes">Everything charged to the group now.</param>
    /// <param name="droppableBytes">File pages and reclaimable caches among it; shared memory and tmpfs, which cannot be dropped, not included.</param>
    /// <param name="highWaterBytes">The kernel's high-water mark; null where there is none.</param>
    internal long Add(long usedBytes, long droppableBytes, long? highWaterBytes)
    {
        var resident = Math.Max(0, usedBytes - droppableBytes);
        PeakBytes = Math.Max(PeakBytes, resident);
        if (highWaterBytes is { } mark && mark > highWater)
        {
            PeakBytes = Math.Max(PeakBytes, mark - Math.Max(droppable, droppableBytes));
            highWater = mark;
        }

        droppable = droppableBytes;
        return resident;
    }
}

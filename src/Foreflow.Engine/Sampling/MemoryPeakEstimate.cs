namespace Foreflow.Engine.Sampling;

/// <summary>
/// The highest memory a group really needed. The kernel's high-water mark also counts file pages it merely keeps
/// because nobody else wanted the room; a stage that writes 50 GB would look like one that needs 50 GB. File pages
/// are therefore taken off: of what each sample sees, and of the high-water mark whenever it rose since the last one,
/// by the larger of the two amounts seen around the rise.
/// </summary>
internal struct MemoryPeakEstimate
{
    private long highWater;
    private long filePages;

    /// <summary>The estimate so far, in bytes; 0 before the first reading.</summary>
    internal long PeakBytes { get; private set; }

    /// <summary>Takes in one reading and returns the resident memory without file pages.</summary>
    /// <param name="usedBytes">Everything charged to the group now.</param>
    /// <param name="filePagesBytes">Pages of files among it, shared memory and tmpfs not included: those cannot be dropped.</param>
    /// <param name="highWaterBytes">The kernel's high-water mark; null where there is none.</param>
    internal long Add(long usedBytes, long filePagesBytes, long? highWaterBytes)
    {
        var resident = Math.Max(0, usedBytes - filePagesBytes);
        PeakBytes = Math.Max(PeakBytes, resident);
        if (highWaterBytes is { } mark && mark > highWater)
        {
            PeakBytes = Math.Max(PeakBytes, mark - Math.Max(filePages, filePagesBytes));
            highWater = mark;
        }

        filePages = filePagesBytes;
        return resident;
    }
}

namespace Foreflow.Engine.Sampling;

/// <summary>A counter file that is read again and again through one kept descriptor, opened at the first read.</summary>
/// <param name="path">The file.</param>
/// <param name="inPieces">
/// True for a table the kernel hands out in pieces (diskstats). Others come in one, and asking again, only to hear that
/// there is no more, makes the kernel write the whole text a second time.
/// </param>
internal sealed class CounterFile(string path, bool inPieces = false) : IDisposable
{
    /// <summary>Enough for the longest counter file there is (memory.stat, some 60 lines).</summary>
    internal const int BufferBytes = 16 * 1024;

    private const int NotOpened = -1;
    private const int Missing = -2;

    private int descriptor = NotOpened;

    /// <summary>The file's text in the buffer given; empty when the file is not there (any more).</summary>
    internal ReadOnlySpan<byte> Read(Span<byte> buffer) => TryRead(buffer, out var text) ? text : default;

    /// <summary>False when the file is not there (any more), which an empty file is not.</summary>
    internal bool TryRead(Span<byte> buffer, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (descriptor == NotOpened)
        {
            var opened = SystemCalls.Open(path, SystemCalls.ReadOnly);
            descriptor = opened < 0 ? Missing : opened;
        }

        if (descriptor == Missing) return false;
        var length = inPieces ? SystemCalls.ReadFrom(descriptor, buffer) : SystemCalls.ReadOnce(descriptor, buffer);
        if (length < 0) return false;
        text = buffer[..length];
        return true;
    }

    public void Dispose()
    {
        if (descriptor >= 0) _ = SystemCalls.Close(descriptor);
        descriptor = Missing;
    }
}

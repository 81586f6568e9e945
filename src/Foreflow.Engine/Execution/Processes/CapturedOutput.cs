using System.Text;

namespace Foreflow.Engine.Execution.Processes;

/// <summary>
/// Keeps what a process writes: the first bytes up to a bound in a file, made when the first byte comes, and the last
/// ones in memory, for error messages. What falls between is left out, and the file says so.
/// </summary>
internal sealed class CapturedOutput(string path, long boundBytes, int tailBytes) : IOutputSink
{
    private readonly Lock gate = new();
    private readonly byte[] ring = new byte[tailBytes];
    private FileStream? file;
    private long total;
    private long kept;
    private bool fileFailed;
    private bool ended;

    /// <summary>Bytes the process wrote, kept or not.</summary>
    internal long TotalBytes
    {
        get
        {
            lock (gate) return total;
        }
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (gate)
        {
            if (ended) return;
            var head = bytes[..(int)Math.Min(bytes.Length, boundBytes - kept)];
            WriteToFile(head);
            kept += head.Length;
            AddToRing(bytes);
            total += bytes.Length;
        }
    }

    public void End()
    {
        lock (gate)
        {
            if (ended) return;
            ended = true;
            var tail = TailBytes();
            var shown = (int)Math.Min(tail.Length, total - kept);
            var leftOut = total - kept - shown;
            if (leftOut > 0) WriteToFile(Encoding.UTF8.GetBytes($"\n[foreflow: {leftOut} bytes left out here]\n"));
            WriteToFile(tail.AsSpan(tail.Length - shown));
            file?.Dispose();
        }
    }

    /// <summary>The last bytes as text, from the start of a line where that loses little.</summary>
    internal string Tail()
    {
        byte[] tail;
        bool cut;
        lock (gate)
        {
            tail = TailBytes();
            cut = total > tail.Length;
        }

        var text = Encoding.UTF8.GetString(tail);
        if (!cut) return text;
        var line = text.IndexOf('\n', StringComparison.Ordinal);
        return line >= 0 && line < text.Length / 2 ? text[(line + 1)..] : text;
    }

    private byte[] TailBytes()
    {
        var length = (int)Math.Min(total, ring.Length);
        var tail = new byte[length];
        var start = (int)((total - length) % ring.Length);
        var first = Math.Min(length, ring.Length - start);
        ring.AsSpan(start, first).CopyTo(tail);
        ring.AsSpan(0, length - first).CopyTo(tail.AsSpan(first));
        return tail;
    }

    private void AddToRing(ReadOnlySpan<byte> bytes)
    {
        var skipped = Math.Max(0, bytes.Length - ring.Length);
        var at = (int)((total + skipped) % ring.Length);
        bytes = bytes[skipped..];
        var first = Math.Min(bytes.Length, ring.Length - at);
        bytes[..first].CopyTo(ring.AsSpan(at));
        bytes[first..].CopyTo(ring);
    }

    private void WriteToFile(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || fileFailed) return;
        try
        {
            file ??= new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            file.Write(bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk must not end a stage that only talks: the tail in memory goes on.
            fileFailed = true;
        }
    }
}

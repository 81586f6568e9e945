using System.IO.Compression;

namespace Foreflow.Traces;

/// <summary>How much of a file is read before it is refused.</summary>
/// <param name="MaximumBytes">Bytes after decompression.</param>
/// <param name="MaximumLineBytes">Bytes in one line.</param>
public sealed record FileLimits(long MaximumBytes = 1L << 30, int MaximumLineBytes = 1 << 24)
{
    /// <summary>1 GiB a file, 16 MiB a line.</summary>
    public static readonly FileLimits Default = new();
}

/// <summary>Opens a file, plain or gzip (told by its first bytes, whatever its name), and refuses what is too large or cut short.</summary>
public static class BoundedFile
{
    /// <summary>Unless told to be strict, the runtime takes a gzip stream that was cut short for a whole one.</summary>
    static BoundedFile() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    /// <summary>Opens for reading from the start.</summary>
    /// <exception cref="TraceFileException">The file is not there, cannot be opened, or is empty.</exception>
    public static Stream Open(string path, FileLimits? limits = null)
    {
        FileStream? file = null;
        try
        {
            if (Directory.Exists(path)) throw new TraceFileException(path, "is a directory, a file is needed");
            file = File.OpenRead(path);
            Span<byte> magic = stackalloc byte[2];
            var read = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false);
            if (read == 0) throw new TraceFileException(path, "is empty");
            file.Position = 0;
            var isGzip = read == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
            var content = isGzip ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
            return new LimitedStream(path, content, limits ?? FileLimits.Default);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TraceFileException(path, "no such file", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            file?.Dispose();
            throw new TraceFileException(path, $"cannot be opened: {error.Message}", error);
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    private sealed class LimitedStream(string path, Stream content, FileLimits limits) : Stream
    {
        private long _bytes;
        private long _line = 1;
        private int _lineBytes;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => _bytes;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            int read;
            try
            {
                read = content.Read(buffer);
            }
            catch (InvalidDataException error)
            {
                throw new TraceFileException(path, _line, "the gzip data is damaged or cut short: fetch the file again", error);
            }

            _bytes += read;
            if (_bytes > limits.MaximumBytes)
                throw new TraceFileException(path, _line, $"the file is larger than {limits.MaximumBytes} bytes");
            CountLines(buffer[..read]);
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) content.Dispose();
            base.Dispose(disposing);
        }

        private void CountLines(ReadOnlySpan<byte> bytes)
        {
            while (!bytes.IsEmpty)
            {
                var end = bytes.IndexOf((byte)'\n');
                _lineBytes += end < 0 ? bytes.Length : end;
                if (_lineBytes > limits.MaximumLineBytes)
                    throw new TraceFileException(path, _line, $"the line is longer than {limits.MaximumLineBytes} bytes");
                if (end < 0) return;
                _line++;
                _lineBytes = 0;
                bytes = bytes[(end + 1)..];
            }
        }
    }
}

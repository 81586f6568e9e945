using System.Runtime.InteropServices;
using System.Text;

namespace Foreflow.Engine.Sampling;

/// <summary>
/// The few system calls sampling needs. Counters vanish while they are read and are read a hundred times a second:
/// error codes are cheaper than exceptions, and a kept descriptor is cheaper than a path.
/// </summary>
internal static unsafe partial class SystemCalls
{
    internal const int ReadOnly = 0;
    internal const int WriteOnly = 1;
    internal const int NonBlocking = 0x800;
    internal const int CloseOnExec = 0x80000;

    /// <summary>Do not follow a symbolic link in the last part of the path. The bit differs between architectures.</summary>
    internal static readonly int NoFollow = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    internal static partial int Open(byte* path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    internal static partial nint PositionalRead(int descriptor, byte* buffer, nint length, long offset);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int descriptor, byte* buffer, nint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int descriptor, byte* buffer, nint length);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial long SystemCall(long number, long a, void* b, long c, long d, void* e);

    /// <summary>Opens a file; -1 and the error in <see cref="Marshal.GetLastPInvokeError"/> when it cannot.</summary>
    internal static int Open(string path, int flags)
    {
        Span<byte> buffer = stackalloc byte[512];
        var needed = Encoding.UTF8.GetMaxByteCount(path.Length) + 1;
        if (needed > buffer.Length) buffer = new byte[needed];
        buffer[Encoding.UTF8.GetBytes(path, buffer)] = 0;
        fixed (byte* p = buffer) return Open(p, flags | CloseOnExec, 0);
    }

    /// <summary>Reads a file that comes in one piece into a buffer; -1 when it is not there.</summary>
    internal static int ReadWhole(ReadOnlySpan<byte> nullTerminatedPath, Span<byte> buffer)
    {
        int descriptor;
        fixed (byte* p = nullTerminatedPath) descriptor = Open(p, ReadOnly | CloseOnExec, 0);
        if (descriptor < 0) return -1;
        var length = ReadOnce(descriptor, buffer);
        _ = Close(descriptor);
        return length;
    }

    /// <summary>Reads once from offset 0; -1 on an error.</summary>
    internal static int ReadOnce(int descriptor, Span<byte> buffer)
    {
        fixed (byte* p = buffer) return (int)PositionalRead(descriptor, p, buffer.Length, 0);
    }

    /// <summary>Reads from offset 0 until the buffer is full or the file ends; -1 on an error.</summary>
    internal static int ReadFrom(int descriptor, Span<byte> buffer)
    {
        var total = 0;
        fixed (byte* p = buffer)
        {
            while (total < buffer.Length)
            {
                var read = PositionalRead(descriptor, p + total, buffer.Length - total, total);
                if (read < 0) return total > 0 ? total : -1;
                if (read == 0) break;
                total += (int)read;
            }
        }

        return total;
    }

    /// <summary>Writes a short text to a control file in one call, as control files want it; 0, or the error number.</summary>
    internal static int WriteControl(string path, string text)
    {
        var descriptor = Open(path, WriteOnly);
        if (descriptor < 0) return Marshal.GetLastPInvokeError();
        Span<byte> buffer = stackalloc byte[128];
        var length = Encoding.UTF8.GetBytes(text, buffer);
        int error;
        fixed (byte* p = buffer) error = Write(descriptor, p, length) == length ? 0 : Marshal.GetLastPInvokeError();
        _ = Close(descriptor);
        return error;
    }

    /// <summary>The system's words for an error number.</summary>
    internal static string Describe(int error) => $"{Marshal.GetPInvokeErrorMessage(error)} (error {error})";
}

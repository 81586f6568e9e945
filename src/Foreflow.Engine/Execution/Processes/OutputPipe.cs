using System.Runtime.InteropServices;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution.Processes;

/// <summary>Takes what a process writes, in pieces, in order.</summary>
internal interface IOutputSink
{
    /// <summary>Takes a piece; the span is only good during the call.</summary>
    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Nothing more will come.</summary>
    void End();
}

/// <summary>The reading end of a process's standard output or error.</summary>
internal sealed unsafe class OutputPipe : IDescriptorWatcher
{
    private const int WouldBlock = 11, Interrupted = 4;
    private const int PieceBytes = 32 * 1024;

    private readonly Lock gate = new();
    private readonly DescriptorLoop loop;
    private readonly IOutputSink sink;
    private int reading;
    private int writing;
    private long token;

    /// <summary>Makes the pipe; fails where no descriptors are left.</summary>
    internal OutputPipe(DescriptorLoop loop, IOutputSink sink)
    {
        (this.loop, this.sink) = (loop, sink);
        var ends = stackalloc int[2];
        if (ProcessCalls.Pipe2(ends, SystemCalls.CloseOnExec) < 0)
            throw new IOException($"no pipe for a process: {SystemCalls.Describe(Marshal.GetLastPInvokeError())}");
        (reading, writing) = (ends[0], ends[1]);
        const int SetFlags = 4;
        // Ours does not block; the process's does, as programs expect.
        _ = ProcessCalls.FileControl(reading, SetFlags, SystemCalls.NonBlocking);
    }

    /// <summary>The end the process gets.</summary>
    internal int ChildEnd => writing;

    /// <summary>Closes our copy of the process's end and starts reading.</summary>
    internal void Begin()
    {
        lock (gate)
        {
            _ = SystemCalls.Close(writing);
            writing = -1;
            token = loop.Watch(reading, forWriting: false, this);
        }
    }

    /// <summary>
    /// Takes what is in the pipe and closes it: after the process has ended, whoever inherited its output may keep the
    /// pipe open for ever.
    /// </summary>
    internal void Finish()
    {
        lock (gate)
        {
            if (reading < 0) return;
            Drain();
            Close();
        }
    }

    void IDescriptorWatcher.Ready()
    {
        lock (gate)
        {
            if (reading >= 0 && !ReadPiece()) Close();
        }
    }

    private void Drain()
    {
        // A pipe holds 64 KiB, up to 1 MiB where somebody raised it: whoever still writes does not keep us here.
        for (var i = 0; i < 64 && ReadPiece(untilEmpty: true); i++)
        {
        }
    }

    /// <summary>Reads once; false at the end of the stream, or (when draining) when there is nothing more now.</summary>
    private bool ReadPiece(bool untilEmpty = false)
    {
        Span<byte> buffer = stackalloc byte[PieceBytes];
        nint read;
        fixed (byte* p = buffer) read = SystemCalls.Read(reading, p, buffer.Length);
        if (read < 0) return !untilEmpty && Marshal.GetLastPInvokeError() is WouldBlock or Interrupted;
        if (read > 0) sink.Append(buffer[..(int)read]);
        return read > 0;
    }

    private void Close()
    {
        if (token != 0) loop.Forget(token, reading);
        _ = SystemCalls.Close(reading);
        if (writing >= 0) _ = SystemCalls.Close(writing);
        (reading, writing) = (-1, -1);
        sink.End();
    }
}

using System.Runtime.InteropServices;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution.Processes;

/// <summary>The writing end of a process's standard input. Writers wait for a slow reader without holding a thread.</summary>
internal sealed unsafe class InputPipe : IDescriptorWatcher
{
    private const int WouldBlock = 11, Interrupted = 4;

    private readonly Lock gate = new();
    private readonly DescriptorLoop loop;
    private readonly Queue<(ReadOnlyMemory<byte> Bytes, TaskCompletionSource<bool> Done)> waiting = new();
    private int reading;
    private int writing;
    private long token;

    internal InputPipe(DescriptorLoop loop)
    {
        this.loop = loop;
        var ends = stackalloc int[2];
        if (ProcessCalls.Pipe2(ends, SystemCalls.CloseOnExec) < 0)
            throw new IOException($"no pipe for a process: {SystemCalls.Describe(Marshal.GetLastPInvokeError())}");
        (reading, writing) = (ends[0], ends[1]);
        const int SetFlags = 4;
        _ = ProcessCalls.FileControl(writing, SetFlags, SystemCalls.WriteOnly | SystemCalls.NonBlocking);
    }

    /// <summary>The end the process gets.</summary>
    internal int ChildEnd => reading;

    /// <summary>Closes our copy of the process's end.</summary>
    internal void Begin()
    {
        lock (gate)
        {
            _ = SystemCalls.Close(reading);
            reading = -1;
        }
    }

    /// <summary>Writes all of it, after what was given before; false when the process does not read any more.</summary>
    internal Task<bool> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        lock (gate)
        {
            if (writing < 0) return Task.FromResult(false);
            var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Enqueue((bytes, done));
            if (waiting.Count == 1) Pump();
            return done.Task;
        }
    }

    /// <summary>The process reads the end of its input.</summary>
    internal void Close()
    {
        lock (gate)
        {
            if (token != 0) loop.Forget(token, writing);
            token = 0;
            if (reading >= 0) _ = SystemCalls.Close(reading);
            if (writing >= 0) _ = SystemCalls.Close(writing);
            (reading, writing) = (-1, -1);
            while (waiting.TryDequeue(out var entry)) entry.Done.TrySetResult(false);
        }
    }

    void IDescriptorWatcher.Ready()
    {
        lock (gate)
        {
            if (writing >= 0) Pump();
        }
    }

    private void Pump()
    {
        while (waiting.TryDequeue(out var entry))
        {
            while (!entry.Bytes.IsEmpty)
            {
                nint written;
                fixed (byte* p = entry.Bytes.Span) written = SystemCalls.Write(writing, p, entry.Bytes.Length);
                var error = written < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (error == Interrupted) continue;
                if (error == WouldBlock)
                {
                    PutBack(entry);
                    return;
                }

                if (error != 0)
                {
                    entry.Done.TrySetResult(false);
                    Close();
                    return;
                }

                entry.Bytes = entry.Bytes[(int)written..];
            }

            entry.Done.TrySetResult(true);
        }

        if (token != 0) loop.Forget(token, writing);
        token = 0;
    }

    private void PutBack((ReadOnlyMemory<byte> Bytes, TaskCompletionSource<bool> Done) entry)
    {
        var others = waiting.ToArray();
        waiting.Clear();
        waiting.Enqueue(entry);
        foreach (var other in others) waiting.Enqueue(other);
        if (token == 0) token = loop.Watch(writing, forWriting: true, this);
    }
}

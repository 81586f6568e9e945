using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution.Processes;

/// <summary>What wants to know when a descriptor can be read or written, or has ended.</summary>
internal interface IDescriptorWatcher
{
    /// <summary>Called on the loop's one thread: must not block.</summary>
    void Ready();
}

/// <summary>
/// One thread that waits for all descriptors of this node's processes: their ends (pidfd) and their pipes. A process end
/// is noticed when it happens, and a hundred processes cost one thread.
/// </summary>
internal sealed unsafe class DescriptorLoop : IDisposable
{
    private const int Add = 1, Delete = 2;
    private const uint In = 1, Out = 4;

    // struct epoll_event is packed on x86-64 only.
    private static readonly int EventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = EventBytes - 8;

    private readonly int epoll;
    private readonly int wake;
    private readonly ConcurrentDictionary<long, IDescriptorWatcher> watchers = new();
    private readonly Thread thread;
    private readonly Action<string> report;
    private long lastToken;
    private volatile bool stopping;

    /// <param name="report">Told of a watcher that fails: the others are watched on.</param>
    internal DescriptorLoop(Action<string> report)
    {
        this.report = report;
        epoll = ProcessCalls.EpollCreate(SystemCalls.CloseOnExec);
        wake = ProcessCalls.EventFd(0, SystemCalls.CloseOnExec | SystemCalls.NonBlocking);
        if (epoll < 0 || wake < 0) throw new IOException($"no descriptor to watch processes with: {SystemCalls.Describe(Marshal.GetLastPInvokeError())}");
        Control(Add, wake, In, 0);
        thread = new Thread(Run, 256 * 1024) { IsBackground = true, Name = "foreflow-descriptors" };
        thread.Start();
    }

    /// <summary>Watches a descriptor; the token takes it out again. Readiness is told again and again until the watcher has used it up.</summary>
    internal long Watch(int descriptor, bool forWriting, IDescriptorWatcher watcher)
    {
        var token = Interlocked.Increment(ref lastToken);
        watchers[token] = watcher;
        if (Control(Add, descriptor, forWriting ? Out : In, token) < 0)
        {
            watchers.TryRemove(token, out _);
            throw new IOException($"cannot watch a descriptor: {SystemCalls.Describe(Marshal.GetLastPInvokeError())}");
        }

        return token;
    }

    /// <summary>No more calls for this token begin, though one may be under way. To be called before the descriptor is closed.</summary>
    internal void Forget(long token, int descriptor)
    {
        if (watchers.TryRemove(token, out _)) Control(Delete, descriptor, 0, 0);
    }

    public void Dispose()
    {
        if (stopping) return;
        stopping = true;
        long one = 1;
        _ = SystemCalls.Write(wake, (byte*)&one, sizeof(long));
        if (Thread.CurrentThread != thread) thread.Join();
        _ = SystemCalls.Close(wake);
        _ = SystemCalls.Close(epoll);
    }

    private int Control(int operation, int descriptor, uint events, long token)
    {
        Span<byte> ev = stackalloc byte[16];
        BitConverter.TryWriteBytes(ev, events);
        BitConverter.TryWriteBytes(ev[DataOffset..], token);
        fixed (byte* p = ev) return ProcessCalls.EpollControl(epoll, operation, descriptor, p);
    }

    private void Run()
    {
        const int Batch = 64;
        Span<byte> events = stackalloc byte[Batch * 16];
        while (!stopping)
        {
            int count;
            fixed (byte* p = events) count = ProcessCalls.EpollWait(epoll, p, Batch, -1);
            for (var i = 0; i < count; i++)
            {
                var token = BitConverter.ToInt64(events[((i * EventBytes) + DataOffset)..]);
                if (token != 0 && watchers.TryGetValue(token, out var watcher)) Tell(watcher);
            }
        }
    }

    private void Tell(IDescriptorWatcher watcher)
    {
        try
        {
            watcher.Ready();
        }
        catch (Exception e)
        {
            report($"a watcher of a process failed, which is an error in Foreflow: {e}");
        }
    }
}

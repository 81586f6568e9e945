using System.Runtime.InteropServices;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution.Processes;

/// <summary>How a process ended, and what the kernel says it and the children it waited for had used.</summary>
/// <param name="ExitCode">Its exit code; null when a signal ended it.</param>
/// <param name="Signal">The signal that ended it; null when it exited.</param>
/// <param name="CpuSeconds">User and system time, in core-seconds.</param>
/// <param name="ReadBytes">Bytes read from storage, in whole blocks of 512.</param>
/// <param name="WrittenBytes">Bytes written towards storage, in whole blocks of 512.</param>
internal readonly record struct ProcessExit(int? ExitCode, int? Signal, double CpuSeconds, long ReadBytes, long WrittenBytes);

/// <summary>
/// A process this one has started. Its end is announced as soon as it happens; it stays readable in /proc, and its id
/// stays its own, until it is reaped.
/// </summary>
internal sealed unsafe class ChildProcess : IDescriptorWatcher
{
    private const int Interrupted = 4, ProcessIdType = 1, ExitedOnly = 4, LeaveWaitable = 0x01000000, PidFdOpen = 434;

    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();
    private readonly DescriptorLoop loop;
    private int descriptor = -1;
    private long token;
    private bool reaped;

    /// <summary>True where the kernel tells of ends through a descriptor.</summary>
    internal static bool HasPidFd
    {
        get
        {
            var own = (int)SystemCalls.SystemCall(PidFdOpen, Environment.ProcessId, null, 0, 0, null);
            if (own < 0) return false;
            _ = SystemCalls.Close(own);
            return true;
        }
    }

    internal ChildProcess(int id, DescriptorLoop loop, bool allowPidFd = true)
    {
        (Id, this.loop) = (id, loop);
        if (allowPidFd) descriptor = (int)SystemCalls.SystemCall(PidFdOpen, id, null, 0, 0, null);
        if (descriptor >= 0)
        {
            lock (gate) token = loop.Watch(descriptor, forWriting: false, this);
        }
        else
        {
            // Linux before 5.3: a thread that waits, and leaves the process to be reaped.
            new Thread(WaitForEnd, 128 * 1024) { IsBackground = true, Name = "foreflow-wait" }.Start();
        }
    }

    /// <summary>Its process id, which is also that of the session and process group it leads.</summary>
    internal int Id { get; }

    /// <summary>Completes when it has ended.</summary>
    internal Task Ended => ended.Task;

    /// <summary>Sends a signal unless it has been reaped: after that the id may be another's.</summary>
    internal void Signal(int signal)
    {
        lock (gate)
        {
            if (!reaped) _ = ProcessCalls.Kill(Id, signal);
        }
    }

    /// <summary>Reaps it. To be called once, after <see cref="Ended"/>.</summary>
    internal ProcessExit Reap()
    {
        lock (gate)
        {
            var usage = stackalloc long[18]; // struct rusage: two times of two longs, then fourteen longs
            var status = 0;
            int result;
            do
            {
                result = ProcessCalls.Wait4(Id, &status, 0, usage);
            }
            while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);

            reaped = true;
            // Somebody else has reaped it (SIGCHLD ignored by whoever started us): how it ended is not known.
            if (result < 0) return new(null, null, 0, 0, 0);
            var cpu = usage[0] + usage[2] + ((usage[1] + usage[3]) / 1e6);
            var signal = status & 0x7f;
            return new(signal == 0 ? (status >> 8) & 0xff : null, signal == 0 ? null : signal, cpu, usage[9] * 512, usage[10] * 512);
        }
    }

    void IDescriptorWatcher.Ready()
    {
        lock (gate) // the constructor may not have kept the token yet
        {
            loop.Forget(token, descriptor);
            _ = SystemCalls.Close(descriptor);
            descriptor = -1;
        }

        ended.TrySetResult();
    }

    private void WaitForEnd()
    {
        var information = stackalloc byte[128];
        while (ProcessCalls.WaitId(ProcessIdType, Id, information, ExitedOnly | LeaveWaitable) < 0 && Marshal.GetLastPInvokeError() == Interrupted)
        {
        }

        ended.TrySetResult();
    }
}

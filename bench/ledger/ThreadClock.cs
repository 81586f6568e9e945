using System.Runtime.InteropServices;

namespace Foreflow.Bench.Ledger;

/// <summary>Processor time of this thread: on a machine with other work, elapsed time measures the others.</summary>
internal static partial class ThreadClock
{
    private const int ThreadCpuTime = 3; // CLOCK_THREAD_CPUTIME_ID on Linux.

    public static double Nanoseconds => clock_gettime(ThreadCpuTime, out var time) == 0
        ? time.Seconds * 1e9 + time.Nanoseconds
        : throw new PlatformNotSupportedException("The thread's processor time is read with clock_gettime, on Linux.");

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, out Time time);

    private readonly struct Time
    {
        public readonly long Seconds;
        public readonly long Nanoseconds;
    }
}

using Foreflow.Core.Model;
using Foreflow.Engine.Execution.Processes;

namespace Foreflow.Engine.Execution;

/// <summary>Tells why a process ended, in order of what is certain: the kernel's own count of out-of-memory kills before exit codes, which prove nothing.</summary>
internal static class EndCause
{
    private static readonly string[] SignalNames =
    [
        "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV",
        "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU",
        "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    /// <summary>The cause of an end nobody asked for.</summary>
    internal static (AttemptCause Cause, string Detail) Of(StageProcessEnd end, ProcessLimits limits)
    {
        if (end.StartFailure is { } failure) return (AttemptCause.StartFailed, failure);
        if (end.ExitCode == 0) return (AttemptCause.Succeeded, "");
        if (end.OutOfMemoryKills > 0)
        {
            return (AttemptCause.OutOfMemory, limits.MemoryBytes is { } limit
                ? $"killed by the kernel for want of memory; its limit is {limit} bytes"
                : "killed by the kernel for want of memory on the whole node; it has no limit of its own");
        }

        if (end.Signal is { } signal) return (AttemptCause.Signal, $"ended by signal {signal} ({(signal < SignalNames.Length ? SignalNames[signal] : "real-time")})");
        return end.ExitCode is { } code
            ? (AttemptCause.ExitCode, $"exit code {code}")
            : (AttemptCause.Signal, "it ended, but the system did not say how: another part of this program has reaped it");
    }

    /// <summary>A cause that was asked for, in words.</summary>
    internal static string Words(AttemptCause cause, TimeSpan? timeout) => cause switch
    {
        AttemptCause.Timeout => $"ran longer than {DurationText.Format(timeout ?? TimeSpan.Zero)}",
        AttemptCause.Cancelled => "cancelled",
        AttemptCause.Preempted => "its resources were needed for more urgent work",
        AttemptCause.Superseded => "another attempt of its task was done first",
        AttemptCause.HealthCheckFailed => "its health check failed",
        _ => cause.ToString(),
    };
}

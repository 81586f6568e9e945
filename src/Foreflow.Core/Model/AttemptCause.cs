namespace Foreflow.Core.Model;

/// <summary>Why an attempt ended. Each cause has its own answer: what is retried, how soon, at what size.</summary>
public enum AttemptCause
{
    /// <summary>Exit 0, or a worker's good answer, with readable output.</summary>
    Succeeded,

    /// <summary>The process exited with a code other than 0, or a worker answered with an error.</summary>
    ExitCode,

    /// <summary>The process was ended by a signal that Foreflow did not send.</summary>
    Signal,

    /// <summary>The kernel killed it at its memory limit.</summary>
    OutOfMemory,

    /// <summary>It ran longer than the stage's timeout.</summary>
    Timeout,

    /// <summary>The long-lived worker that held the task exited or lost its connection.</summary>
    WorkerLost,

    /// <summary>The node it ran on left the pool.</summary>
    NodeLost,

    /// <summary>Foreflow took its resources back for more urgent work.</summary>
    Preempted,

    /// <summary>A person cancelled it, or its run ended without it.</summary>
    Cancelled,

    /// <summary>It exited 0 but its output file is missing, too large or not JSON as declared.</summary>
    BadOutput,

    /// <summary>The worker's health check failed while it held the task.</summary>
    HealthCheckFailed,

    /// <summary>The process could not be started: no such command, no permission, no such folder.</summary>
    StartFailed,

    /// <summary>The worker pushed back (HTTP 429 or <c>busy</c>): the task did not run.</summary>
    Busy,

    /// <summary>Another attempt of the same task, started because this one took long, was done first. Not a failure: nothing is tried again.</summary>
    Superseded,

    /// <summary>It ended one worker too many: the task is given to no other.</summary>
    Poison,
}

using System.Collections.Immutable;
using Foreflow.Core.Model;

namespace Foreflow.Engine.Execution;

/// <summary>How a worker takes tasks and answers.</summary>
public enum WorkerProtocol
{
    /// <summary>
    /// HTTP at 127.0.0.1:PORT. <c>GET /healthz</c> answers 2xx once it can work; <c>POST /</c> takes a task as JSON and
    /// answers 2xx with its output as JSON, 429 to push back, any other status for an error.
    /// </summary>
    Http,

    /// <summary>
    /// JSON lines. It writes <c>{"ready":true}</c> to standard output once it can work, reads a task a line from standard
    /// input, and answers each with <c>{"id":…,"output":…}</c>, <c>{"id":…,"error":"…"}</c> or <c>{"id":…,"busy":true}</c>.
    /// </summary>
    JsonLines,
}

/// <summary>A long-lived worker to start: one replica of a stage.</summary>
public sealed record WorkerOrder
{
    /// <summary>The replica.</summary>
    public required ReplicaId Replica { get; init; }

    /// <summary>The program (a path, or a name found in PATH), then its arguments.</summary>
    public required ImmutableArray<string> Command { get; init; }

    /// <summary>How it speaks.</summary>
    public required WorkerProtocol Protocol { get; init; }

    /// <summary>The folder it starts in, and relative programs are found from. Must exist.</summary>
    public required string WorkingFolder { get; init; }

    /// <summary>A folder of its own, made when missing: stdout.log, stderr.log.</summary>
    public required string WorkerFolder { get; init; }

    /// <summary>Given as FOREFLOW_WORK_DIR; the worker's own folder when null.</summary>
    public string? RunFolder { get; init; }

    /// <summary>How many tasks it takes at once, at least 1.</summary>
    public int Concurrency { get; init; } = 1;

    /// <summary>What the stage's <c>env:</c> names.</summary>
    public ImmutableDictionary<string, string> Environment { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>What is enforced.</summary>
    public ProcessLimits Limits { get; init; } = ProcessLimits.None;

    /// <summary>What it is told it has; components that are 0 are not told.</summary>
    public Resources Granted { get; init; }

    /// <summary>How long it may take to become ready.</summary>
    public TimeSpan ReadyTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often its health is looked at, over HTTP; zero for never.</summary>
    public TimeSpan HealthPeriod { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an answer to a health check may take.</summary>
    public TimeSpan HealthTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How many health checks in a row may fail before it is given up.</summary>
    public int HealthFailuresAllowed { get; init; } = 2;

    /// <summary>How long it has between being asked to end and being killed.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);
}

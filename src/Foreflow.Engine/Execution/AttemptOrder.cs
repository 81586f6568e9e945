using System.Collections.Immutable;
using Foreflow.Core.Model;

namespace Foreflow.Engine.Execution;

/// <summary>One attempt to carry out: everything is decided, the node only does it.</summary>
public sealed record AttemptOrder
{
    /// <summary>The attempt.</summary>
    public required AttemptId Attempt { get; init; }

    /// <summary>What to run.</summary>
    public required StageCommand Command { get; init; }

    /// <summary>The folder the process starts in, and relative programs are found from. Must exist.</summary>
    public required string WorkingFolder { get; init; }

    /// <summary>A folder of this attempt's own, made when missing: input.json, output.json, stdout.log, stderr.log.</summary>
    public required string AttemptFolder { get; init; }

    /// <summary>The run's folder for artifacts, given as FOREFLOW_WORK_DIR; the attempt's own when null.</summary>
    public string? RunFolder { get; init; }

    /// <summary>What the stage's <c>env:</c> names. Values are data: nothing reads them as a script.</summary>
    public ImmutableDictionary<string, string> Environment { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The task's input as JSON, given as the file FOREFLOW_INPUT; <c>{}</c> when null.</summary>
    public string? InputJson { get; init; }

    /// <summary>Size of the task's input, in bytes, for its profile. Null where unknown.</summary>
    public long? InputBytes { get; init; }

    /// <summary>Names the output must have. None: output is optional.</summary>
    public ImmutableArray<string> Outputs { get; init; } = [];

    /// <summary>What is enforced.</summary>
    public ProcessLimits Limits { get; init; } = ProcessLimits.None;

    /// <summary>What the stage is told it has (FOREFLOW_CPUS, FOREFLOW_MEMORY_BYTES); components that are 0 are not told.</summary>
    public Resources Granted { get; init; }

    /// <summary>How long it may run, time spent frozen not counted. Null: for ever.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long it has between being asked to end and being killed.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The same for every attempt of a task; the task's own text when null.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>W3C trace context, passed on as TRACEPARENT.</summary>
    public string? TraceParent { get; init; }
}

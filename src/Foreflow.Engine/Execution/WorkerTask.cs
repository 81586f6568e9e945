using System.Collections.Immutable;
using Foreflow.Core.Model;

namespace Foreflow.Engine.Execution;

/// <summary>One attempt to be carried out by a worker.</summary>
public sealed record WorkerTask
{
    /// <summary>The attempt.</summary>
    public required AttemptId Attempt { get; init; }

    /// <summary>The task's input as JSON; <c>{}</c> when null.</summary>
    public string? InputJson { get; init; }

    /// <summary>Size of the task's input, in bytes, for its profile. Null where unknown.</summary>
    public long? InputBytes { get; init; }

    /// <summary>Names the output must have. None: any output will do.</summary>
    public ImmutableArray<string> Outputs { get; init; } = [];

    /// <summary>How long it may take, time spent frozen not counted. Null: for ever.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The same for every attempt of a task; the task's own text when null.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>W3C trace context, passed on.</summary>
    public string? TraceParent { get; init; }
}

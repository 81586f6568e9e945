using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Runs;

namespace Foreflow.Engine.Runs;

/// <summary>Asks for a run.</summary>
/// <param name="Workflow">Name of the workflow.</param>
/// <param name="Version">Version of the definition, which is stored already.</param>
/// <param name="InputsJson">Object with a value for every input.</param>
/// <param name="Folder">Folder its commands start in.</param>
/// <param name="Pool">Pool that runs it.</param>
/// <param name="RerunOf">The run it makes anew; null for a run of its own.</param>
/// <param name="ReusedJson">Object with the outputs it takes over from that run, by stage name.</param>
[GenerateSerializer, Immutable]
public sealed record AcceptRun(
    [property: Id(0)] string Workflow,
    [property: Id(1)] string Version,
    [property: Id(2)] string InputsJson,
    [property: Id(3)] string? Folder,
    [property: Id(4)] string Pool = EngineNames.DefaultPool,
    [property: Id(5)] string? RerunOf = null,
    [property: Id(6)] string? ReusedJson = null);

/// <summary>Names one attempt within its run.</summary>
/// <param name="Stage">Position of the stage in the definition.</param>
/// <param name="Task">Index of the task.</param>
/// <param name="Attempt">Number of the attempt.</param>
[GenerateSerializer, Immutable]
public readonly record struct AttemptKey([property: Id(0)] int Stage, [property: Id(1)] int Task, [property: Id(2)] int Attempt);

/// <summary>Where an attempt goes: what the pool tells the run.</summary>
/// <param name="Key">The attempt.</param>
/// <param name="Ticket">Its ticket in the pool.</param>
/// <param name="Node">Name of the node.</param>
/// <param name="Replica">Number of the replica that serves it; -1 where none does.</param>
/// <param name="CpuMillicores">What it may use; 0 where a replica holds it.</param>
/// <param name="MemoryBytes">What it may use; 0 where a replica holds it.</param>
/// <param name="LimitMemory">True when more than that ends it.</param>
/// <param name="Hedge">Why it runs beside the attempt before it; null where it runs alone.</param>
[GenerateSerializer, Immutable]
public readonly record struct AttemptPlace(
    [property: Id(0)] AttemptKey Key,
    [property: Id(1)] long Ticket,
    [property: Id(2)] string Node,
    [property: Id(3)] long Replica,
    [property: Id(4)] long CpuMillicores,
    [property: Id(5)] long MemoryBytes,
    [property: Id(6)] bool LimitMemory = false,
    [property: Id(7)] HedgeReason? Hedge = null);

/// <summary>Where attempts go. Never changed once made, so that it is passed on within a process without a copy.</summary>
[GenerateSerializer, Immutable]
public sealed record AttemptPlaces([property: Id(0)] IReadOnlyList<AttemptPlace> Places)
{
    /// <summary>No attempt goes anywhere.</summary>
    public static readonly AttemptPlaces None = new([]);
}

/// <summary>How an attempt ended: what the node tells the run.</summary>
[GenerateSerializer, Immutable]
public sealed record AttemptReport(
    [property: Id(0)] AttemptKey Key,
    [property: Id(1)] AttemptCause Cause,
    [property: Id(2)] string? Output = null,
    [property: Id(3)] int? ExitCode = null,
    [property: Id(4)] string? Error = null,
    [property: Id(5)] AttemptUsage? Usage = null,
    [property: Id(6)] bool Cached = false);

/// <summary>A stage of a run, for people.</summary>
[GenerateSerializer, Immutable]
public sealed record StageView(
    [property: Id(0)] string Name,
    [property: Id(1)] StagePhase Phase,
    [property: Id(2)] int Tasks,
    [property: Id(3)] int Queued,
    [property: Id(4)] int Running,
    [property: Id(5)] int Succeeded,
    [property: Id(6)] int Failed,
    [property: Id(7)] int Attempts,
    [property: Id(8)] string? Error,
    [property: Id(9)] bool Paused = false,
    [property: Id(10)] bool Reused = false,
    [property: Id(11)] string? Parked = null,
    [property: Id(12)] string? PausedWhy = null,
    [property: Id(13)] IReadOnlyList<StandingView>? Standing = null);

/// <summary>An attempt that stands still, for people.</summary>
[GenerateSerializer, Immutable]
public sealed record StandingView([property: Id(0)] int Task, [property: Id(1)] int Attempt, [property: Id(2)] Instant Since, [property: Id(3)] string Why);

/// <summary>A run, for people.</summary>
[GenerateSerializer, Immutable]
public sealed record RunView(
    [property: Id(0)] string Id,
    [property: Id(1)] string Workflow,
    [property: Id(2)] string Version,
    [property: Id(3)] RunPhase Phase,
    [property: Id(4)] string? Error,
    [property: Id(5)] Instant AcceptedAt,
    [property: Id(6)] Instant? EndedAt,
    [property: Id(7)] IReadOnlyList<StageView> Stages,
    [property: Id(8)] string? RerunOf = null);

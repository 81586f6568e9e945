using System.Text.Json;
using System.Text.Json.Serialization;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;

namespace Foreflow.Core.Runs;

/// <summary>What happens to a run. The list of its events is the run: folding them gives its state at any time.</summary>
/// <param name="At">When it happened.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "e")]
[JsonDerivedType(typeof(RunAccepted), "accepted")]
[JsonDerivedType(typeof(AttemptStarted), "started")]
[JsonDerivedType(typeof(AttemptFinished), "finished")]
[JsonDerivedType(typeof(RetryCame), "retry")]
[JsonDerivedType(typeof(CancelAsked), "cancel")]
[JsonDerivedType(typeof(PauseAsked), "pause")]
[JsonDerivedType(typeof(ResumeAsked), "resume")]
[JsonDerivedType(typeof(StageParked), "parked")]
[JsonDerivedType(typeof(AttemptPaused), "stands")]
[JsonDerivedType(typeof(AttemptResumed), "goes on")]
[JsonDerivedType(typeof(RunTakenOver), "takenOver")]
public abstract record RunEvent(Instant At);

/// <summary>The run was accepted. Always the first event.</summary>
/// <param name="Workflow">Name of the workflow.</param>
/// <param name="Version">Version of its definition; the run keeps to it whatever comes later.</param>
/// <param name="Inputs">Object with a value for every input.</param>
/// <param name="Folder">Folder its commands start in: that of the workflow file. Null: the engine's own.</param>
/// <param name="RerunOf">Id of the run it makes anew; null for a run of its own.</param>
/// <param name="Reused">Object with the outputs it takes over from that run, by stage name; null for none.</param>
/// <param name="Owner">The engine that carries it on; null where that is not said.</param>
public sealed record RunAccepted(
    Instant At, string Workflow, string Version, JsonElement Inputs, string? Folder = null, string? RerunOf = null, JsonElement? Reused = null, string? Owner = null) : RunEvent(At);

/// <summary>
/// Another engine carries the run on, since the one before it is no more. Attempts that waited or ran are void: their
/// tasks get the next attempt number, so that a late result of the old one is not taken.
/// </summary>
/// <param name="Owner">The engine.</param>
public sealed record RunTakenOver(Instant At, string Owner) : RunEvent(At);

/// <summary>An attempt was handed to a node.</summary>
/// <param name="Stage">Position of the stage in the definition.</param>
/// <param name="Task">Index of the task within the stage.</param>
/// <param name="Attempt">Number of the attempt: the fencing token.</param>
/// <param name="Node">Name of the node.</param>
/// <param name="Replica">Number of the replica that serves it; null where none does.</param>
/// <param name="Granted">What it may use; null where a replica holds it.</param>
/// <param name="Hedge">Why it runs beside the attempt before it; null where it runs alone.</param>
public sealed record AttemptStarted(
    Instant At, int Stage, int Task, int Attempt, string Node, long? Replica = null, Resources? Granted = null, HedgeReason? Hedge = null) : RunEvent(At);

/// <summary>An attempt ended. Ignored unless it is one that runs for its task, the newest or the one that is hedged: a result is committed once.</summary>
/// <param name="Cause">Why it ended.</param>
/// <param name="Output">Text of its output; null where there is none.</param>
/// <param name="ExitCode">Exit code, or signal number where a signal ended it; null where neither applies.</param>
/// <param name="Error">What went wrong, for people: the tail of its stderr, or why it could not start.</param>
/// <param name="Usage">What it used; null where nothing was measured.</param>
/// <param name="Cached">True when it did not run: its output is that of an earlier task.</param>
public sealed record AttemptFinished(
    Instant At, int Stage, int Task, int Attempt, AttemptCause Cause,
    string? Output = null, int? ExitCode = null, string? Error = null, AttemptUsage? Usage = null, bool Cached = false) : RunEvent(At);

/// <summary>The time to try a task again has come.</summary>
public sealed record RetryCame(Instant At, int Stage, int Task) : RunEvent(At);

/// <summary>A person or a caller wants the run to end.</summary>
/// <param name="Why">For people.</param>
public sealed record CancelAsked(Instant At, string Why) : RunEvent(At);

/// <summary>Nothing new should start, of the run or of one stage; what runs goes on.</summary>
/// <param name="Why">For people.</param>
/// <param name="Stage">Position of the stage in the definition; null for the run.</param>
public sealed record PauseAsked(Instant At, string Why, int? Stage = null) : RunEvent(At);

/// <summary>The run, or one stage, goes on. Each is held by its own pause: a stage goes on once both are gone.</summary>
/// <param name="Stage">Position of the stage in the definition; null for the run.</param>
public sealed record ResumeAsked(Instant At, int? Stage = null) : RunEvent(At);

/// <summary>Tasks of a stage wait at a gate. Until one of them starts, this is what the run waits for.</summary>
/// <param name="Stage">Position of the stage in the definition.</param>
/// <param name="Why">The gate, how much of it is taken, and until when; for people.</param>
public sealed record StageParked(Instant At, int Stage, string Why) : RunEvent(At);

/// <summary>The pool has a running attempt stand still.</summary>
/// <param name="Why">For people.</param>
public sealed record AttemptPaused(Instant At, int Stage, int Task, int Attempt, string Why) : RunEvent(At);

/// <summary>An attempt that stood still goes on.</summary>
public sealed record AttemptResumed(Instant At, int Stage, int Task, int Attempt) : RunEvent(At);

/// <summary>Writes and reads run events as JSON.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RunEvent))]
public sealed partial class RunEventJson : JsonSerializerContext;

using Foreflow.Core.Model;

namespace Foreflow.Core.Runs;

/// <summary>What the shell is to do for a run.</summary>
public abstract record RunCommand;

/// <summary>Tasks may start: hand them to the pool. An attempt the pool has already is not submitted twice.</summary>
/// <param name="Stage">Position of the stage in the definition.</param>
/// <param name="FirstTask">Index of the first task.</param>
/// <param name="Count">How many, one after the other.</param>
/// <param name="Attempt">Number of the attempt, the same for all.</param>
/// <param name="AfterCause">Why the attempt before it ended, which decides its size; null for the first.</param>
/// <param name="WorkersEnded">Workers that ended while they had the task: one that has ended any is served alone.</param>
public sealed record SubmitTasks(int Stage, int FirstTask, int Count, int Attempt, AttemptCause? AfterCause = null, int WorkersEnded = 0) : RunCommand;

/// <summary>An attempt is no longer wanted: take it out of the queue, or stop it.</summary>
/// <param name="OnlyIfWaiting">True to let it go on where it runs already.</param>
/// <param name="Cause">Why.</param>
public sealed record WithdrawTask(int Stage, int Task, int Attempt, bool OnlyIfWaiting = false, AttemptCause Cause = AttemptCause.Cancelled) : RunCommand;

/// <summary>A stage is over: tell the pool.</summary>
public sealed record SettleStage(int Stage, bool Skipped) : RunCommand;

/// <summary>Send <see cref="RetryCame"/> at that time.</summary>
public sealed record WakeAt(Instant At, int Stage, int Task) : RunCommand;

/// <summary>The run is over: record it and tell who waits.</summary>
public sealed record EndRun(RunPhase Phase, string? Error) : RunCommand;

using System.Collections.Immutable;
using System.Text.Json;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Expressions;

namespace Foreflow.Core.Runs;

/// <summary>Where a run is.</summary>
public enum RunPhase
{
    /// <summary>Stages wait or run.</summary>
    Running,

    /// <summary>Nothing new starts until it is resumed.</summary>
    Paused,

    /// <summary>Cancelled; attempts that run are being stopped.</summary>
    Cancelling,

    /// <summary>Every stage succeeded or was skipped.</summary>
    Succeeded,

    /// <summary>A stage failed.</summary>
    Failed,

    /// <summary>It was cancelled.</summary>
    Cancelled,
}

/// <summary>Where a stage of a run is.</summary>
public enum StagePhase : byte
{
    /// <summary>A stage it needs is not over.</summary>
    Waiting,

    /// <summary>Its tasks wait or run.</summary>
    Running,

    /// <summary>Every task succeeded.</summary>
    Succeeded,

    /// <summary>A task failed for good, or an expression has no answer.</summary>
    Failed,

    /// <summary>Its condition was false, or everything it needs was skipped.</summary>
    Skipped,

    /// <summary>It did not run because a stage before it failed.</summary>
    Blocked,

    /// <summary>It was cancelled.</summary>
    Cancelled,
}

/// <summary>Where a task is.</summary>
public enum TaskPhase : byte
{
    /// <summary>It waits to be handed to a node.</summary>
    Queued,

    /// <summary>An attempt runs.</summary>
    Running,

    /// <summary>It waits to be tried again.</summary>
    BackingOff,

    /// <summary>Done.</summary>
    Succeeded,

    /// <summary>Failed for good.</summary>
    Failed,

    /// <summary>Cancelled.</summary>
    Cancelled,
}

/// <summary>A task of a run.</summary>
public struct TaskRun
{
    /// <summary>Where it is.</summary>
    public TaskPhase Phase { get; internal set; }

    /// <summary>Number of the newest attempt; 0 before the first.</summary>
    public int Attempts { get; internal set; }

    /// <summary>Number of the attempt that the newest one hedges, while it runs; 0 where none does.</summary>
    public int Hedged { get; internal set; }

    /// <summary>True when the newest attempt is over and the one it hedged still runs.</summary>
    internal bool NewestIsOver { get; set; }

    /// <summary>Attempts that count against the stage's retries.</summary>
    public int RetriesUsed { get; internal set; }

    /// <summary>Retries after each cause that has a rule of its own; null before the first.</summary>
    private ushort[]? _retriesByCause;

    /// <summary>Retries so far after a cause that has a rule of its own.</summary>
    public readonly int RetriesAfter(AttemptCause cause) => _retriesByCause?[(int)cause] ?? 0;

    /// <summary>Counts one more of them.</summary>
    internal int CountRetryAfter(AttemptCause cause) => ++(_retriesByCause ??= new ushort[Enum.GetValues<AttemptCause>().Length])[(int)cause];

    /// <summary>Attempts that ended through no fault of the task, or for want of memory: tried again beyond the stage's retries.</summary>
    public int Redispatches { get; internal set; }

    /// <summary>Workers that ended while they had it.</summary>
    public int WorkersEnded { get; internal set; }

    /// <summary>Times it was turned away or stopped for others: tried again without limit.</summary>
    public int PushBacks { get; internal set; }

    /// <summary>When it is tried again; only meaningful while it backs off.</summary>
    public Instant RetryAt { get; internal set; }

    /// <summary>When the newest attempt started.</summary>
    public Instant StartedAt { get; internal set; }

    /// <summary>Why the last ended attempt ended; null before.</summary>
    public AttemptCause? LastCause { get; internal set; }

    /// <summary>Its outputs, once it succeeded.</summary>
    public JsonElement Outputs { get; internal set; }

    /// <summary>True while a result of this attempt would be taken: it is the newest and waits or runs, or it is the one that is hedged.</summary>
    public readonly bool Awaits(int attempt) =>
        Phase is TaskPhase.Queued or TaskPhase.Running && attempt > 0 && (attempt == Hedged || (attempt == Attempts && !NewestIsOver));

    /// <summary>The attempt that runs beside this one; 0 where none does.</summary>
    internal readonly int Beside(int attempt) => attempt == Attempts ? Hedged : NewestIsOver ? 0 : Attempts;

    /// <summary>Gives the next attempt its number. Numbers are never used twice, so that none before it can speak for the task.</summary>
    internal void Renew()
    {
        Phase = TaskPhase.Queued;
        Attempts++;
        (Hedged, NewestIsOver) = (0, false);
    }
}

/// <summary>An attempt that stands still.</summary>
/// <param name="Task">Index of the task.</param>
/// <param name="Attempt">Number of the attempt.</param>
/// <param name="Since">Since when.</param>
/// <param name="Why">For people.</param>
public sealed record StandingAttempt(int Task, int Attempt, Instant Since, string Why);

/// <summary>A stage of a run.</summary>
public sealed class StageRun
{
    private List<StandingAttempt>? _standing;

    internal TaskRun[] Tasks = [];

    /// <summary>Where it is.</summary>
    public StagePhase Phase { get; internal set; }

    /// <summary>The elements of <c>foreach</c>; one null without it.</summary>
    public ImmutableArray<JsonElement> Items { get; internal set; } = [];

    /// <summary>Number of tasks.</summary>
    public int TaskCount => Tasks.Length;

    /// <summary>Tasks that are not over.</summary>
    public int Open { get; internal set; }

    /// <summary>Its outputs once it is over; undefined before.</summary>
    public JsonElement Outputs { get; internal set; }

    /// <summary>Why it failed, for people.</summary>
    public string? Error { get; internal set; }

    /// <summary>When its tasks could first run.</summary>
    public Instant? StartedAt { get; internal set; }

    /// <summary>When it was over.</summary>
    public Instant? EndedAt { get; internal set; }

    /// <summary>A task of it.</summary>
    public ref readonly TaskRun Task(int index) => ref Tasks[index];

    /// <summary>True when its outputs are those of an earlier run: it had no tasks.</summary>
    public bool Reused { get; internal set; }

    /// <summary>True when nothing new of it starts until it is resumed, whatever the run does.</summary>
    public bool Paused => PausedWhy is not null;

    /// <summary>Why it is paused, for people; null where it is not.</summary>
    public string? PausedWhy { get; internal set; }

    /// <summary>Its attempts that stand still, those that have for longest first.</summary>
    public IEnumerable<StandingAttempt> Standing => _standing?.Where(s => Tasks[s.Task].Awaits(s.Attempt)) ?? [];

    /// <summary>The gate its tasks wait at and until when, for people; null while nothing holds them back.</summary>
    public string? Parked { get; internal set; }

    /// <summary>True when nothing more will come of it.</summary>
    public bool IsOver => Phase > StagePhase.Running;

    internal void Stand(StandingAttempt attempt)
    {
        GoOn(attempt.Task, attempt.Attempt);
        (_standing ??= []).Add(attempt);
    }

    internal void GoOn(int task, int attempt) => _standing?.RemoveAll(s => s.Task == task && s.Attempt == attempt);
}

/// <summary>
/// A run at one instant: the fold of its events. Owned by whoever drives it and changed in place by <see cref="RunMachine"/>
/// alone: copying the tasks of a wide stage at each of their ends would cost the square of their number.
/// </summary>
public sealed class RunState
{
    /// <summary>A run that has no event yet.</summary>
    public RunState(RunId id, WorkflowDefinition definition)
    {
        Id = id;
        Definition = definition;
        var stages = new StageRun[definition.Stages.Length];
        for (var i = 0; i < stages.Length; i++) stages[i] = new StageRun();
        Stages = stages;
        OpenStages = stages.Length;
    }

    /// <summary>Its id.</summary>
    public RunId Id { get; }

    /// <summary>The definition it keeps to.</summary>
    public WorkflowDefinition Definition { get; }

    /// <summary>Where it is.</summary>
    public RunPhase Phase { get; internal set; }

    /// <summary>The engine that carries it on; null where no event says so.</summary>
    public string? Owner { get; internal set; }

    /// <summary>When it was accepted; null before.</summary>
    public Instant? AcceptedAt { get; internal set; }

    /// <summary>When it was over; null before.</summary>
    public Instant? EndedAt { get; internal set; }

    /// <summary>Why it failed or was cancelled, for people; also of a run that goes on with what the failure leaves.</summary>
    public string? Error { get; internal set; }

    /// <summary>What holds it or a part of it up, for people: a gate, a person, or more urgent work; null while nothing does.</summary>
    public string? WaitsFor => Parked
        ?? Stages.FirstOrDefault(s => !s.IsOver && s.Paused)?.PausedWhy
        ?? Stages.Where(s => !s.IsOver).SelectMany(s => s.Standing).FirstOrDefault()?.Why;

    /// <summary>Why it was last paused, for people. A pause hides no failure: it has a place of its own.</summary>
    public string? WhyPaused { get; internal set; }

    /// <summary>What to tell of it now, for people: why it stands still, else what went wrong; null where there is nothing to tell.</summary>
    public string? Note => Phase == RunPhase.Paused ? WhyPaused : Error;

    /// <summary>What it waits for at a gate, for people; null while nothing of it does.</summary>
    public string? Parked
    {
        get
        {
            // Asked at every start of an attempt.
            for (var i = 0; i < Stages.Count; i++)
                if (Stages[i] is { IsOver: false, Parked: { } why }) return why;
            return null;
        }
    }

    /// <summary>Folder its commands start in; null: the engine's own.</summary>
    public string? Folder { get; internal set; }

    /// <summary>Values of its inputs.</summary>
    public ImmutableDictionary<string, JsonElement> Inputs { get; internal set; } = ImmutableDictionary<string, JsonElement>.Empty;

    /// <summary>The run it makes anew; null for a run of its own.</summary>
    public string? RerunOf { get; internal set; }

    /// <summary>Outputs taken over from that run, by stage name.</summary>
    public ImmutableDictionary<string, JsonElement> Reused { get; internal set; } = ImmutableDictionary<string, JsonElement>.Empty;

    /// <summary>Its stages, in the order of the definition.</summary>
    public IReadOnlyList<StageRun> Stages { get; }

    /// <summary>Stages that are not over.</summary>
    public int OpenStages { get; internal set; }

    /// <summary>True when nothing more will come of it.</summary>
    public bool IsOver => Phase >= RunPhase.Succeeded;

    /// <summary>What expressions of a stage can see; of one task of it where an index is given.</summary>
    public ExpressionScope Scope(int stage, int? task = null)
    {
        var outputs = ImmutableDictionary.CreateBuilder<string, JsonElement>(StringComparer.Ordinal);
        for (var i = 0; i < Stages.Count; i++)
            if (Stages[i].IsOver && Stages[i].Outputs.ValueKind != JsonValueKind.Undefined) outputs[Definition.Stages[i].Name] = Stages[i].Outputs;
        var isEach = Definition.Stages[stage].Foreach is not null;
        return new ExpressionScope
        {
            RunId = Id.Value,
            Inputs = Inputs,
            Outputs = outputs.ToImmutable(),
            Item = task is { } t && isEach ? Stages[stage].Items[t] : null,
            Index = task is not null && isEach ? task : null,
            Needs = RunMachine.OutcomeOfNeeds(this, stage),
        };
    }
}

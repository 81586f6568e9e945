using Foreflow.Core.Model;
using Foreflow.Core.Profiling;

namespace Foreflow.Core.Snapshot;

/// <summary>A stage as planning sees it: what it is, what is known of it, who waits, who runs, who serves. Changed only by the snapshot's fold.</summary>
public sealed class StageState
{
    /// <summary>Hedges a calm stage may save up: as many attempts as a slow node may hold up at once.</summary>
    private const double MostHedgesSaved = 20;

    private readonly TaskQueue _queue = new();
    private readonly List<TaskEntry> _inFlight = [];
    private readonly List<ReplicaState> _replicas = [];
    private double _loadSlotSeconds;
    private Instant _loadedUntil;

    /// <summary>Number within the pool.</summary>
    public required int Index { get; init; }

    internal int PositionInWaiting { get; set; } = -1;

    /// <summary>Number of its workflow.</summary>
    public required int Workflow { get; init; }

    /// <summary>Position within its workflow.</summary>
    public required int Position { get; init; }

    /// <summary>Full name.</summary>
    public required StageId Id { get; init; }

    /// <summary>What it is.</summary>
    public required StageSpec Spec { get; init; }

    /// <summary>Priority of its workflow.</summary>
    public required Priority Priority { get; init; }

    /// <summary>What is known of it, over all nodes and on each class of them.</summary>
    public required StageProfiles Profiles { get; init; }

    /// <summary>What is known of it over all nodes: what planning goes by before it knows the node.</summary>
    public StageProfile Profile => Profiles.All;

    /// <summary>True while a person has stopped automatic replication of it.</summary>
    public bool ReplicationPaused { get; internal set; }

    /// <summary>Whether its replicas live.</summary>
    public StageHealth Health { get; } = new();

    /// <summary>Tasks that wait.</summary>
    public int Queued => _queue.Count;

    /// <summary>Replicas in the order they were started.</summary>
    public IReadOnlyList<ReplicaState> Replicas => _replicas;

    /// <summary>Tasks that run, in no particular but reproducible order.</summary>
    public IReadOnlyList<TaskEntry> InFlight => _inFlight;

    /// <summary>Tasks that ever became ready, retries included.</summary>
    public long TasksReady { get; internal set; }

    /// <summary>Tasks that were handed out.</summary>
    public long TasksStarted { get; internal set; }

    /// <summary>Attempts that were started to hedge another; not among <see cref="TasksStarted"/>.</summary>
    public long Hedges { get; private set; }

    /// <summary>Hedges that may be started now: each attempt brings the pool's share of one, and no more than twenty are saved up.</summary>
    public double HedgeCredit { get; private set; }

    /// <summary>Tasks that were served by a replica that became ready only after they did.</summary>
    public long ColdStartsMet { get; internal set; }

    /// <summary>Tasks that waited longer than the stage's service level.</summary>
    public long WaitsMissed { get; internal set; }

    /// <summary>Runs in which the stage was reached, skipped or not.</summary>
    public long TimesReached { get; internal set; }

    /// <summary>Runs in which it was skipped.</summary>
    public long TimesSkipped { get; internal set; }

    /// <summary>Mean seconds from the stage's start to the end of the run: its upward rank, on the capacity there is while runs are open. Set by the control cycle.</summary>
    public double UpwardRankSeconds { get; internal set; }

    /// <summary>Replicas that start or serve: those that count against a target. Spare ones do not.</summary>
    public int ActiveReplicas { get; private set; }

    /// <summary>When a spare replica was last given up; the earliest of times before.</summary>
    public Instant SpareGivenUpAt { get; private set; } = new(long.MinValue / 2);

    /// <summary>Free slots of ready replicas.</summary>
    public int FreeSlots { get; private set; }

    /// <summary>When the last task that ran ended; long ago before the first.</summary>
    public Instant LastEndedAt { get; private set; } = new(long.MinValue);

    /// <summary>The waiting task whose turn comes after <paramref name="earlier"/> others.</summary>
    public TaskEntry Waiting(int earlier) => _queue[earlier];

    /// <summary>True when the memory granted to an attempt is also its limit: the file names it, or it was measured often enough to be more than a guess.</summary>
    public bool LimitsMemory => Spec.MemoryDeclared || Profile.MemorySizing.Seen >= AttemptSizing.TrustedAttempts;

    /// <summary>True when more tasks wait for its replicas than those there are, warm or starting, have places for.</summary>
    public bool LacksReplicas => Spec.Kind == StageKind.Worker && Queued + InFlight.Count > ActiveReplicas * Spec.SlotsPerReplica;

    /// <summary>Seconds a task takes on average: measured, or the prior.</summary>
    public double MeanExecutionSeconds => !Profile.ExecutionSeconds.IsEmpty ? Profile.ExecutionSeconds.Mean : Spec.ExecutionSecondsPrior;

    /// <summary>Tasks a run makes of the stage on average: measured, or the prior.</summary>
    public double MeanFanOut => Profile.FanOut.Count > 0 ? Profile.FanOut.Mean : Spec.FanOutPrior;

    /// <summary>Seconds within which a replica starts in nine of ten cases: measured, or the prior.</summary>
    public double StartUpSeconds => !Profile.StartUpSeconds.IsEmpty ? Profile.StartUpSeconds.Quantile(0.9) : Spec.StartUpSecondsPrior;

    /// <summary>Slot-seconds that tasks have waited or run so far: the integral of the load over time.</summary>
    public double LoadSlotSeconds(Instant now) =>
        _loadSlotSeconds + (_inFlight.Count + _queue.Count == 0 ? 0 : (now - _loadedUntil).TotalSeconds * (_inFlight.Count + _queue.Count));

    /// <summary>Takes the load up to now in, before it changes.</summary>
    private void Load(Instant now) => (_loadSlotSeconds, _loadedUntil) = (LoadSlotSeconds(now), now);

    internal void Enqueue(TaskEntry entry)
    {
        Load(entry.ReadyAt);
        _queue.Add(entry);
        TasksReady++;
    }

    internal void Withdraw(TaskEntry entry, Instant at)
    {
        Load(at);
        _queue.Remove(entry);
    }

    internal void Begin(TaskEntry entry, ReplicaState? replica, double hedgeShare)
    {
        _queue.Remove(entry);
        TasksStarted++;
        HedgeCredit = Math.Min(MostHedgesSaved, HedgeCredit + hedgeShare);
        if (entry.StartedAt - entry.ReadyAt > Spec.MaxWait) WaitsMissed++;
        if (replica?.ReadyAt > entry.ReadyAt) ColdStartsMet++;
        Hold(entry, replica);
    }

    internal void BeginHedge(TaskEntry entry, ReplicaState? replica)
    {
        Load(entry.StartedAt);
        Hedges++;
        HedgeCredit--;
        Hold(entry, replica);
    }

    private void Hold(TaskEntry entry, ReplicaState? replica)
    {
        entry.PositionInFlight = _inFlight.Count;
        _inFlight.Add(entry);
        if (replica is null) return;
        replica.InFlight++;
        replica.HoldsSuspect |= entry.IsSuspect;
        if (replica.Phase == ReplicaPhase.Ready) FreeSlots--;
    }

    internal void Finish(TaskEntry entry, ReplicaState? replica, Instant at)
    {
        Load(at);
        LastEndedAt = at;
        var last = _inFlight[^1];
        _inFlight[entry.PositionInFlight] = last;
        last.PositionInFlight = entry.PositionInFlight;
        _inFlight.RemoveAt(_inFlight.Count - 1);
        if (replica is null) return;
        replica.InFlight--;
        replica.HoldsSuspect &= replica.InFlight > 0;
        if (replica.InFlight == 0) replica.IdleSince = at;
        if (replica.Phase == ReplicaPhase.Ready) FreeSlots++;
    }

    internal void Add(ReplicaState replica)
    {
        _replicas.Add(replica);
        if (!replica.Spare) ActiveReplicas++;
    }

    internal void Promote(ReplicaState replica)
    {
        if (!replica.Spare || replica.Phase == ReplicaPhase.Draining) return;
        replica.Spare = false;
        ActiveReplicas++;
    }

    internal void MarkReady(ReplicaState replica, Instant at)
    {
        replica.ReadyAt = at;
        replica.IdleSince = at;
        if (replica.Phase != ReplicaPhase.Starting) return;
        replica.Phase = ReplicaPhase.Ready;
        FreeSlots += Spec.SlotsPerReplica;
    }

    internal void MarkDraining(ReplicaState replica, Instant at)
    {
        if (replica.Phase == ReplicaPhase.Draining) return;
        if (replica.Phase == ReplicaPhase.Ready) FreeSlots -= Spec.SlotsPerReplica - replica.InFlight;
        replica.Phase = ReplicaPhase.Draining;
        if (replica.Spare) SpareGivenUpAt = at;
        else ActiveReplicas--;
    }

    internal void Remove(ReplicaState replica, Instant at)
    {
        MarkDraining(replica, at);
        _replicas.Remove(replica);
    }
}

/// <summary>A workflow as planning sees it. Changed only by the snapshot's fold.</summary>
public sealed class WorkflowState
{
    private readonly List<RunProgress> _open = [];

    /// <summary>Number within the pool.</summary>
    public required int Index { get; init; }

    /// <summary>What it is.</summary>
    public required WorkflowSpec Spec { get; init; }

    /// <summary>Stage number of its first stage; the others follow.</summary>
    public required int FirstStage { get; init; }

    /// <summary>Arrivals of its runs over time. Versions of a workflow share one history.</summary>
    public required ArrivalHistory Arrivals { get; init; }

    /// <summary>Attempts of its stages that run.</summary>
    public int InFlight { get; internal set; }

    /// <summary>Open runs, in no particular but reproducible order.</summary>
    public IReadOnlyList<RunProgress> OpenRuns => _open;

    internal void Open(RunProgress run)
    {
        run.PositionInWorkflow = _open.Count;
        _open.Add(run);
    }

    internal void Close(RunProgress run)
    {
        var last = _open[^1];
        _open[run.PositionInWorkflow] = last;
        last.PositionInWorkflow = run.PositionInWorkflow;
        _open.RemoveAt(_open.Count - 1);
    }
}

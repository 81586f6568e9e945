using Foreflow.Core.Model;
using Foreflow.Core.Profiling;

namespace Foreflow.Core.Snapshot;

/// <summary>
/// What is known of a pool at one instant: the fold of its journal. The same journal gives the same snapshot, so the
/// same plans. It is changed in place, by <see cref="Apply"/> and by carrying out a plan, and by nothing else:
/// copying it at each of thousands of events a second would cost more than every decision.
/// </summary>
public sealed class ClusterSnapshot
{
    /// <summary>Waiting tasks of a stage that are sized anew with a full cycle.</summary>
    private const int MostRenewed = 64;

    private readonly List<NodeState> _nodes = [];
    private readonly List<StageState> _stages = [];
    private readonly List<WorkflowState> _workflows = [];
    private readonly Dictionary<long, TaskEntry> _tasks = [];
    private readonly Dictionary<long, ReplicaState> _replicas = [];
    private readonly Dictionary<long, RunProgress> _runs = [];
    private readonly List<StageState> _waiting = [];
    private readonly List<TaskEntry> _paused = [];
    private readonly List<TaskEntry> _frozen = [];
    private readonly SortedSet<int> _pressed = [];
    private readonly Func<StageId, string, StageProfile> _profiles;
    private readonly Func<StageId, string, StageProfile>? _gathered;
    private SteadyClock _clock;
    private Resources _largestNode;

    /// <summary>An empty pool.</summary>
    /// <param name="settings">Settings of the pool.</param>
    /// <param name="profiles">Gives the profile kept for a stage on a node class (<see cref="ProfileBook.AnyNode"/>: on all); a new one where there is none. Null: always new ones.</param>
    /// <param name="gathered">Gives the profile in which what is learnt from now on is gathered besides, to be added to those kept; the empty class is for what belongs to no node. Null: nobody gathers.</param>
    public ClusterSnapshot(PoolSettings settings, Func<StageId, string, StageProfile>? profiles = null, Func<StageId, string, StageProfile>? gathered = null)
    {
        Settings = settings;
        _gathered = gathered;
        _profiles = profiles ?? ((_, _) => new StageProfile());
    }

    /// <summary>Settings of the pool.</summary>
    public PoolSettings Settings { get; private set; }

    /// <summary>Time of the last event.</summary>
    public Instant Now { get; private set; } = new(long.MinValue);

    /// <summary>Events folded so far.</summary>
    public long Sequence { get; private set; }

    /// <summary>Generation of the last plan that was carried out.</summary>
    public long Generation { get; internal set; }

    /// <summary>Number the next replica gets.</summary>
    public long NextReplica { get; private set; } = 1;

    /// <summary>True while a person has stopped automatic replication of the whole pool.</summary>
    public bool ReplicationPaused { get; private set; }

    /// <summary>Nodes by number; lost ones stay, marked.</summary>
    public IReadOnlyList<NodeState> Nodes => _nodes;

    /// <summary>Stages by number.</summary>
    public IReadOnlyList<StageState> Stages => _stages;

    /// <summary>Workflows by number.</summary>
    public IReadOnlyList<WorkflowState> Workflows => _workflows;

    /// <summary>Stages that have waiting tasks, in no particular but reproducible order.</summary>
    public IReadOnlyList<StageState> WaitingStages => _waiting;

    /// <summary>What gates let through, and what is held and spent of them.</summary>
    public GateBook Gates { get; } = new();

    /// <summary>How much of each gate running tasks hold.</summary>
    public IReadOnlyDictionary<string, int> GatesHeld => Gates.Held;

    /// <summary>Attempts that stand still for more urgent work, in the order they were paused.</summary>
    public IReadOnlyList<TaskEntry> Paused => _paused;

    /// <summary>Attempts that are frozen because memory runs out, in the order they were frozen.</summary>
    public IReadOnlyList<TaskEntry> Frozen => _frozen;

    /// <summary>Nodes that are short of memory, or where attempts are frozen: those to look at.</summary>
    public IReadOnlyCollection<int> Pressed => _pressed;

    /// <summary>Tasks that wait for a node or a replica.</summary>
    public int QueuedTasks { get; private set; }

    /// <summary>Runs that are not over.</summary>
    public int OpenRuns => _runs.Count;

    /// <summary>Capacity of a gate: as the pool's settings say, else the largest any workflow declared; null where nobody limits it.</summary>
    public int? GateCapacity(string gate) =>
        Settings.Gates.TryGetValue(gate, out var set) ? set : Gates.Capacity(gate);

    /// <summary>The task of a ticket; null when it is over.</summary>
    public TaskEntry? Task(long ticket) => _tasks.GetValueOrDefault(ticket);

    /// <summary>The replica of a number; null when it is gone.</summary>
    public ReplicaState? Replica(long number) => _replicas.GetValueOrDefault(number);

    /// <summary>The open run of a number; null when it is over.</summary>
    public RunProgress? Run(long number) => _runs.GetValueOrDefault(number);

    /// <summary>Folds one event in.</summary>
    /// <exception cref="InvalidOperationException">The event does not fit what came before it: the journal is not one this fold wrote.</exception>
    public void Apply(JournalEvent happened)
    {
        // Clocks of shells may step back; time here never does, so that a wait is never negative and cycles go on.
        Now = _clock.Read(happened.At);
        Sequence++;
        switch (happened)
        {
            case TimePassed: break;
            case AttemptEnded e: OnAttemptEnded(e); break;
            case AttemptSampled e: OnAttemptSampled(e); break;
            case TasksReady e: OnTasksReady(e); break;
            case StageSettled e: OnStageSettled(e); break;
            case RunArrived e: OnRunArrived(e); break;
            case RunEnded e: OnRunEnded(e); break;
            case ReplicaReady e: OnReplicaReady(e); break;
            case ReplicaEnded e: OnReplicaEnded(e); break;
            case TaskWithdrawn e: OnTaskWithdrawn(e); break;
            case NodeSampled e: _nodes[e.Node].Sample(e.UsedByOthers, Now); break;
            case NodeJoined e: OnNodeJoined(e); break;
            case NodePressed e: OnNodePressed(e); break;
            case NodeLost e: OnNodeLost(e); break;
            case WorkflowRegistered e: OnWorkflowRegistered(e); break;
            case ReplicationPaused e: OnReplicationPaused(e); break;
            case SettingsChanged e: Settings = e.Settings; break;
            case GatesGranted e: Gates.Granted = e.Gates; break;
            default: throw new InvalidOperationException($"the journal holds an event this version does not know: {happened.GetType().Name}");
        }
    }

    /// <summary>A replica was ordered.</summary>
    internal ReplicaState StartReplica(long number, int stage, int node, Resources granted, bool spare)
    {
        if (number != NextReplica) throw new InvalidOperationException($"replica {number} out of turn: the next one is {NextReplica}");
        NextReplica++;
        var replica = new ReplicaState { Number = number, Stage = stage, Node = node, Granted = granted, StartedAt = Now, Spare = spare };
        _replicas.Add(number, replica);
        _stages[stage].Add(replica);
        _nodes[node].Claimed += granted;
        return replica;
    }

    /// <summary>A replica takes nothing new from now on.</summary>
    internal void DrainReplica(long number)
    {
        if (_replicas.TryGetValue(number, out var replica)) _stages[replica.Stage].MarkDraining(replica, Now);
    }

    /// <summary>A spare replica counts from now on.</summary>
    internal void PromoteReplica(long number)
    {
        if (_replicas.TryGetValue(number, out var replica)) _stages[replica.Stage].Promote(replica);
    }

    /// <summary>A task was handed to a node.</summary>
    internal void Dispatch(long ticket, int node, long replicaNumber, Resources granted)
    {
        var entry = _tasks[ticket];
        var stage = _stages[entry.Stage];
        var replica = replicaNumber < 0 ? null : _replicas[replicaNumber];
        entry.StartedAt = Now;
        entry.Node = node;
        entry.Replica = replicaNumber;
        entry.Granted = granted;
        stage.Begin(entry, replica, Settings.HedgeShare);
        _workflows[stage.Workflow].InFlight++;
        QueuedTasks--;
        NoteWaiting(stage);
        var host = _nodes[node];
        host.Claimed += granted;
        host.InFlight++;
        Gates.Take(stage.Spec.Gates, Now);
    }

    /// <summary>A second attempt of a running task was handed to a node. Its ticket is that of the first with the sign changed.</summary>
    internal void StartHedge(long hedged, int node, long replica, Resources granted)
    {
        var first = _tasks[hedged];
        var entry = new TaskEntry
        {
            Ticket = -hedged,
            Run = first.Run,
            Stage = first.Stage,
            Index = first.Index,
            Attempt = first.Attempt + 1,
            ReadyAt = Now,
            Due = first.Due,
            Request = first.Request,
            InputBytes = first.InputBytes,
            HedgeOf = hedged,
            StartedAt = Now,
            Node = node,
            Replica = replica,
            Granted = granted,
        };
        _tasks.Add(entry.Ticket, entry);
        first.HedgedBy = entry.Ticket;
        _workflows[_stages[entry.Stage].Workflow].InFlight++;
        _stages[entry.Stage].BeginHedge(entry, replica < 0 ? null : _replicas[replica]);
        _nodes[node].Claimed += granted;
        _nodes[node].InFlight++;
    }

    /// <summary>An attempt stands still from now on and holds its memory alone.</summary>
    internal void Pause(long ticket)
    {
        var entry = _tasks[ticket];
        _nodes[entry.Node].Claimed -= entry.Held;
        entry.PausedAt = Now;
        _nodes[entry.Node].Claimed += entry.Held;
        _paused.Add(entry);
        StandStill(entry);
    }

    /// <summary>It goes on. The time it stood still counts neither as run time nor towards what is left of it.</summary>
    internal void Resume(long ticket)
    {
        var entry = _tasks[ticket];
        _nodes[entry.Node].Claimed -= entry.Held;
        entry.PausedFor += Now - entry.PausedAt;
        entry.PausedAt = Instant.Never;
        _nodes[entry.Node].Claimed += entry.Held;
        _paused.Remove(entry);
        GoOn(entry);
    }

    /// <summary>An attempt stands still from now on because memory runs out, and keeps what it holds.</summary>
    internal void Freeze(long ticket)
    {
        var entry = _tasks[ticket];
        entry.FrozenAt = Now;
        _frozen.Add(entry);
        StandStill(entry);
    }

    /// <summary>It goes on.</summary>
    internal void Thaw(long ticket)
    {
        var entry = _tasks[ticket];
        entry.FrozenAt = Instant.Never;
        _frozen.Remove(entry);
        GoOn(entry);
    }

    /// <summary>Something was done about a node that is short of memory.</summary>
    internal void NoteRelief(int node) => _nodes[node].RelievedAt = Now;

    private void StandStill(TaskEntry entry)
    {
        if (entry.StandsSince == Instant.Never) entry.StandsSince = Now;
    }

    /// <summary>The time it stood still is no run time; one that is held for another reason still stands.</summary>
    private void GoOn(TaskEntry entry)
    {
        if (entry.StandsStill) return;
        entry.StartedAt += Now - entry.StandsSince;
        entry.StandsSince = Instant.Never;
    }

    private void OnNodeJoined(NodeJoined e)
    {
        if (e.Node != _nodes.Count) throw new InvalidOperationException($"node number {e.Node} out of turn: the next one is {_nodes.Count}");
        _nodes.Add(new NodeState { Index = e.Node, Id = e.Id, Class = e.NodeClass, Capacity = e.Capacity });
        _largestNode = Resources.Max(_largestNode, e.Capacity);
    }

    private void OnWorkflowRegistered(WorkflowRegistered e)
    {
        if (e.Workflow != _workflows.Count || e.FirstStage != _stages.Count)
            throw new InvalidOperationException($"workflow number {e.Workflow} out of turn: the next one is {_workflows.Count}");
        Gates.Declare(e.Spec);
        var earlier = _workflows.FindLast(w => w.Spec.Name == e.Spec.Name);
        _workflows.Add(new WorkflowState
        {
            Index = e.Workflow,
            Spec = e.Spec,
            FirstStage = e.FirstStage,
            Arrivals = earlier?.Arrivals ?? new ArrivalHistory(Settings.FineStep, Settings.CoarseStep),
        });
        for (var i = 0; i < e.Spec.Stages.Length; i++)
        {
            var id = new StageId(e.Spec.Name, e.Spec.Stages[i].Name);
            _stages.Add(new StageState
            {
                Index = e.FirstStage + i,
                Workflow = e.Workflow,
                Position = i,
                Id = id,
                Spec = e.Spec.Stages[i],
                Priority = e.Spec.Priority,
                Profiles = _stages.FindLast(s => s.Id == id)?.Profiles ?? new StageProfiles(id, _profiles),
            });
        }
    }

    private void OnRunArrived(RunArrived e)
    {
        var workflow = _workflows[e.Workflow];
        var spec = workflow.Spec;
        if (!e.Recovered) workflow.Arrivals.Record(Now);
        var run = new RunProgress
        {
            Number = e.Run,
            Id = e.Id,
            Workflow = e.Workflow,
            ArrivedAt = Now,
            // Without a deadline a run is due by its age and priority, so that the old never starve behind the new.
            Due = spec.Deadline is { } deadline ? Now + deadline : Now + DefaultAllowance(spec.Priority),
            Stages = new StageProgress[spec.Stages.Length],
            Outstanding = new int[spec.Stages.Length],
            SettledAt = new Instant[spec.Stages.Length],
            Recovered = e.Recovered,
        };
        Array.Fill(run.SettledAt, Instant.Never);
        _runs.Add(e.Run, run);
        workflow.Open(run);
    }

    /// <summary>critical 1 min, normal 10 min, batch 4 h: a batch run overtakes new normal runs once it is 3 h 50 min old.</summary>
    private static TimeSpan DefaultAllowance(Priority priority) => priority switch
    {
        Priority.Critical => TimeSpan.FromMinutes(1),
        Priority.Batch => TimeSpan.FromHours(4),
        _ => TimeSpan.FromMinutes(10),
    };

    private void OnTasksReady(TasksReady e)
    {
        var stage = _stages[e.Stage];
        var run = _runs[e.Run];
        if (run.Stages[stage.Position] == StageProgress.Waiting)
        {
            run.Stages[stage.Position] = StageProgress.Active;
            run.Outstanding[stage.Position] = e.StageTasks;
            stage.TimesReached++;
            LearnReached(stage, run, e.StageTasks);
        }

        var request = stage.Spec.Kind == StageKind.Run ? AttemptSizing.RequestOf(stage, e, _largestNode) : Resources.Zero;
        for (var i = 0; i < e.Count; i++)
        {
            var entry = new TaskEntry
            {
                Ticket = e.FirstTicket + i,
                Run = e.Run,
                Stage = e.Stage,
                Index = e.FirstIndex + i,
                Attempt = e.Attempt,
                ReadyAt = Now,
                Due = run.Due,
                Request = request,
                InputBytes = e.InputBytes,
                WorkersEnded = e.WorkersEnded,
            };
            _tasks.Add(entry.Ticket, entry);
            stage.Enqueue(entry);
        }

        QueuedTasks += e.Count;
        NoteWaiting(stage);
    }

    /// <summary>
    /// Sizes waiting first attempts anew by what was learnt since they became ready: who waits behind many of its own kind
    /// would else ask for what was known before the first of them ran. Of each stage those whose turn is near.
    /// </summary>
    internal void RenewRequests()
    {
        foreach (var stage in _waiting)
        {
            if (stage.Spec.Kind != StageKind.Run || stage.Spec.ResourcesFixed) continue;
            (long? Input, Resources Request)? last = null;
            for (var i = 0; i < Math.Min(stage.Queued, MostRenewed); i++)
            {
                var entry = stage.Waiting(i);
                if (entry.Attempt > 1) continue;
                if (last is not { } known || known.Input != entry.InputBytes) last = known = (entry.InputBytes, AttemptSizing.RequestOf(stage, entry.InputBytes, _largestNode));
                entry.Request = known.Request;
            }
        }
    }

    /// <summary>Keeps the list of stages with waiting tasks.</summary>
    private void NoteWaiting(StageState stage)
    {
        var waits = stage.Queued > 0;
        if (waits == stage.PositionInWaiting >= 0) return;
        if (waits)
        {
            stage.PositionInWaiting = _waiting.Count;
            _waiting.Add(stage);
            return;
        }

        var last = _waiting[^1];
        _waiting[stage.PositionInWaiting] = last;
        last.PositionInWaiting = stage.PositionInWaiting;
        _waiting.RemoveAt(_waiting.Count - 1);
        stage.PositionInWaiting = -1;
    }

    private void OnNodePressed(NodePressed e)
    {
        var node = _nodes[e.Node];
        node.Press(e.MemoryPercent, Now);
        if (node.Memory.Percent > 0 || node.Memory.IsDanger(Now) || _frozen.Exists(f => f.Node == e.Node)) _pressed.Add(e.Node);
        else _pressed.Remove(e.Node);
    }

    private void OnNodeLost(NodeLost e)
    {
        _nodes[e.Node].Alive = false;
        _largestNode = Resources.Zero;
        foreach (var node in _nodes)
            if (node.Alive) _largestNode = Resources.Max(_largestNode, node.Capacity);
    }

    private void OnAttemptEnded(AttemptEnded e)
    {
        if (!_tasks.Remove(e.Ticket, out var entry)) return;
        var stage = _stages[entry.Stage];
        if (!entry.Running)
        {
            stage.Withdraw(entry, Now);
            QueuedTasks--;
            NoteWaiting(stage);
            return;
        }

        _workflows[stage.Workflow].InFlight--;
        var replica = entry.Replica < 0 ? null : _replicas.GetValueOrDefault(entry.Replica);
        stage.Finish(entry, replica, Now);
        if (replica is not null) LearnHealth(stage, replica, entry, e.Cause);
        var host = _nodes[entry.Node];
        host.Claimed -= entry.Held;
        host.InFlight--;
        if (entry.StandsStill)
        {
            entry.StartedAt += Now - entry.StandsSince;
            _paused.Remove(entry);
            _frozen.Remove(entry);
        }

        Gates.Give(stage.Spec.Gates);
        if (e.Cause == AttemptCause.Succeeded && !entry.IsDone)
        {
            if (_tasks.TryGetValue(entry.HedgeOf != 0 ? entry.HedgeOf : entry.HedgedBy, out var beside)) beside.IsDone = true;
            if (_runs.TryGetValue(entry.Run, out var run) && run.Outstanding[stage.Position] > 0) run.Outstanding[stage.Position]--;
        }

        var record = RecordOf(entry, e, Now);
        stage.Profile.Record(record);
        stage.Profiles.Of(host.Class).Record(record);
        _gathered?.Invoke(stage.Id, host.Class).Record(record);
    }

    private static void LearnHealth(StageState stage, ReplicaState replica, TaskEntry task, AttemptCause cause)
    {
        if (cause is AttemptCause.Succeeded or AttemptCause.ExitCode or AttemptCause.BadOutput) stage.Health.Answered(replica);
        if (cause is not (AttemptCause.WorkerLost or AttemptCause.HealthCheckFailed or AttemptCause.OutOfMemory)) return;
        replica.IsLost = true;
        replica.EndedBySuspect |= task.IsSuspect;
    }

    private void OnAttemptSampled(AttemptSampled e)
    {
        if (!_tasks.TryGetValue(e.Ticket, out var entry) || !entry.Running) return;
        var (stage, nodeClass) = (_stages[entry.Stage], _nodes[entry.Node].Class);
        stage.Profile.RecordRunning(e.Peak, Now);
        stage.Profiles.Of(nodeClass).RecordRunning(e.Peak, Now);
        _gathered?.Invoke(stage.Id, nodeClass).RecordRunning(e.Peak, Now);
    }

    /// <summary>A stage's turn came in a run: how many tasks it makes, and which of those it needs was the last.</summary>
    private void LearnReached(StageState stage, RunProgress run, int tasks)
    {
        var gathered = _gathered?.Invoke(stage.Id, "");
        stage.Profile.RecordFanOut(tasks, Now);
        gathered?.RecordFanOut(tasks, Now);
        LearnBranch(stage, true);
        if (run.Recovered || stage.Spec.Needs.IsEmpty) return;
        var (last, lastAt, before) = (-1, new Instant(long.MinValue), run.ArrivedAt);
        foreach (var need in stage.Spec.Needs)
        {
            var at = run.SettledAt[need];
            if (at == Instant.Never) return;
            if (at > lastAt) (last, lastAt, before) = (need, at, Instant.Max(before, lastAt));
            else before = Instant.Max(before, at);
        }

        var name = _workflows[run.Workflow].Spec.Stages[last].Name;
        stage.Profile.RecordReleasedBy(name, lastAt - before, Now);
        gathered?.RecordReleasedBy(name, lastAt - before, Now);
    }

    private void LearnBranch(StageState stage, bool taken)
    {
        stage.Profile.RecordBranch(taken, Now);
        _gathered?.Invoke(stage.Id, "").RecordBranch(taken, Now);
    }

    /// <summary>What a profile learns from the end of a running task.</summary>
    private static AttemptRecord RecordOf(TaskEntry task, AttemptEnded ended, Instant now) => new(
        now,
        ended.Cause,
        ended.Usage ?? (IsKnownByTimeAlone(task, ended) ? null : new AttemptUsage { WallTime = now - task.StartedAt, InputBytes = task.InputBytes }),
        StartUp: ended.StartUp,
        Queue: task.HedgeOf != 0 ? null : task.StartedAt - task.ReadyAt,
        Granted: task.Granted,
        Number: task.Attempt,
        WallTime: IsKnownByTimeAlone(task, ended) ? now - task.StartedAt : null);

    /// <summary>True for most attempts whose shell measures nothing: their usage would be an object with one figure.</summary>
    private static bool IsKnownByTimeAlone(TaskEntry task, AttemptEnded ended) =>
        ended.Usage is null && task.InputBytes is null && ended.Cause != AttemptCause.OutOfMemory;

    private void OnTaskWithdrawn(TaskWithdrawn e)
    {
        if (!_tasks.TryGetValue(e.Ticket, out var entry) || entry.Running) return;
        _tasks.Remove(e.Ticket);
        _stages[entry.Stage].Withdraw(entry, Now);
        QueuedTasks--;
        NoteWaiting(_stages[entry.Stage]);
    }

    private void OnStageSettled(StageSettled e)
    {
        if (!_runs.TryGetValue(e.Run, out var run)) return;
        var stage = _stages[e.Stage];
        if (run.Stages[stage.Position] == StageProgress.Waiting)
        {
            stage.TimesReached++;
            if (e.Skipped) stage.TimesSkipped++;
            LearnBranch(stage, !e.Skipped);
        }

        if (run.Stages[stage.Position] != StageProgress.Settled) run.SettledAt[stage.Position] = Now;
        run.Stages[stage.Position] = StageProgress.Settled;
        run.Outstanding[stage.Position] = 0;
    }

    private void OnRunEnded(RunEnded e)
    {
        if (_runs.Remove(e.Run, out var run)) _workflows[run.Workflow].Close(run);
    }

    private void OnReplicaReady(ReplicaReady e)
    {
        if (!_replicas.TryGetValue(e.Replica, out var replica)) return;
        var stage = _stages[replica.Stage];
        stage.MarkReady(replica, Now);
        var (startUp, nodeClass) = (Now - replica.StartedAt, _nodes[replica.Node].Class);
        stage.Profile.RecordStartUp(startUp, Now);
        stage.Profiles.Of(nodeClass).RecordStartUp(startUp, Now);
        _gathered?.Invoke(stage.Id, nodeClass).RecordStartUp(startUp, Now);
    }

    private void OnReplicaEnded(ReplicaEnded e)
    {
        if (!_replicas.Remove(e.Replica, out var replica)) return;
        _stages[replica.Stage].Health.Ended(_stages[replica.Stage], replica, e.Cause, e.Error, Now);
        _stages[replica.Stage].Remove(replica, Now);
        _nodes[replica.Node].Claimed -= replica.Granted;
    }

    private void OnReplicationPaused(ReplicationPaused e)
    {
        if (e.Stage is { } stage) _stages[stage].ReplicationPaused = e.Paused;
        else ReplicationPaused = e.Paused;
    }
}

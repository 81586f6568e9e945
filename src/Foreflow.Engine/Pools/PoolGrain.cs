using System.Text.Json;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Replication;
using Foreflow.Core.Runs;
using Foreflow.Core.Scheduling;
using Foreflow.Core.Snapshot;
using Foreflow.Engine.Nodes;
using Foreflow.Engine.Runs;
using Foreflow.Engine.Storage;
using Foreflow.Engine.Workflows;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Foreflow.Engine.Pools;

/// <summary>
/// Holds the state of a pool, feeds it events, runs the control cycle and hands its decisions to nodes and runs. Holds no
/// policy: what to do is in the plan. Reentrant: nothing is awaited between an event and the plan that answers it.
/// </summary>
[Reentrant, KeepAlive]
public sealed class PoolGrain(
    IStorage storage, DefinitionCache definitions, NodeDirectory nodes, PoolOptions options, EngineIdentity identity, TimeProvider time,
    ILogger<PoolGrain> log, IGrainContext context)
    : Grain(context), IPoolGrain
{
    /// <summary>Waiting tasks of a stage whose runs are told what they wait for.</summary>
    private const int MostTold = 100;

    /// <summary>How often the demand that plans saw is kept with them.</summary>
    private static readonly TimeSpan DemandKept = TimeSpan.FromSeconds(2);

    /// <summary>Characters kept of what a replica said last.</summary>
    private const int MostSaid = 400;

    private readonly PoolRegister _register = new();
    private readonly Dictionary<string, int> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Instant> _heard = new(StringComparer.Ordinal);
    private PoolState _pool = null!;
    private PoolJournal _journal = null!;
    private OutcomeBook _outcomes = null!;
    private ProfileKeeper _profiles = null!;
    private GateKeeper _gates = null!;
    private PolicySet _policies = PolicySet.Ahead;
    private CyclePlan? _lastFull;
    private Task _flushing = Task.CompletedTask;
    private SteadyClock _clock;
    private Instant _now = new(long.MinValue);
    private double _replicaSecondsEnded;

    private Instant Now => _now = _clock.Read(Instant.From(time.GetUtcNow()));

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancel)
    {
        _policies = options.Policies;
        _profiles = new ProfileKeeper(storage.Profiles, log);
        await _profiles.LoadAsync(cancel);
        _gates = new GateKeeper(storage.Gates, identity.Owner, log);
        _pool = new PoolState(new ClusterSnapshot(options.Settings, _profiles.Of, _profiles.Gathered));
        _outcomes = new OutcomeBook(_pool);
        _journal = new PoolJournal(storage.Journal, this.GetPrimaryKeyString(), log, DemandKept);
        await _journal.OpenAsync(_profiles.Checkpoint(), Now, cancel);
        // Other engines may share the store, and so the gates.
        Apply(new SettingsChanged(Now, options.Settings with { GatesByLease = true }));
        this.RegisterGrainTimer(_ => OnTick(), new GrainTimerCreationOptions { DueTime = options.TickPeriod, Period = options.TickPeriod, Interleave = true });
        this.RegisterGrainTimer(_ => OnSecond(), new GrainTimerCreationOptions { DueTime = TimeSpan.FromSeconds(1), Period = TimeSpan.FromSeconds(1), Interleave = true });
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancel)
    {
        await _gates.ReleaseAsync(_pool.Snapshot, Now);
        _outcomes.Close();
        _journal.Add(_outcomes.Take());
        await Flush();
    }

    /// <inheritdoc/>
    public async Task<AttemptPlaces> Handle(RunMessage message)
    {
        var link = _register.FindRun(message.Run);
        if (link is null)
        {
            if (message.Ended && message.Ready.Count == 0) return AttemptPlaces.None;
            var workflow = await Registered(message.Workflow, message.Version);
            link = _register.FindRun(message.Run);
            if (link is null)
            {
                link = _register.AddRun(message.Run, workflow);
                workflow.Folder = message.Folder;
                Apply(new RunArrived(Now, link.Number, new RunId(message.Run), workflow.Index, message.Recovered));
            }
        }

        foreach (var settled in message.Settled) Apply(new StageSettled(Now, link.Number, link.StageIndex(settled.Stage), settled.Skipped));
        foreach (var withdrawn in message.Withdrawn) Withdraw(link, withdrawn);
        foreach (var ready in message.Ready) Enqueue(link, ready);
        if (message.Ended)
        {
            Apply(new RunEnded(Now, link.Number));
            _register.RemoveRun(link, _pool.Snapshot);
        }

        var places = Step(link);
        if (_gates.IsShort(_pool.Snapshot, _now)) RenewGates().Ignore();
        return places;
    }

    /// <inheritdoc/>
    public Task Join(NodeOffer offer)
    {
        nodes.Connect(offer.Node, offer.Link);
        _heard[offer.Node] = Now;
        if (_nodes.ContainsKey(offer.Node)) return Task.CompletedTask;
        _nodes[offer.Node] = _pool.Snapshot.Nodes.Count;
        Apply(new NodeJoined(Now, _pool.Snapshot.Nodes.Count, new NodeId(offer.Node), offer.Capacity, offer.NodeClass));
        Step();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Report(NodeReport report)
    {
        _heard[report.Node] = Now;
        if (!_nodes.TryGetValue(report.Node, out var node)) return Task.CompletedTask;
        foreach (var ended in report.Ended) End(ended);
        foreach (var change in report.Replicas) Change(change);
        foreach (var (ticket, peak) in report.Peaks)
            if (_register.FindTask(ticket) is not null) Apply(new AttemptSampled(Now, ticket, peak));
        if (report.UsedByOthers is { } used && _pool.Snapshot.Nodes[node].UsedByOthers != used) Apply(new NodeSampled(Now, node, used));
        var isPressed = report.MemoryPressurePercent is { } percent && _pool.Snapshot.Nodes[node].Memory.Percent != percent;
        if (isPressed) Apply(new NodePressed(Now, node, report.MemoryPressurePercent!.Value));
        if (report.Ended.Count > 0 || report.Replicas.Count > 0 || isPressed) Step();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task PauseReplication(string? workflow, string? stage, bool paused)
    {
        var snapshot = _pool.Snapshot;
        var changed = workflow is null
            ? snapshot.ReplicationPaused == paused ? [] : new int?[] { null }
            : [.. snapshot.Stages.Where(s => s.Id.Workflow == workflow && (stage is null || s.Id.Name == stage) && s.ReplicationPaused != paused).Select(s => (int?)s.Index)];
        if (changed.Length == 0) return;
        foreach (var index in changed) Apply(new ReplicationPaused(Now, index, paused));
        Step();
        await Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<PoolView> View() => Task.FromResult(PoolViews.Of(_pool.Snapshot, _lastFull, _replicaSecondsEnded, Now));

    /// <inheritdoc/>
    public async Task Flush()
    {
        await _profiles.FlushAsync();
        await _journal.FlushAsync();
    }

    private void Apply(JournalEvent happened)
    {
        _journal.Add(happened);
        _pool.Apply(happened);
        _outcomes.Applied(happened);
    }

    /// <summary>Decides what is due and has it done. Returns the places of one run's attempts; those of others are told to them.</summary>
    private AttemptPlaces Step(RunLink? asking = null)
    {
        if (!ControlCycle.IsDue(_pool)) return AttemptPlaces.None;
        var plan = ControlCycle.Next(_pool, _policies);
        if (options.CheckPlans)
        {
            var wrong = PlanChecker.Check(_pool.Snapshot, plan);
            if (wrong.Count > 0)
            {
                log.LogCritical("plan {Generation} is not carried out: {Faults}", plan.Generation, string.Join("; ", wrong));
                return AttemptPlaces.None;
            }
        }

        if (!plan.Full && plan.IsEmpty) return AttemptPlaces.None;
        _journal.Add(plan, _pool.Snapshot);
        _pool.Carry(plan);
        _outcomes.Carried(plan);
        _journal.Add(_outcomes.Take());
        if (plan.Full) _lastFull = plan;
        foreach (var step in plan.Ladder)
        {
            var level = step.Rung == LadderRung.Rebalance ? LogLevel.Debug : LogLevel.Information;
            if (log.IsEnabled(level)) log.Log(level, "{Step}", Explanations.Of(step));
        }

        foreach (var ticket in plan.Paused) SetFrozen(ticket, Explanations.WhyPaused(ticket, plan.Claims));
        foreach (var ticket in plan.Resumed)
            if (_pool.Snapshot.Task(ticket) is { StandsStill: false }) SetFrozen(ticket, null);
        foreach (var step in plan.Relief) Relieve(step);
        foreach (var (ticket, why) in plan.Refused) Refuse(ticket, why);
        foreach (var ticket in plan.Preempted) Stop(_register.FindTask(ticket), AttemptCause.Preempted);
        foreach (var decision in plan.Replicas) Order(decision, plan.Generation);
        return Place(plan, asking);
    }

    /// <summary>Renews the leases on gates, and decides by what they are now.</summary>
    private async Task RenewGates()
    {
        if (await _gates.RenewAsync(_pool.Snapshot, () => Now) is not { } granted) return;
        Apply(new GatesGranted(Now, granted));
        Step();
    }

    private AttemptPlaces Place(CyclePlan plan, RunLink? asking)
    {
        if (plan.Work.IsEmpty && plan.Hedges.IsEmpty) return AttemptPlaces.None;
        List<AttemptPlace>? own = null;
        Dictionary<RunLink, List<AttemptPlace>>? others = null;
        foreach (var work in plan.Work) Tell(_register.FindTask(work.Ticket)!, work, null);
        foreach (var (hedged, work, reason) in plan.Hedges) Tell(_register.AddHedge(_register.FindTask(hedged)!, work.Ticket), work, reason);

        // In the order in which the runs came up in the plan: a dictionary keeps the order of insertion while nothing is removed.
        if (others is not null)
            foreach (var (run, places) in others) GrainFactory.GetGrain<IRunGrain>(run.Id).Placed(new AttemptPlaces(places)).Ignore();
        return own is null ? AttemptPlaces.None : new AttemptPlaces(own);

        void Tell(TaskLink task, in Assignment work, HedgeReason? hedge)
        {
            var place = new AttemptPlace(
                task.Key, work.Ticket, _pool.Snapshot.Nodes[work.Node].Id.Value, work.Replica, work.Granted.CpuMillicores, work.Granted.MemoryBytes,
                _pool.Snapshot.Task(work.Ticket) is { } entry && _pool.Snapshot.Stages[entry.Stage].LimitsMemory, hedge);
            if (task.Run == asking)
            {
                (own ??= []).Add(place);
                return;
            }

            others ??= [];
            if (!others.TryGetValue(task.Run, out var list)) others[task.Run] = list = [];
            list.Add(place);
        }
    }

    private void Order(ReplicaDecision decision, long generation)
    {
        var stage = _pool.Snapshot.Stages[decision.Stage];
        var workflow = _register.WorkflowOf(stage.Workflow);
        foreach (var start in decision.Starts)
        {
            var node = _pool.Snapshot.Nodes[start.Node].Id.Value;
            nodes.StartReplica(node, new ReplicaOrder(
                start.Replica, workflow.Definition.Name, workflow.Definition.Version, workflow.DefinitionIndex(stage.Position),
                this.GetPrimaryKeyString(), start.Granted, workflow.Folder, generation));
        }

        foreach (var drain in decision.Drains)
            if (_pool.Snapshot.Replica(drain) is { } replica) nodes.DrainReplica(_pool.Snapshot.Nodes[replica.Node].Id.Value, drain, generation);
        log.LogInformation("{Decision}", Explanations.Of(decision));
    }

    private void Enqueue(RunLink run, ReadyTasks ready)
    {
        // A run that was resumed or recovered may name attempts that are here already.
        if (ready.Count == 1 && _register.FindTask(run, ready.Stage, ready.FirstTask) is { } known && known.Key.Attempt == ready.Attempt) return;
        var first = _register.AddTasks(run, ready);
        var earlier = ready.AfterCause is null ? default : run.Grants.GetValueOrDefault((ready.Stage, ready.FirstTask));
        Apply(new TasksReady(
            Now, run.Number, run.StageIndex(ready.Stage), first, ready.FirstTask, ready.Count, ready.StageTasks, ready.InputBytes, ready.Attempt,
            ready.AfterCause, earlier.Bytes, earlier.Kills, ready.WorkersEnded));
    }

    private void Withdraw(RunLink run, WithdrawnAttempt withdrawn)
    {
        if (_register.FindAttempt(run, withdrawn.Key) is not { } task) return;
        if (_pool.Snapshot.Task(task.Ticket) is { Running: true })
        {
            if (!withdrawn.OnlyIfWaiting) Stop(task, withdrawn.Cause);
            return;
        }

        Apply(new TaskWithdrawn(Now, task.Ticket));
        _register.RemoveTask(task);
    }

    /// <summary>A waiting task ends without having run.</summary>
    private void Refuse(long ticket, string why)
    {
        if (_register.FindTask(ticket) is not { } task) return;
        End(new EndedAttempt(ticket, AttemptCause.StartFailed, null));
        GrainFactory.GetGrain<IRunGrain>(task.Run.Id).Finished(new AttemptReport(task.Key, AttemptCause.StartFailed, Error: why)).Ignore();
    }

    private void Stop(TaskLink? task, AttemptCause cause)
    {
        if (task is null || _pool.Snapshot.Task(task.Ticket) is not { Running: true } entry) return;
        nodes.Stop(_pool.Snapshot.Nodes[entry.Node].Id.Value, task.Run.Id, task.Key, cause);
    }

    private void Relieve(ReliefStep step)
    {
        if (step.Action == ReliefAction.Freeze) SetFrozen(step.Ticket, $"paused, memory runs out: {step.Reason}");
        else if (step.Action == ReliefAction.Stop) Stop(_register.FindTask(step.Ticket), AttemptCause.Preempted);
        else if (_pool.Snapshot.Task(step.Ticket) is { StandsStill: false }) SetFrozen(step.Ticket, null);
        if (step.Action == ReliefAction.Thaw) log.LogInformation("{Step}", Explanations.Of(step));
    }

    /// <summary>Has an attempt stand still, or (null) go on, and its run told.</summary>
    private void SetFrozen(long ticket, string? why)
    {
        if (_register.FindTask(ticket) is not { } task || _pool.Snapshot.Task(ticket) is not { } entry) return;
        nodes.SetFrozen(_pool.Snapshot.Nodes[entry.Node].Id.Value, task.Run.Id, task.Key, why is not null);
        GrainFactory.GetGrain<IRunGrain>(task.Run.Id).Stand(task.Key, why).Ignore();
    }

    private void End(EndedAttempt ended)
    {
        if (_register.FindTask(ended.Ticket) is not { } task) return;
        if (ended.Cause is not (AttemptCause.Succeeded or AttemptCause.Superseded) && _pool.Snapshot.Task(ended.Ticket) is { } entry) task.Run.NoteGrant(task.Key, entry.Granted.MemoryBytes, ended.Cause);
        Apply(new AttemptEnded(Now, ended.Ticket, ended.Cause, ended.Usage, ended.StartUp));
        _register.RemoveTask(task);
    }

    private void Change(ReplicaChange change)
    {
        if (_pool.Snapshot.Replica(change.Replica) is not { } replica) return;
        if (change.Ready)
        {
            Apply(new ReplicaReady(Now, change.Replica));
            return;
        }

        if (change.Error is not null) log.LogWarning("replica {Replica} of {Stage} ended: {Error}", change.Replica, _pool.Snapshot.Stages[replica.Stage].Id, change.Error);
        _replicaSecondsEnded += (Now - replica.StartedAt).TotalSeconds;
        Apply(new ReplicaEnded(Now, change.Replica, change.Cause, Short(change.Error)));
    }

    /// <summary>The end of what was said, which is where programs name the trouble: the journal is no log.</summary>
    private static string? Short(string? error) => error is { Length: > MostSaid } ? "…" + error[^MostSaid..] : error;

    private async ValueTask<WorkflowLink> Registered(string name, string version)
    {
        if (_register.FindWorkflow(name, version) is { } known) return known;
        var definition = await definitions.GetAsync(name, version);
        if (_register.FindWorkflow(name, version) is { } meanwhile) return meanwhile;
        var largest = _pool.Snapshot.Nodes.Aggregate(Resources.Zero, (most, node) => Resources.Max(most, node.Capacity));
        var spec = WorkflowSpecs.From(definition, largest.IsZero ? new Resources(long.MaxValue / 8, long.MaxValue / 8) : largest);
        var link = _register.AddWorkflow(definition, spec, _pool.Snapshot.Workflows.Count, _pool.Snapshot.Stages.Count);
        Apply(new WorkflowRegistered(Now, link.Index, link.FirstStage, spec));
        return link;
    }

    private Task OnTick()
    {
        if (_pool.NextDecisionAt <= Now)
        {
            Apply(new TimePassed(_now));
            Step();
        }

        if (_gates.IsShort(_pool.Snapshot, _now)) RenewGates().Ignore();
        return Task.CompletedTask;
    }

    /// <summary>Waits for no store: one that takes long must not let a lease lapse unseen, or a node be lost unseen.</summary>
    private Task OnSecond()
    {
        LoseSilentNodes();
        RenewGates().Ignore();
        TellWaits();
        if (!_flushing.IsCompleted) return Task.CompletedTask;
        // What went wrong with the one before is told to the timer, which logs it.
        var before = _flushing;
        _flushing = Flush();
        return before;
    }

    /// <summary>Tells the runs whose tasks a gate or a quarantine has held back for a second: the first of each stage, which are those people look for.</summary>
    private void TellWaits()
    {
        var snapshot = _pool.Snapshot;
        var offset = time.LocalTimeZone.GetUtcOffset(Now.ToDateTimeOffset());
        foreach (var wait in GateQueue.Denied(snapshot)) Tell(snapshot.Stages[wait.Stage], Explanations.Of(wait, _now, offset));
        foreach (var held in Quarantine.All(snapshot)) Tell(snapshot.Stages[held.Stage], Explanations.Of(held, offset));
    }

    private void Tell(StageState stage, string why)
    {
        var told = new HashSet<RunLink>();
        for (var i = 0; i < Math.Min(stage.Queued, MostTold); i++)
        {
            var task = stage.Waiting(i);
            if (_now - task.ReadyAt < TimeSpan.FromSeconds(1) || _register.FindTask(task.Ticket) is not { } link || !told.Add(link.Run)) continue;
            GrainFactory.GetGrain<IRunGrain>(link.Run.Id).Park(link.Key.Stage, why).Ignore();
        }
    }

    /// <summary>
    /// A node that has said nothing for too long is taken for lost: what ran there runs elsewhere. That of this process is
    /// not: a machine that slept, or a clock that was set, has let its silence seem long, and its attempts still run.
    /// </summary>
    private void LoseSilentNodes()
    {
        foreach (var (name, at) in _heard.Where(h => Now - h.Value > options.NodeSilence && !nodes.IsLocal(h.Key)).ToArray())
        {
            _heard.Remove(name);
            if (!_nodes.Remove(name, out var node)) continue;
            log.LogError("node {Node} has said nothing for {Seconds:0.#} s: it is taken for lost", name, options.NodeSilence.TotalSeconds);
            nodes.Disconnect(name);
            Apply(new NodeLost(Now, node));
            foreach (var stage in _pool.Snapshot.Stages)
            {
                foreach (var replica in stage.Replicas.Where(r => r.Node == node).ToArray()) Change(new ReplicaChange(replica.Number, false, AttemptCause.NodeLost, null));
                foreach (var entry in stage.InFlight.Where(t => t.Node == node).ToArray())
                {
                    var task = _register.FindTask(entry.Ticket)!;
                    End(new EndedAttempt(entry.Ticket, AttemptCause.NodeLost, null));
                    GrainFactory.GetGrain<IRunGrain>(task.Run.Id).Finished(new AttemptReport(task.Key, AttemptCause.NodeLost, Error: $"node {name} was lost")).Ignore();
                }
            }

            Step();
        }
    }
}

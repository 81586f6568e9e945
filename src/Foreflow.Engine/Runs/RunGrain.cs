using System.Text;
using System.Text.Json;
using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Expressions;
using Foreflow.Engine.Nodes;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Storage;
using Foreflow.Engine.Switching;
using Foreflow.Engine.Workflows;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Foreflow.Engine.Runs;

/// <summary>
/// Hosts the <see cref="RunMachine"/> of one run: folds events, puts them on disk, then does what the machine says. Holds no
/// policy. Reentrant, so that many ends of a wide stage share a disk write; events are folded and numbered before the
/// first await, which keeps their order.
/// </summary>
[Reentrant]
public sealed class RunGrain(
    IStorage storage, DefinitionCache definitions, NodeDirectory nodes, SwitchBoard switches, EngineIdentity identity, TimeProvider time,
    ILogger<RunGrain> log, IGrainContext context)
    : Grain(context), IRunGrain
{
    /// <summary>What a run waits for at a gate is written no more often than this: a gate of short tasks would write more than the tasks do.</summary>
    private static readonly TimeSpan ParkedAgain = TimeSpan.FromSeconds(10);

    // Completed on the grain's own turn: whoever waits goes on in a turn of its own.
    private readonly TaskCompletionSource _ended = new();
    private readonly Dictionary<AttemptKey, string> _resultKeys = [];
    private RunState? _run;
    private string _pool = EngineNames.DefaultPool;
    private IPoolGrain? _poolGrain;
    private RunLog? _log;
    private CommandQueue? _commands;
    private Task? _accepting;
    private bool _recovering;
    private Instant? _parkedAt;

    private RunLog Log => _log ??= new RunLog(storage.Runs, Id, time, log);

    private CommandQueue Commands => _commands ??= new CommandQueue(Tell);

    private RunId Id => new(this.GetPrimaryKeyString());

    private Instant Now => Instant.From(time.GetUtcNow());

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancel)
    {
        // Taken out of memory while a handler runs: that it has started is not on disk yet.
        if (reason.ReasonCode == DeactivationReasonCode.ActivationIdle && _run is { } run) await Write(run);
    }

    /// <inheritdoc/>
    public async Task Accept(AcceptRun request)
    {
        var accepting = _accepting ??= AcceptOnce(request);
        try
        {
            await accepting;
        }
        catch
        {
            // Refused: it may be asked for again.
            _accepting = null;
            throw;
        }
    }

    private async Task AcceptOnce(AcceptRun request)
    {
        if (_run is not null) return;
        var definition = await definitions.GetAsync(request.Workflow, request.Version);
        if (_run is not null) return;
        UsePool(request.Pool);
        var run = new RunState(Id, definition);
        var accepted = new RunAccepted(Now, request.Workflow, request.Version, JsonElement.Parse(request.InputsJson), request.Folder,
            request.RerunOf, request.ReusedJson is { } reused ? JsonElement.Parse(reused) : null, identity.Owner.Value);
        List<RunEvent> events = [accepted, .. Held(run)];
        // Decided, and forgotten again where the run is refused.
        List<RunCommand> commands = [];
        foreach (var happened in events) RunMachine.Handle(run, happened, commands);
        // Nothing is kept in memory before it is on disk: a full disk refuses the run and leaves no trace of it.
        await Log.WriteFirstAsync(events, RunSummaries.Of(run, identity.Owner));
        _run = run;
        foreach (var command in commands) Commands.Decided.Add(command);
        await Perform(Commands.Count);
        if (run.IsOver) await WriteEnd();
        else await ResumeReleased(run);
    }

    /// <summary>What operators have switched holds for runs that come later, before anything of them starts.</summary>
    private IEnumerable<RunEvent> Held(RunState run)
    {
        if (switches.State.PauseOf(Id, run.Definition.Name) is { } why) yield return new PauseAsked(Now, why);
        foreach (var (stage, whyStage) in PausedStages(run.Definition)) yield return new PauseAsked(Now, whyStage, stage);
    }

    private IEnumerable<(int Stage, string Why)> PausedStages(WorkflowDefinition definition)
    {
        for (var i = 0; i < definition.Stages.Length; i++)
            if (switches.State.Set.TryGetValue(RunSwitch.Of(definition.Name, definition.Stages[i].Name), out var why)) yield return (i, why);
    }

    /// <inheritdoc/>
    public async Task Recover(string pool)
    {
        UsePool(pool);
        // Taken over once: a second time would make the attempts void that this very engine has started.
        if (await Loaded() is not { IsOver: false } run || run.Owner == identity.Owner.Value) return;
        if (switches.State.Set.TryGetValue(RunSwitch.Of(Id), out var asked) && SwitchState.IsCancel(asked, out var whyCancel))
        {
            if (run.Phase != RunPhase.Cancelling) await Take(new CancelAsked(Now, whyCancel));
        }
        else if (run.Phase == RunPhase.Running && switches.State.PauseOf(Id, run.Definition.Name) is { } whyPause)
        {
            await Take(new PauseAsked(Now, whyPause), summarize: true);
        }

        // Before anything is submitted: a stage that was paused while nobody carried the run on starts nothing, not even for a moment.
        foreach (var (stage, why) in PausedStages(run.Definition))
            if (run.Stages[stage] is { IsOver: false, Paused: false }) await Take(new PauseAsked(Now, why, stage));
        if (run.IsOver || run.Owner == identity.Owner.Value) return;
        var takenOver = new RunTakenOver(Now, identity.Owner.Value);
        RunMachine.Handle(run, takenOver, Commands.Decided);
        Log.Add(takenOver);
        _recovering = true;
        // Not waited for first: what starts a process is written behind it.
        var written = Write(run);
        await Perform(Commands.Count, always: true);
        await written;
        if (run.Phase == RunPhase.Cancelling) await EndVoidAttempts(run);
        await ResumeReleased(run);
    }

    /// <summary>Stages that were switched back while nobody carried the run on, or while it was on its way to disk: it was not among the runs that were told.</summary>
    private async Task ResumeReleased(RunState run)
    {
        foreach (var stage in run.Definition.Stages)
            if (!switches.State.Set.ContainsKey(RunSwitch.Of(run.Definition.Name, stage.Name))) await ResumeStage(stage.Name);
    }

    /// <inheritdoc/>
    public async Task Placed(AttemptPlaces places)
    {
        // Nobody says it again: a store that is away is waited for.
        while (true)
        {
            try
            {
                if (await Loaded() is { } run) await Begin(run, places.Places);
                return;
            }
            catch (StorageException e) when (e is not StreamConflictException)
            {
                log.LogError("run {Run} waits for the store: {Reason}", Id, e.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), time);
            }
        }
    }

    /// <inheritdoc/>
    public async Task Finished(AttemptReport report)
    {
        if (await Loaded() is not { } run) return;
        await Take(new AttemptFinished(
            Now, report.Key.Stage, report.Key.Task, report.Key.Attempt, RunMachine.CauseOf(run, report.Key.Stage, report.Key.Task, report.Cause), report.Output, report.ExitCode, report.Error, report.Usage, report.Cached));
        if (_resultKeys.Remove(report.Key, out var key) && report is { Cause: AttemptCause.Succeeded, Cached: false }) await Keep(key, report);
    }

    /// <inheritdoc/>
    public async Task Cancel(string why)
    {
        if (await Carried() is { Phase: not RunPhase.Cancelling }) await Take(new CancelAsked(Now, why));
    }

    /// <inheritdoc/>
    public async Task Pause(string why)
    {
        if (await Carried() is { Phase: RunPhase.Running }) await Take(new PauseAsked(Now, why), summarize: true);
    }

    /// <inheritdoc/>
    public async Task Resume()
    {
        if (await Carried() is { Phase: RunPhase.Paused }) await Take(new ResumeAsked(Now), summarize: true);
    }

    /// <inheritdoc/>
    public async Task PauseStage(string stage, string why)
    {
        if (await Carried() is { } run && StageOf(run, stage) is { } index && run.Stages[index] is { IsOver: false, Paused: false }) await Take(new PauseAsked(Now, why, index), summarize: true);
    }

    /// <inheritdoc/>
    public async Task ResumeStage(string stage)
    {
        if (await Carried() is { } run && StageOf(run, stage) is { } index && run.Stages[index].Paused) await Take(new ResumeAsked(Now, index), summarize: true);
    }

    /// <inheritdoc/>
    public async Task Park(int stage, string why)
    {
        if (await Loaded() is not { Phase: RunPhase.Running } run || run.Stages[stage] is not { IsOver: false } parked || parked.Parked == why) return;
        var now = Now;
        if (_parkedAt is { } last && now - last < ParkedAgain) return;
        _parkedAt = now;
        await Take(new StageParked(now, stage, why), summarize: true);
    }

    /// <inheritdoc/>
    public async Task Stand(AttemptKey key, string? why)
    {
        if (await Loaded() is not { IsOver: false } run || !run.Stages[key.Stage].Task(key.Task).Awaits(key.Attempt)) return;
        await Take(why is null ? new AttemptResumed(Now, key.Stage, key.Task, key.Attempt) : new AttemptPaused(Now, key.Stage, key.Task, key.Attempt, why), summarize: true);
    }

    /// <inheritdoc/>
    public async Task<RunView> View() =>
        RunViews.Of(await Loaded() ?? throw new KeyNotFoundException($"there is no run {Id}"));

    /// <inheritdoc/>
    public async Task<RunView> WaitForEnd(TimeSpan atMost)
    {
        var run = await Loaded() ?? throw new KeyNotFoundException($"there is no run {Id}");
        await _ended.Task.WaitAsync(atMost, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        // Its last event is folded before it is written: over is what is on disk, or whoever reads there next misses the end.
        if (run.IsOver) await _ended.Task;
        return RunViews.Of(run);
    }

    /// <summary>Kept once found: looking a grain up by its name costs as much as a small call.</summary>
    private IPoolGrain Pool() => _poolGrain ??= GrainFactory.GetGrain<IPoolGrain>(_pool);

    private void UsePool(string pool) => (_pool, _poolGrain) = (pool, null);

    private static int? StageOf(RunState run, string name)
    {
        for (var i = 0; i < run.Definition.Stages.Length; i++)
            if (run.Definition.Stages[i].Name == name) return i;
        return null;
    }

    private async ValueTask<RunState?> Loaded()
    {
        // Its first events may be on disk already: read from there, the run would be there twice.
        if (_run is null && _accepting is { } accepting)
            await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (_run is null) await Load();
        return _run;
    }

    /// <summary>
    /// The run, if this engine carries it on. Until it has taken a run over nobody switches it here: what that would start is not
    /// known to be void. <see cref="Recover"/> sees to what was switched meanwhile.
    /// </summary>
    private async ValueTask<RunState?> Carried() => await Loaded() is { } run && run.Owner == identity.Owner.Value ? run : null;

    /// <summary>Folds the events on disk. What they would have had done was done, or is done anew by <see cref="Recover"/>.</summary>
    private async Task Load()
    {
        var payloads = await storage.Runs.ReadAsync(Id);
        if (payloads.Count == 0 || _run is not null) return;
        var first = (RunAccepted)RunJson.Read(payloads[0]);
        var run = new RunState(Id, await definitions.GetAsync(first.Workflow, first.Version));
        if (_run is not null) return;
        var ignored = new List<RunCommand>();
        foreach (var payload in payloads)
        {
            RunMachine.Handle(run, RunJson.Read(payload), ignored);
            ignored.Clear();
        }

        Log.Begin(payloads.Count);
        _run = run;
        if (run.IsOver) _ended.TrySetResult();
    }

    /// <summary>Of a run that was being cancelled when its engine stopped: what ran then is no more.</summary>
    private async Task EndVoidAttempts(RunState run)
    {
        for (var stage = 0; stage < run.Stages.Count; stage++)
        {
            for (var task = 0; task < run.Stages[stage].TaskCount; task++)
            {
                var (hedged, newest) = (run.Stages[stage].Task(task).Hedged, run.Stages[stage].Task(task).Attempts);
                foreach (var attempt in (int[])[hedged, newest])
                    if (run.Stages[stage].Task(task).Awaits(attempt)) await Take(new AttemptFinished(Now, stage, task, attempt, AttemptCause.Cancelled, Error: "its engine stopped"));
            }
        }
    }

    /// <summary>Folds an event, writes it, does what follows from it.</summary>
    private async Task Take(RunEvent happened, bool summarize = false)
    {
        var run = _run!;
        if (run.IsOver)
        {
            // What is told of a run that is over is as good as on disk once its end is.
            await Write(run);
            return;
        }

        RunMachine.Handle(run, happened, Commands.Decided);
        // An event that came a moment earlier may be on disk before this one is: only the last tells that all is.
        var isLast = run.IsOver;
        Log.Add(happened);
        var decided = Commands.Count;
        await Write(run, summarize);
        await Perform(decided);
        if (isLast) await WriteEnd();
    }

    /// <summary>Writes all that is not yet written. A full or unreachable store is waited for: the run stands still meanwhile and loses nothing.</summary>
    private async Task Write(RunState run, bool summarize = false)
    {
        try
        {
            await Log.WriteAsync(() => RunSummaries.Of(run, identity.Owner), summarize || run.IsOver);
        }
        catch (StreamConflictException)
        {
            log.LogWarning("run {Run} is carried on by another engine; this one lets go of it", Id);
            DeactivateOnIdle();
            throw;
        }
    }

    /// <summary>Does what was decided, whose events are on disk.</summary>
    private async Task Perform(int decided, bool always = false)
    {
        var places = await Commands.SendAsync(decided, always);
        if (places.Count > 0) await Begin(_run!, places);
    }

    /// <summary>Tells the pool, in whose stead nobody would: one that cannot start or read the workflow has done nothing yet, and is told again.</summary>
    private async Task<AttemptPlaces> Tell(RunCommand[] commands)
    {
        var message = RunCommands.ToMessage(_run!, commands, _recovering);
        _recovering = false;
        foreach (var wake in commands.OfType<WakeAt>()) Wake(wake);
        while (true)
        {
            try
            {
                return await Pool().Handle(message);
            }
            catch (Exception e) when (e is StorageException or OrleansMessageRejectionException)
            {
                log.LogError("run {Run} waits for its pool: {Reason}", Id, e.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), time);
            }
        }
    }

    /// <summary>Starts attempts where the pool said. Processes start only once that they do is on disk: an attempt number is never used twice.</summary>
    private async Task Begin(RunState run, IReadOnlyList<AttemptPlace> places)
    {
        var now = Now;
        var needsDisk = false;
        var wasParked = run.Parked is not null;
        places = Wanted(run, places);
        foreach (var place in places)
        {
            var started = new AttemptStarted(
                now, place.Key.Stage, place.Key.Task, place.Key.Attempt, place.Node, place.Replica < 0 ? null : place.Replica,
                place.CpuMillicores > 0 ? new Resources(place.CpuMillicores, place.MemoryBytes) : null, place.Hedge);
            RunMachine.Handle(run, started, Commands.Decided);
            Log.Add(started);
            needsDisk |= run.Definition.Stages[place.Key.Stage].Body is not HandlerBody;
        }

        // A handler dies with this process: that it had started need not survive. It is written with its end.
        if (needsDisk || wasParked) await Write(run, summarize: wasParked);
        foreach (var place in places) await Start(run, place);
    }

    /// <summary>Without the attempts that are not waited for any more: their task or run has ended since the pool decided on them.</summary>
    private IReadOnlyList<AttemptPlace> Wanted(RunState run, IReadOnlyList<AttemptPlace> places)
    {
        for (var i = 0; i < places.Count; i++)
            if (!IsWanted(run, places[i])) return [.. places.Where(place => IsWanted(run, place) || Declined(place))];
        return places;

        bool Declined(AttemptPlace place)
        {
            nodes.Decline(place, _pool);
            return false;
        }
    }

    private static bool IsWanted(RunState run, AttemptPlace place)
    {
        var ((stage, index, attempt), hedge) = (place.Key, place.Hedge);
        if (hedge is not null) return RunMachine.CanHedge(run, stage, index, attempt);
        return run.Stages[stage] is { Phase: StagePhase.Running } && run.Stages[stage].Task(index) is { Phase: TaskPhase.Queued } task && attempt >= task.Attempts;
    }

    private async Task Start(RunState run, AttemptPlace place)
    {
        var stage = run.Definition.Stages[place.Key.Stage];
        var scope = run.Scope(place.Key.Stage, place.Key.Task);
        if (!TaskInput.TryCompose(run.Definition, stage, scope, out var input, out var error)
            || !TaskInput.TryEnvironment(stage, scope, out var environment, out error))
        {
            await nodes.Refuse(place, Id, _pool, error!);
            return;
        }

        if (stage.Cache is not null)
        {
            // Files are read for it: not on the grain's own turn.
            var (result, wrong) = await Task.Run(() => ResultKey.Of(run.Definition, stage, scope, input, environment, run.Folder ?? identity.DataFolder));
            if (result is null)
            {
                await nodes.Refuse(place, Id, _pool, wrong!);
                return;
            }

            if (await Kept(result, stage.Cache) is { } known)
            {
                await nodes.Answer(place, Id, _pool, known);
                return;
            }

            _resultKeys[place.Key] = result;
        }

        // Cancelled since the pool placed it: nobody could have stopped what had not started.
        if (run.Phase == RunPhase.Cancelling)
        {
            await nodes.Refuse(place, Id, _pool, "cancelled before it had started", AttemptCause.Cancelled);
            return;
        }

        // The same of one that was outrun, or whose stage has failed.
        if (!run.Stages[place.Key.Stage].Task(place.Key.Task).Awaits(place.Key.Attempt))
        {
            nodes.Decline(place, _pool);
            return;
        }

        await nodes.Start(new AttemptStart
        {
            Run = Id.Value,
            Place = place,
            Workflow = run.Definition.Name,
            Version = run.Definition.Version,
            Pool = _pool,
            Folder = run.Folder,
            InputJson = input,
            Environment = environment,
        });
    }

    /// <summary>The output of an earlier task that is as good as this one's; null where there is none.</summary>
    private async ValueTask<string?> Kept(string key, CachePolicy policy)
    {
        try
        {
            var found = await storage.Results.FindAsync(key);
            return found is null || (policy.MaxAge is { } most && Now - found.At > most) ? null : Encoding.UTF8.GetString(found.Output.Span);
        }
        catch (StorageException e)
        {
            log.LogWarning("no earlier result can be looked for: {Reason}", e.Message);
            return null;
        }
    }

    private async ValueTask Keep(string key, AttemptReport report)
    {
        try
        {
            await storage.Results.PutAsync(new CachedResult(key, Encoding.UTF8.GetBytes(report.Output ?? ""), null, Now));
        }
        catch (StorageException e)
        {
            // The result itself is on disk with the run: only its reuse is lost.
            log.LogWarning("the result of a task of run {Run} is not kept for others: {Reason}", Id, e.Message);
        }
    }

    private void Wake(WakeAt wake)
    {
        IGrainTimer? timer = null;
        var due = TimeSpan.FromTicks(Math.Max(0, (wake.At - Now).Ticks));
        // An idle grain is taken out of memory, and its timers with it.
        DelayDeactivation(due + TimeSpan.FromMinutes(1));
        timer = this.RegisterGrainTimer(
            async _ =>
            {
                timer?.Dispose();
                await Take(new RetryCame(Now, wake.Stage, wake.Task));
            },
            new GrainTimerCreationOptions { DueTime = due, Period = Timeout.InfiniteTimeSpan, Interleave = true });
    }

    private Task WriteEnd()
    {
        _ended.TrySetResult();
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}

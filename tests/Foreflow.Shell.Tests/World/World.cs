using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Runs;
using Foreflow.Engine.Storage;
using Foreflow.Engine.Switching;
using Foreflow.Storage.Memory;

namespace Foreflow.Shell.Tests.World;

/// <summary>
/// One simulated history: engines that share a store and a machine, runs that are submitted, operators who pause and
/// cancel, everything going wrong for a while; then calm, in which all that was accepted must come to its end. A seed
/// is a history: the same seed gives the same one, step by step.
/// </summary>
internal sealed class World
{
    private static readonly TimeSpan Patience = TimeSpan.FromHours(4);
    private static readonly PolicySet[] PolicySets = [PolicySet.Ahead, PolicySet.Waiting, PolicySet.Reactive];

    private readonly List<EngineProcess> _engines = [];
    private readonly List<string> _notes = [];
    private readonly List<string> _faults = [];
    private readonly List<string> _accepted = [];
    private readonly List<string> _submitted = [];
    private readonly Dictionary<string, string> _workflowOf = [];

    /// <summary>Who was asked to accept a run and has not answered.</summary>
    private readonly Dictionary<string, EngineProcess> _asked = [];
    private readonly TimeSpan _troubled;
    private readonly MemoryStorage _operator;
    private readonly int _engineCount;
    private long _killAt = long.MaxValue;
    private int _born, _toCome;
    private bool _calm, _leasesLapse;

    public World(int seed)
    {
        Seed = seed;
        Chance = new Random(seed);
        Clock = new SimulatedClock();
        Turns = new Turns(Chance);
        Machine = new Machine(Clock);
        Slow = Chance.Next(25) == 0;
        Failing = Chance.Next(3) switch { 0 => 0, 1 => 0.1, _ => 0.3 };
        Policies = PolicySets[Chance.Next(PolicySets.Length)];
        _engineCount = Chance.Next(4) == 0 ? 2 : 1;
        _troubled = TimeSpan.FromSeconds(5 + Chance.Next(55));
        _operator = new MemoryStorage(Disk);
    }

    public int Seed { get; }

    public Random Chance { get; }

    public SimulatedClock Clock { get; }

    public Turns Turns { get; }

    public MemoryDisk Disk { get; } = new();

    public Machine Machine { get; }

    public PolicySet Policies { get; }

    /// <summary>True where some tasks take longer than an idle grain stays in memory.</summary>
    public bool Slow { get; }

    /// <summary>Share of attempts that fail.</summary>
    public double Failing { get; }

    public StoreTrouble Trouble { get; private set; }

    /// <summary>Runs whose acceptance was acknowledged.</summary>
    public IReadOnlyList<string> Accepted => _accepted;

    /// <summary>Runs that were asked for: of those whose acceptance was not acknowledged some are stored.</summary>
    public IReadOnlyList<string> Submitted => _submitted;

    public IReadOnlyList<string> Faults => _faults;

    public IEnumerable<string> Notes => _notes;

    /// <summary>Views of the pools at the end.</summary>
    public List<(string Engine, PoolView View)> Pools { get; } = [];

    /// <summary>The last lines of what the pools saw and decided, as the store has it.</summary>
    public string JournalTail(int lines) => string.Join('\n', _operator.Journal.ReadAsync("default", 0, long.MaxValue, int.MaxValue).AsTask().GetAwaiter().GetResult()
        .Where(record => record.Kind == (int)JournalKind.Lines).SelectMany(record => System.Text.Encoding.UTF8.GetString(record.Payload.Span).Split('\n'))
        .Where(line => !line.StartsWith("{\"e\":\"time\"", StringComparison.Ordinal) && line.Length > 0 && !line.Contains("\"replicas\":[],\"advice\":[],\"claims\":[],\"work\":[]", StringComparison.Ordinal)).TakeLast(lines));

    /// <summary>The events of the runs that have not ended.</summary>
    public string OpenRuns() => string.Join('\n', _submitted.Where(run => !IsOver(run)).Select(run => $"{run}:\n" + string.Join('\n', _operator.Runs.ReadAsync(new(run)).AsTask().GetAwaiter().GetResult()
        .Select(payload => System.Text.Encoding.UTF8.GetString(payload.Span)))));

    /// <summary>What the store holds, read without faults.</summary>
    public IRunStore Stored => _operator.Runs;

    public void Note(string what)
    {
        if (_notes.Count < 10_000) _notes.Add($"{Clock.Elapsed.TotalSeconds,10:0.000} {what}");
    }

    public void Fail(string what)
    {
        Note($"FAULT: {what}");
        _faults.Add(what);
    }

    /// <summary>An engine could not start, and is gone: somebody starts the next.</summary>
    public void Fall(EngineProcess engine)
    {
        if (engine.Dead) return;
        engine.Kill();
        _engines.Remove(engine);
        Clock.Schedule(TimeSpan.FromSeconds(0.1 + (10 * Chance.NextDouble())), Boot);
    }

    /// <summary>Lets the history happen.</summary>
    public void Run()
    {
        Plan();
        Drive(_troubled);
        Calm();
        var until = _troubled;
        do
        {
            until += TimeSpan.FromSeconds(5);
            Drive(until);
        }
        while (until < _troubled + Patience && _faults.Count == 0 && !(AllOver() && _engines.TrueForAll(e => e.Up)));
        // What ended last is still being told.
        Drive(Clock.Elapsed + TimeSpan.FromSeconds(20));
        foreach (var engine in _engines)
            engine.Do(async silo => Pools.Add((engine.Name, await silo.GetGrain<IPoolGrain>("default").View())));
        Drive(Clock.Elapsed + TimeSpan.FromSeconds(2));
        if (Turns.Escaped) Fail("something ran outside of the simulated thread");
        // A history that was left at a fault has not come to its end.
        if (_faults.Count == 0) Verdict.Judge(this);
        foreach (var engine in _engines) engine.Kill();
    }

    public WorkflowDefinition DefinitionOf(string workflow) => Workflows.Quick.Append(Workflows.Patience).First(w => w.Name == workflow);

    /// <summary>Whether the stage of a task says that it may be done twice.</summary>
    public bool MayHedge(TaskId task) => StageOf(task) is { Idempotent: true };

    /// <summary>Whether a task is done within the engine.</summary>
    public bool IsHandler(TaskId task) => StageOf(task) is { Body: HandlerBody };

    /// <summary>Somebody begins to work on an attempt: for a run that goes on, and past a gate that has room.</summary>
    public void Begins(AttemptId attempt)
    {
        if (IsOver(attempt.Task.Run.Value)) Fail($"{attempt} is started for a run that has ended");
        // Leases go by the time of day: who sleeps loses them unawares.
        if (_leasesLapse || StageOf(attempt.Task) is not { Gates.Length: > 0 }) return;
        var inside = Machine.Executions.Count(e => e.EndedAt is null && StageOf(e.Attempt.Task) is { Gates.Length: > 0 } && _engines.Exists(engine => engine.Name == e.Engine));
        if (inside > Workflows.GateUnits) Fail($"{attempt} is the {inside}th that has passed a gate for {Workflows.GateUnits}");
    }

    private StageDefinition? StageOf(TaskId task) => _workflowOf.TryGetValue(task.Run.Value, out var workflow) ? DefinitionOf(workflow).Stages.First(s => s.Name == task.Stage) : null;

    public bool IsOver(string run) => _operator.Runs.FindAsync(new(run)).AsTask().GetAwaiter().GetResult() is { } summary && !summary.Status.IsOpen();

    private bool AllOver() => _toCome == 0 && _asked.Values.All(e => e.Dead) && _submitted.TrueForAll(run => _operator.Runs.FindAsync(new(run)).AsTask().GetAwaiter().GetResult() is not { } summary || !summary.Status.IsOpen());

    private void Drive(TimeSpan until)
    {
        var most = Turns.Count + 200_000;
        while (true)
        {
            if (Turns.Count >= _killAt) KillOne();
            if (Turns.RunOne())
            {
                if (Turns.Count > most)
                {
                    Fail("it turns for ever");
                    return;
                }

                continue;
            }

            if (!Clock.Advance(until)) return;
        }
    }

    private void Plan()
    {
        for (var i = 0; i < _engineCount; i++) Boot();
        _toCome = 1 + Chance.Next(6);
        for (var i = 0; i < _toCome; i++)
        {
            var (number, workflow) = (i, Slow && Chance.Next(3) == 0 ? Workflows.Patience : Workflows.Quick[Chance.Next(Workflows.Quick.Count)]);
            At(() => Submit($"run-{number}", workflow, tries: 5));
        }

        for (var i = Chance.Next(4); i > 0; i--) At(() => _killAt = Turns.Count + Chance.Next(300));
        for (var i = Chance.Next(3); i > 0; i--)
        {
            var (trouble, lasts) = ((StoreTrouble)(1 + Chance.Next(4)), TimeSpan.FromSeconds(Chance.Next(5) == 0 ? 90 * Chance.NextDouble() : 10 * Chance.NextDouble()));
            At(() =>
            {
                Note($"the store is {trouble}");
                Trouble = trouble;
                // What runs past a gate goes on when its lease lapses for want of a store.
                _leasesLapse |= trouble != StoreTrouble.Slow && lasts > TimeSpan.FromSeconds(2);
                Clock.Schedule(lasts, () => Trouble = StoreTrouble.None);
            });
        }

        for (var i = Chance.Next(3); i > 0; i--) At(Interfere);
        for (var i = Chance.Next(3) == 0 ? 2 + Chance.Next(6) : 0; i > 0; i--) At(() => Share(3.5 * Chance.NextDouble()));
        if (Chance.Next(5) == 0) At(SetClock);
        if (Chance.Next(5) == 0) At(Stall);
    }

    private void Share(double othersCores)
    {
        Note($"others use {othersCores:0.00} cores");
        foreach (var engine in _engines) engine.Sample(othersCores);
    }

    /// <summary>A machine sleeps, a clock is set right or wrong.</summary>
    private void SetClock()
    {
        var by = TimeSpan.FromSeconds(Chance.Next(2) == 0 ? 3600 * Chance.NextDouble() : -600 * Chance.NextDouble());
        Note($"the clock is set by {by}");
        Clock.Set += by;
        _leasesLapse = true;
    }

    private void Stall()
    {
        var time = TimeSpan.FromSeconds(30 * Chance.NextDouble());
        Note($"everything stands still for {time}");
        Clock.Stall(time);
        _leasesLapse = true;
    }

    private void At(Action what) => Clock.Schedule(_troubled * Chance.NextDouble(), what);

    private void Boot()
    {
        if (_engines.Count >= _engineCount) return;
        var engine = new EngineProcess(this, $"engine-{++_born}");
        Note($"{engine.Name} starts");
        _engines.Add(engine);
        engine.Start();
        Sweep(engine);
    }

    private void Sweep(EngineProcess engine) => Clock.Schedule(TimeSpan.FromSeconds(5), () =>
    {
        if (engine.Dead) return;
        engine.SweepSilo();
        Sweep(engine);
    });

    private void KillOne()
    {
        _killAt = long.MaxValue;
        if (_engines.Count == 0 || _calm) return;
        var engine = _engines[Chance.Next(_engines.Count)];
        Note($"{engine.Name} is killed");
        engine.Kill();
        _engines.Remove(engine);
        Clock.Schedule(TimeSpan.FromSeconds(Chance.Next(4) == 0 ? 30 * Chance.NextDouble() : Chance.NextDouble()), Boot);
    }

    private void Submit(string id, WorkflowDefinition workflow, int tries)
    {
        var up = _engines.Where(e => e.Up).ToList();
        if (up.Count == 0)
        {
            if (tries > 0) Clock.Schedule(TimeSpan.FromSeconds(2), () => Submit(id, workflow, tries - 1));
            else _toCome--;
            return;
        }

        _toCome--;

        var engine = up[Chance.Next(up.Count)];
        _submitted.Add(id);
        _workflowOf[id] = workflow.Name;
        _asked[id] = engine;
        engine.Do(async silo =>
        {
            try
            {
                await engine.Define(workflow);
                await silo.GetGrain<IRunGrain>(id).Accept(new AcceptRun(workflow.Name, workflow.Version, "{}", null));
                Note($"{id} ({workflow.Name}) is accepted");
                _accepted.Add(id);
            }
            catch (Exception e) when (e is StorageException or TimeoutException or Orleans.Runtime.OrleansException)
            {
                Note($"{id} ({workflow.Name}) is refused: {e.Message}");
                return;
            }
            finally
            {
                _asked.Remove(id);
            }

            await WaitAsync(silo, id);
        });
    }

    /// <summary>Who waits for a run is told of its end once that is on disk.</summary>
    private async Task WaitAsync(SimulatedSilo silo, string id)
    {
        while (true)
        {
            try
            {
                var view = await silo.GetGrain<IRunGrain>(id).WaitForEnd(TimeSpan.FromSeconds(10));
                if (view.EndedAt is null) continue;
                if (!IsOver(id)) Fail($"{id} was called over before its end was on disk");
                return;
            }
            catch (Exception e) when (e is StorageException or TimeoutException or Orleans.Runtime.OrleansException)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), silo.Process.Time);
            }
        }
    }

    /// <summary>An operator at another shell.</summary>
    private void Interfere()
    {
        var run = new RunId($"run-{Chance.Next(6)}");
        var workflow = Workflows.Quick[Chance.Next(Workflows.Quick.Count)];
        var (name, value) = Chance.Next(4) switch
        {
            0 => (RunSwitch.Of(run), SwitchState.Cancel("an operator said so")),
            1 => (RunSwitch.Of(run), "paused by an operator"),
            2 => (RunSwitch.Of(workflow.Name, null), "paused by an operator"),
            _ => (RunSwitch.Of(workflow.Name, workflow.Stages[0].Name), "paused by an operator"),
        };
        Note($"switch {name} = {value}");
        _ = _operator.Switches.SetAsync(name.ToString(), value).AsTask();
        if (Chance.Next(2) == 0) Clock.Schedule(TimeSpan.FromSeconds(20 * Chance.NextDouble()), () => Release(name.ToString()));
    }

    private void Release(string name)
    {
        var set = _operator.Switches.LoadAsync().AsTask().GetAwaiter().GetResult();
        if (!set.TryGetValue(name, out var value) || SwitchState.IsCancel(value, out _)) return;
        Note($"switch {name} is taken away");
        _ = _operator.Switches.RemoveAsync(name).AsTask();
    }

    private void Calm()
    {
        Note("calm");
        _calm = true;
        Trouble = StoreTrouble.None;
        Share(0);
        foreach (var name in _operator.Switches.LoadAsync().AsTask().GetAwaiter().GetResult().Keys.Order(StringComparer.Ordinal)) Release(name);
        Clock.Schedule(TimeSpan.FromSeconds(1), () =>
        {
            while (_engines.Count < _engineCount) Boot();
        });
    }
}

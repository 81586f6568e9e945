using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;
using Foreflow.Engine;
using Foreflow.Engine.Nodes;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Runs;
using Foreflow.Engine.Storage;
using Foreflow.Engine.Switching;
using Foreflow.Engine.Workflows;
using Foreflow.Storage.Memory;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;

namespace Foreflow.Shell.Tests.World;

/// <summary>One engine process, from its start until it is killed: the whole shell, over a simulated silo, store and node.</summary>
internal sealed class EngineProcess
{
    private readonly MemoryStorage _storage;
    private readonly SimulatedSilo _silo;
    private readonly Turns.Lane _main;
    private readonly Machine.Work _handlers;
    private readonly EngineIdentity _identity;
    private readonly NodeOptions _nodeOptions;
    private readonly PoolOptions _poolOptions;
    private readonly DefinitionCache _definitions;
    private readonly NodeDirectory _directory;
    private readonly SimulatedNodeRunner _runner;
    private readonly NodeAgent _node;
    private readonly SwitchBoard _switches;
    private readonly TakeOver _takeOver;

    public EngineProcess(World world, string name)
    {
        (World, Name, Clock, Machine) = (world, name, world.Clock, world.Machine);
        Time = new ProcessTime(world.Clock);
        _storage = new MemoryStorage(world.Disk, FaultyStore.Of(this));
        _silo = new SimulatedSilo(this);
        _main = NewLane($"{name}/main");
        _handlers = Machine.HandlersOf(name);
        _identity = new EngineIdentity(new OwnerId(name), "node", "/simulated");
        _nodeOptions = new NodeOptions { Capacity = new Resources(3000, 8L << 30), HandlerScheduler = NewLane($"{name}/handlers") };
        _poolOptions = new PoolOptions { Settings = new PoolSettings(), Policies = world.Policies, TickPeriod = TimeSpan.FromMilliseconds(500) };
        _definitions = new DefinitionCache(_storage);
        _directory = new NodeDirectory(_silo, Log<NodeDirectory>());
        var runner = _runner = new SimulatedNodeRunner(this);
        _node = new NodeAgent(_silo, _definitions, new HandlerRegistry().Add("work", HandleAsync), _directory, runner, _identity, _nodeOptions, Time, Log<NodeAgent>());
        _switches = new SwitchBoard(_silo, _storage, _identity, Time, Log<SwitchBoard>());
        _takeOver = new TakeOver(_silo, _storage, _identity, runner, Time, Log<TakeOver>());
    }

    public World World { get; }

    public string Name { get; }

    public SimulatedClock Clock { get; }

    public ProcessTime Time { get; }

    public Machine Machine { get; }

    public bool Dead { get; private set; }

    /// <summary>True once it takes runs.</summary>
    public bool Up { get; private set; }

    public Behaviour BehaviourOf(AttemptId attempt, bool mayHang) => Behaviour.Of((ulong)World.Seed, attempt, World.Failing, mayHang, World.Slow);

    public Turns.Lane NewLane(string name) => World.Turns.NewLane(name, () => Dead);

    public void Note(string what) => World.Note($"{Name}: {what}");

    /// <summary>Starts it as a host does: whatever fails ends the process, and somebody starts the next.</summary>
    public void Start() => _ = _main.Begin(async () =>
    {
        try
        {
            await _storage.Ownership.AcquireAsync(_identity.Owner);
            await _node.StartAsync(CancellationToken.None);
            await _switches.StartAsync(CancellationToken.None);
            await _takeOver.StartAsync(CancellationToken.None);
            Up = true;
        }
        catch (Exception e) when (e is StorageException or OrleansException or TimeoutException)
        {
            Note($"does not start: {e.Message}");
            World.Fall(this);
        }
    });

    /// <summary>Others use so much of the machine from now on.</summary>
    public void Sample(double othersCores) => _runner.Sample(othersCores);

    public void SweepSilo() => _silo.Sweep();

    /// <summary>As kill -9: nothing of it runs any more but the processes it had started.</summary>
    public void Kill()
    {
        (Dead, Up, Time.Dead) = (true, false, true);
        _storage.Crash();
        _handlers.End();
    }

    /// <summary>Work of somebody who uses this engine.</summary>
    public void Do(Func<SimulatedSilo, Task> work) => _ = _main.Begin(() => work(_silo));

    public ValueTask Define(Core.Workflows.WorkflowDefinition workflow) => _definitions.AddAsync(workflow, Instant.From(Time.GetUtcNow()));

    public Grain NewRunGrain(IGrainContext context) => new RunGrain(_storage, _definitions, _directory, _switches, _identity, Time, Log<RunGrain>(), context);

    public Grain NewPoolGrain(IGrainContext context) => new PoolGrain(_storage, _definitions, _directory, _poolOptions, _identity, Time, Log<PoolGrain>(), context);

    private async ValueTask<string?> HandleAsync(HandlerContext context, CancellationToken cancel)
    {
        var attempt = new AttemptId(new TaskId(context.Run, context.Stage, context.Task), context.Attempt);
        var behaviour = BehaviourOf(attempt, mayHang: true);
        var execution = _handlers.Begin(attempt);
        World.Begins(attempt);
        try
        {
            // A handler's own code may end synchronously, too.
            if (behaviour.Takes > TimeSpan.FromSeconds(0.3)) await Task.Delay(behaviour.Takes, Time, cancel);
            return behaviour.Cause == AttemptCause.Succeeded ? $$"""{"by":{{context.Attempt}}}""" : throw new InvalidOperationException("the simulated handler fails");
        }
        finally
        {
            _handlers.Finish(execution);
        }
    }

    private WorldLog<T> Log<T>() => new(this);

    private sealed class WorldLog<T>(EngineProcess process) : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel) || process.Dead) return;
            process.Note($"{typeof(T).Name}: {formatter(state, exception)}");
            if (logLevel == LogLevel.Critical) process.World.Fail($"{process.Name}: {formatter(state, exception)}");
        }
    }
}

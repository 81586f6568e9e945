using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Engine.Execution;
using Foreflow.Engine.Sampling;

namespace Foreflow.Shell.Tests.World;

/// <summary>Carries out orders with processes that only say they ran: they succeed, fail, hang, answer late, refuse to die, and outlive their engine.</summary>
internal sealed class SimulatedNodeRunner(EngineProcess engine) : INodeRunner
{
    private readonly List<SimulatedWorker> _workers = [];
    private readonly List<SimulatedAttempt> _attempts = [];

    public event Action<NodeSamples>? Sampled;

    /// <summary>Tells what others use of the machine.</summary>
    public void Sample(double othersCores) =>
        Sampled?.Invoke(new NodeSamples(new NodeUsage { At = default, Cores = 3, MemoryBytes = 8L << 30, OthersBusyCores = othersCores, OthersMemoryBytes = (long)(othersCores * 5e8) }, [], []));

    public IAttemptHandle Start(AttemptOrder order)
    {
        var attempt = new SimulatedAttempt(engine, engine.Machine.Start(engine.Name), order.Attempt, order.Timeout, order.Grace, engine.BehaviourOf(order.Attempt, order.Timeout is not null), ownProcess: true);
        _attempts.Add(attempt);
        attempt.Begin();
        return attempt;
    }

    public IWorkerHandle StartWorker(WorkerOrder order)
    {
        var worker = new SimulatedWorker(engine, order);
        _workers.Add(worker);
        worker.Begin();
        return worker;
    }

    public async Task<LeftoversReport> EndLeftoversAsync(Func<string, ValueTask<bool>> isAlive)
    {
        var killed = 0;
        foreach (var other in engine.Machine.Engines.Where(e => e != engine.Name))
        {
            if (await isAlive(other)) continue;
            await Task.Delay(TimeSpan.FromMilliseconds(20), engine.Time);
            foreach (var left in engine.Machine.LeftBy(e => e == other))
            {
                left.End();
                killed++;
            }
        }

        return new LeftoversReport(killed, []);
    }

    public async Task StopAllAsync(AttemptCause cause, TimeSpan grace)
    {
        foreach (var attempt in _attempts) attempt.End(cause, grace);
        foreach (var worker in _workers) worker.Stop(cause, grace);
        await Task.WhenAll([.. _attempts.Select(a => (Task)a.Completion), .. _workers.Select(w => w.Ended)]);
    }
}

/// <summary>An attempt of a simulated process or worker.</summary>
internal sealed class SimulatedAttempt(
    EngineProcess engine, Machine.Work process, AttemptId attempt, TimeSpan? timeout, TimeSpan grace, Behaviour behaviour, bool ownProcess, SimulatedWorker? worker = null)
    : IAttemptHandle
{
    private readonly TaskCompletionSource<AttemptOutcome> _completion = new();
    private Execution? _execution;
    private AttemptCause? _asked;
    private bool _dying, _finished;

    public AttemptId Attempt => attempt;

    public Task<AttemptOutcome> Completion => _completion.Task;

    public bool Running => _execution is { EndedAt: null };

    public void Begin()
    {
        if (behaviour.Cause == AttemptCause.StartFailed && ownProcess)
        {
            process.End();
            Tell(AttemptCause.StartFailed);
            return;
        }

        _execution = process.Begin(attempt);
        engine.World.Begins(attempt);
        if (timeout is { } limit) engine.World.Clock.Schedule(limit, () => End(AttemptCause.Timeout));
        if (behaviour.Cause != AttemptCause.Timeout) engine.World.Clock.Schedule(behaviour.Takes, () => Finish(behaviour.Cause));
        process.Died += () => Finish(AttemptCause.WorkerLost);
    }

    public void End(AttemptCause cause, TimeSpan? within = null)
    {
        if (!Running || engine.Dead) return;
        _asked ??= cause;
        if (_dying && within != TimeSpan.Zero) return;
        _dying = true;
        var patience = within ?? grace;
        engine.World.Clock.Schedule(behaviour.Dying < patience ? behaviour.Dying : patience, () =>
        {
            // Who does not heed it is killed; a worker goes as a whole.
            if (!Running) return;
            if (worker is not null && behaviour.Dying >= patience) worker.Die(AttemptCause.WorkerLost);
            else Finish(cause);
        });
    }

    /// <summary>It is over. Whoever asked for that earlier has given the cause.</summary>
    public void Finish(AttemptCause cause)
    {
        if (_execution is null || _finished) return;
        _finished = true;
        process.Finish(_execution);
        if (ownProcess) process.End();
        if (engine.Dead) return;
        // The end is noticed a little later than it was.
        var told = _asked ?? (cause is AttemptCause.StartFailed or AttemptCause.OutOfMemory or AttemptCause.Signal && worker is not null ? AttemptCause.ExitCode : cause);
        engine.World.Clock.Schedule(TimeSpan.FromMilliseconds(1), () => Tell(told));
    }

    public void Tell(AttemptCause cause)
    {
        if (engine.Dead || !_completion.TrySetResult(Outcome(cause))) return;
        worker?.Done(this);
    }

    private AttemptOutcome Outcome(AttemptCause cause) => new()
    {
        Attempt = attempt,
        Cause = cause,
        ExitCode = cause == AttemptCause.ExitCode ? 1 : null,
        OutputJson = cause == AttemptCause.Succeeded ? $$"""{"by":{{attempt.Number}}}""" : null,
        Usage = _execution is null ? null : new AttemptUsage { WallTime = (_execution.EndedAt ?? engine.Clock.Elapsed) - _execution.StartedAt, CpuSeconds = 0.1, MemoryPeakBytes = 10_000_000 },
    };
}

/// <summary>A worker that takes a while to be ready, may never be, pushes back, and dies of some tasks.</summary>
internal sealed class SimulatedWorker : IWorkerHandle
{
    private readonly EngineProcess _engine;
    private readonly WorkerOrder _order;
    private readonly Machine.Work _process;
    private readonly TaskCompletionSource<TimeSpan?> _ready = new();
    private readonly TaskCompletionSource<WorkerEnd> _ended = new();
    private readonly List<SimulatedAttempt> _inFlight = [];
    private bool _draining;
    private AttemptCause? _endCause;

    public SimulatedWorker(EngineProcess engine, WorkerOrder order)
    {
        (_engine, _order) = (engine, order);
        _process = engine.Machine.Start(engine.Name);
        _process.Died += () => Gone(_endCause ?? AttemptCause.Signal);
    }

    public ReplicaId Replica => _order.Replica;

    public Task<TimeSpan?> Ready => _ready.Task;

    public Task<WorkerEnd> Ended => _ended.Task;

    public void Begin()
    {
        var dice = _engine.World.Chance;
        var startUp = TimeSpan.FromSeconds(0.1 + 3 * dice.NextDouble());
        var fails = dice.NextDouble() < _engine.World.Failing / 2;
        _engine.World.Clock.Schedule(startUp, () =>
        {
            if (_process.Ended) return;
            if (fails) Die(AttemptCause.ExitCode);
            else if (!_engine.Dead) _ready.TrySetResult(startUp);
        });
        // Some die of themselves, whatever they are doing.
        if (dice.NextDouble() < _engine.World.Failing / 2) _engine.World.Clock.Schedule(TimeSpan.FromSeconds(60 * dice.NextDouble()), () => Die(AttemptCause.Signal));
    }

    public IAttemptHandle Execute(WorkerTask task)
    {
        var behaviour = _engine.BehaviourOf(task.Attempt, task.Timeout is not null);
        var attempt = new SimulatedAttempt(_engine, _process, task.Attempt, task.Timeout, _order.Grace, behaviour, ownProcess: false, this);
        if (_process.Ended || _draining || _inFlight.Count >= _order.Concurrency || _ready.Task is not { IsCompleted: true, Result: not null }
            || _engine.World.Chance.NextDouble() < _engine.World.Failing / 4)
        {
            attempt.Tell(AttemptCause.Busy);
            return attempt;
        }

        _inFlight.Add(attempt);
        attempt.Begin();
        return attempt;
    }

    public void Done(SimulatedAttempt attempt)
    {
        _inFlight.Remove(attempt);
        if (_draining && _inFlight.Count == 0) Die(AttemptCause.Succeeded);
    }

    public void Drain()
    {
        _draining = true;
        if (_inFlight.Count == 0) Die(AttemptCause.Succeeded);
    }

    public void Stop(AttemptCause cause, TimeSpan? grace = null)
    {
        foreach (var attempt in _inFlight.ToArray()) attempt.End(cause, TimeSpan.Zero);
        _engine.World.Clock.Schedule(TimeSpan.FromMilliseconds(100), () => Die(cause));
    }

    public void Die(AttemptCause cause)
    {
        if (_engine.Dead) return;
        _endCause ??= cause;
        _process.End();
    }

    private void Gone(AttemptCause cause)
    {
        if (_engine.Dead) return;
        // Its tasks have their outcomes first.
        _engine.World.Clock.Schedule(TimeSpan.FromMilliseconds(2), () =>
        {
            if (_engine.Dead) return;
            _ready.TrySetResult(null);
            _ended.TrySetResult(new WorkerEnd { Replica = Replica, Cause = cause });
        });
    }
}

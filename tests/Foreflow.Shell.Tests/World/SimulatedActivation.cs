using Orleans;
using Orleans.Runtime;
using Orleans.Timers;

namespace Foreflow.Shell.Tests.World;

/// <summary>One grain in memory, with what Orleans gives it: its id, its turns, its timers, its end.</summary>
internal sealed class SimulatedActivation : IGrainContext, IGrainRuntime, ITimerRegistry, IServiceProvider
{
    private readonly SimulatedSilo _silo;
    private readonly Func<IGrainContext, Grain> _create;
    private readonly Turns.Lane _lane;
    private readonly List<GrainTimer> _timers = [];
    private readonly List<(Func<Grain, Task> Work, Action<Exception> Fail)> _waiting = [];
    private readonly TaskCompletionSource _gone = new();
    private Grain? _grain;
    private bool _activating, _ending, _ended;
    private DeactivationReasonCode _why;
    private int _running;
    private TimeSpan _lastUsed, _keptUntil;

    public SimulatedActivation(SimulatedSilo silo, Type grain, string name, string key, Func<IGrainContext, Grain> create)
    {
        (_silo, Interface, Name, Key, _create) = (silo, grain, name, key, create);
        GrainId = GrainId.Create(grain.Name, key);
        _lane = silo.Process.NewLane(name);
        _lastUsed = silo.Process.Clock.Elapsed;
    }

    public string Name { get; }

    public Type Interface { get; }

    public string Key { get; }

    public GrainId GrainId { get; }

    public bool IsIdleSince(TimeSpan at) => _grain is not null && !_ending && _running == 0 && _lastUsed < at && _keptUntil < _silo.Process.Clock.Elapsed
        && Attribute.GetCustomAttribute(_grain.GetType(), typeof(KeepAliveAttribute)) is null;

    /// <summary>A call: activates the grain first where need be. While it ends, calls wait for the next activation.</summary>
    public void Receive(Func<Grain, Task> work, Action<Exception> fail)
    {
        _lastUsed = _silo.Process.Clock.Elapsed;
        if (_ending || _activating)
        {
            _waiting.Add((work, fail));
            return;
        }

        if (_grain is null)
        {
            _activating = true;
            _waiting.Add((work, fail));
            _ = _lane.Begin(ActivateAsync);
            return;
        }

        _running++;
        _ = _lane.Begin(() => RunAsync(work));
    }

    public void DeactivateOnIdle() => End(DeactivationReasonCode.ApplicationRequested);

    /// <summary>Nobody has called it for long.</summary>
    public void Collect() => End(DeactivationReasonCode.ActivationIdle);

    private void End(DeactivationReasonCode why)
    {
        if (_ending) return;
        (_ending, _why) = (true, why);
        if (_running == 0) _ = _lane.Begin(EndAsync);
    }

    private async Task ActivateAsync()
    {
        try
        {
            _grain = _create(this);
            await _grain.OnActivateAsync(CancellationToken.None);
        }
        catch (Exception e)
        {
            _silo.Forget(this);
            var failed = _waiting.ToArray();
            _waiting.Clear();
            foreach (var (_, fail) in failed) fail(new OrleansException($"{Name} cannot be activated: {e.Message}", e));
            return;
        }

        _activating = false;
        foreach (var (work, _) in _waiting)
        {
            _running++;
            _ = _lane.Begin(() => RunAsync(work));
        }

        _waiting.Clear();
    }

    private async Task RunAsync(Func<Grain, Task> work)
    {
        try
        {
            await work(_grain!);
        }
        finally
        {
            _lastUsed = _silo.Process.Clock.Elapsed;
            if (--_running == 0 && _ending) _ = _lane.Begin(EndAsync);
        }
    }

    private async Task EndAsync()
    {
        if (_ended) return;
        _ended = true;
        foreach (var timer in _timers) timer.Dispose();
        await _grain!.OnDeactivateAsync(new DeactivationReason(_why, "idle"), CancellationToken.None);
        _silo.Forget(this);
        _gone.TrySetResult();
        var next = _waiting.ToArray();
        _waiting.Clear();
        foreach (var (work, fail) in next) _silo.Redirect(this, work, fail);
    }

    public void DeactivateOnIdle(IGrainContext grainContext) => DeactivateOnIdle();

    public void DelayDeactivation(IGrainContext grainContext, TimeSpan timeSpan) => _keptUntil = _silo.Process.Clock.Elapsed + timeSpan;

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default) => DeactivateOnIdle();

    public IGrainTimer RegisterGrainTimer<TState>(IGrainContext grainContext, Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options)
    {
        var timer = new GrainTimer(this, () => callback(state, CancellationToken.None), options);
        _timers.Add(timer);
        return timer;
    }

    public object? GetService(Type serviceType) => serviceType.IsInstanceOfType(this) ? this : null;

    public object? GetComponent(Type componentType) => GetService(componentType);

    public object? GetTarget() => _grain;

    public object? GrainInstance => _grain;

    public IServiceProvider ActivationServices => this;

    public IGrainFactory GrainFactory => _silo;

    public ITimerRegistry TimerRegistry => this;

    public IServiceProvider ServiceProvider => this;

    public TimeProvider TimeProvider => _silo.Process.Time;

    public Task Deactivated => _gone.Task;

    public string SiloIdentity => "silo";

    public bool Equals(IGrainContext? other) => ReferenceEquals(this, other);

    public SiloAddress SiloAddress => throw new NotSupportedException();

    public GrainReference GrainReference => throw new NotSupportedException();

    public ActivationId ActivationId => throw new NotSupportedException();

    public GrainAddress Address => throw new NotSupportedException();

    public IGrainLifecycle ObservableLifecycle => throw new NotSupportedException();

    public IWorkItemScheduler Scheduler => throw new NotSupportedException();

    public void SetComponent<TComponent>(TComponent? value) where TComponent : class => throw new NotSupportedException();

    public void ReceiveMessage(object message) => throw new NotSupportedException();

    public void Activate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public void Rehydrate(IRehydrationContext context) => throw new NotSupportedException();

    public void Migrate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Orleans.Core.IStorage<TGrainState> GetStorage<TGrainState>(IGrainContext grainContext) => throw new NotSupportedException();

    [Obsolete("Orleans still asks for it")]
    public IDisposable RegisterTimer(IGrainContext grainContext, Func<object?, Task> asyncCallback, object? state, TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

    /// <summary>A grain's timer: its next tick is counted from the end of the one before.</summary>
    private sealed class GrainTimer : IGrainTimer
    {
        private readonly SimulatedActivation _owner;
        private readonly Func<Task> _call;
        private readonly TimeSpan _period;
        private readonly ITimer _timer;
        private bool _disposed;

        public GrainTimer(SimulatedActivation owner, Func<Task> call, GrainTimerCreationOptions options)
        {
            (_owner, _call, _period) = (owner, call, options.Period);
            _timer = owner._silo.Process.Time.CreateTimer(_ => Tick(), null, options.DueTime, Timeout.InfiniteTimeSpan);
        }

        public void Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

        public void Dispose()
        {
            _disposed = true;
            _timer.Dispose();
        }

        private void Tick()
        {
            if (_disposed || _owner._ended) return;
            _owner._running++;
            _ = _owner._lane.Begin(() => _owner.RunAsync(async _ =>
            {
                try
                {
                    if (!_disposed) await _call();
                }
                catch (Exception e)
                {
                    // As Orleans does: it is logged, and the timer goes on.
                    _owner._silo.Process.Note($"a timer of {_owner.Name} failed: {e}");
                }

                if (!_disposed && _period > TimeSpan.Zero) _timer.Change(_period, Timeout.InfiniteTimeSpan);
            }));
        }
    }
}

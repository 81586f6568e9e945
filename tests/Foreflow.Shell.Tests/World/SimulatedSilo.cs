using System.Reflection;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Runs;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Foreflow.Shell.Tests.World;

/// <summary>
/// What the grains of one process see of Orleans: they are activated at their first call and collected when idle, calls
/// take their turns one piece at a time and end in a timeout when nobody answers.
/// </summary>
internal sealed class SimulatedSilo(EngineProcess process) : IGrainFactory
{
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan CollectionAge = TimeSpan.FromMinutes(10);

    private readonly SortedDictionary<string, SimulatedActivation> _activations = new(StringComparer.Ordinal);
    private readonly List<(TimeSpan Until, Action Expire, Func<bool> Done)> _pending = [];

    public EngineProcess Process => process;

    public TGrain GetGrain<TGrain>(string primaryKey, string? grainClassNamePrefix = null) where TGrain : IGrainWithStringKey
    {
        var proxy = DispatchProxy.Create<TGrain, GrainCall>();
        ((GrainCall)(object)proxy).Connect(this, typeof(TGrain), primaryKey);
        return proxy;
    }

    public TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj) where TGrainObserverInterface : IGrainObserver => (TGrainObserverInterface)obj;

    public void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj) where TGrainObserverInterface : IGrainObserver
    {
    }

    /// <summary>Ends calls nobody has answered, and grains nobody has called, for too long. Once a second.</summary>
    public void Sweep()
    {
        var now = process.Clock.Elapsed;
        for (var i = _pending.Count - 1; i >= 0; i--)
        {
            var (until, expire, done) = _pending[i];
            if (done()) _pending.RemoveAt(i);
            else if (until <= now)
            {
                _pending.RemoveAt(i);
                expire();
            }
        }

        foreach (var activation in _activations.Values.Where(a => a.IsIdleSince(now - CollectionAge)).ToList()) activation.Collect();
    }

    public void Forget(SimulatedActivation activation) => _activations.Remove(activation.Name);

    /// <summary>A call that came while its grain was ending goes to the next activation.</summary>
    public void Redirect(SimulatedActivation ended, Func<Grain, Task> work, Action<Exception> fail) =>
        Activation(ended.Interface, ended.Key).Receive(work, fail);

    public Task<T> Call<T>(Type grain, string key, MethodInfo method, object?[] arguments)
    {
        var reply = new TaskCompletionSource<T>();
        if (method.GetCustomAttribute<OneWayAttribute>() is not null) reply.SetResult(default!);
        else _pending.Add((process.Clock.Elapsed + ResponseTimeout, () => reply.TrySetException(new TimeoutException($"{grain.Name} {key} did not answer {method.Name}")), () => reply.Task.IsCompleted));
        Activation(grain, key).Receive(async instance =>
        {
            try
            {
                var running = (Task)method.Invoke(instance, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
                await running;
                reply.TrySetResult(running is Task<T> full ? full.Result : default!);
            }
            catch (Exception e)
            {
                reply.TrySetException(e);
            }
        }, e => reply.TrySetException(e));
        return reply.Task;
    }

    private SimulatedActivation Activation(Type grain, string key)
    {
        var name = $"{grain.Name}/{key}";
        if (_activations.TryGetValue(name, out var known)) return known;
        return _activations[name] = new SimulatedActivation(this, grain, name, key, context => grain == typeof(IRunGrain) ? process.NewRunGrain(context) : grain == typeof(IPoolGrain) ? process.NewPoolGrain(context) : throw new NotSupportedException(grain.Name));
    }

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey, string keyExtension) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey, string keyExtension) => throw new NotSupportedException();

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey, string grainClassNamePrefix) => throw new NotSupportedException();

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey) => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(GrainId grainId) where TGrainInterface : IAddressable => throw new NotSupportedException();

    public IAddressable GetGrain(GrainId grainId) => throw new NotSupportedException();

    public IAddressable GetGrain(GrainId grainId, GrainInterfaceType interfaceType) => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string? grainClassNamePrefix = null) where TGrainInterface : IGrainWithGuidKey => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string? grainClassNamePrefix = null) where TGrainInterface : IGrainWithIntegerKey => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string keyExtension, string? grainClassNamePrefix = null) where TGrainInterface : IGrainWithGuidCompoundKey => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string keyExtension, string? grainClassNamePrefix = null) where TGrainInterface : IGrainWithIntegerCompoundKey => throw new NotSupportedException();

    /// <summary>A reference to a grain: whatever is called on it becomes a call to its activation.</summary>
    internal class GrainCall : DispatchProxy
    {
        private static readonly MethodInfo Generic = typeof(SimulatedSilo).GetMethod(nameof(SimulatedSilo.Call))!;
        private static readonly Dictionary<Type, MethodInfo> Typed = [];

        private SimulatedSilo _silo = null!;
        private Type _grain = null!;
        private string _key = null!;

        public void Connect(SimulatedSilo silo, Type grain, string key) => (_silo, _grain, _key) = (silo, grain, key);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.ReturnType == typeof(Task)) return _silo.Call<object?>(_grain, _key, targetMethod, args ?? []);
            var result = targetMethod.ReturnType.GetGenericArguments()[0];
            if (!Typed.TryGetValue(result, out var call)) Typed[result] = call = Generic.MakeGenericMethod(result);
            return call.Invoke(_silo, [_grain, _key, targetMethod, args ?? []]);
        }
    }
}

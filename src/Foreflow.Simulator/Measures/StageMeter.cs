namespace Foreflow.Simulator.Measures;

/// <summary>What a stage did while it was measured. Integrals over time are of the number before each change.</summary>
public sealed class StageMeter(string name, int slotsPerReplica, bool isServed)
{
    private readonly List<float> _waits = [];
    private float[]? _sorted;
    private long _lastTicks;
    private bool _measuring;

    /// <summary>Full name of the stage.</summary>
    public string Name { get; } = name;

    /// <summary>True when warm replicas serve it.</summary>
    public bool IsServed { get; } = isServed;

    /// <summary>Replicas that exist, start-up and draining included.</summary>
    public int Replicas { get; private set; }

    /// <summary>Tasks that wait or run.</summary>
    public int InSystem { get; private set; }

    /// <summary>Tasks that run.</summary>
    public int Running { get; private set; }

    /// <summary>Replica-seconds, start-up included.</summary>
    public double ReplicaSeconds { get; private set; }

    /// <summary>Seconds of running tasks.</summary>
    public double BusySeconds { get; private set; }

    /// <summary>Seconds of tasks that wait or run.</summary>
    public double InSystemSeconds { get; private set; }

    /// <summary>Tasks that became ready.</summary>
    public long Arrived { get; private set; }

    /// <summary>Attempts that were started, hedges not counted.</summary>
    public long Attempts { get; private set; }

    /// <summary>Second attempts of running tasks.</summary>
    public long Hedges { get; private set; }

    /// <summary>Tasks that ended well.</summary>
    public long Completed { get; private set; }

    /// <summary>Sum of the waits, in seconds.</summary>
    public double WaitSeconds { get; private set; }

    /// <summary>Waits of the tasks that became ready while it was measured, in seconds, in the order they started; then of those that wait at the end.</summary>
    public IReadOnlyList<float> Waits => _waits;

    /// <summary>The waits from the shortest on; to be asked for once it measures no more.</summary>
    internal float[] SortedWaits => _sorted ??= Metrics.Sorted(_waits);

    /// <summary>Slots that replicas offered, in slot-seconds.</summary>
    public double SlotSeconds => ReplicaSeconds * slotsPerReplica;

    /// <summary>Enters what was summed up elsewhere.</summary>
    internal void Credit(double replicaSeconds, double busySeconds) => (ReplicaSeconds, BusySeconds, InSystemSeconds) = (replicaSeconds, busySeconds, busySeconds + WaitSeconds);

    /// <summary>A task that counts started after a wait and ends well.</summary>
    internal void Waited(double seconds)
    {
        Arrived++;
        Completed++;
        WaitSeconds += seconds;
        _waits.Add((float)seconds);
    }

    /// <summary>From now on it counts.</summary>
    public void Begin(long ticks)
    {
        Advance(ticks);
        _measuring = true;
    }

    /// <summary>Brings the integrals up to now.</summary>
    public void Advance(long ticks)
    {
        if (_measuring && ticks > _lastTicks)
        {
            var seconds = (ticks - _lastTicks) / (double)TimeSpan.TicksPerSecond;
            ReplicaSeconds += seconds * Replicas;
            BusySeconds += seconds * Running;
            InSystemSeconds += seconds * InSystem;
        }

        _lastTicks = ticks;
    }

    /// <summary>Tasks became ready.</summary>
    public void Ready(long ticks, int count)
    {
        Advance(ticks);
        InSystem += count;
        if (_measuring) Arrived += count;
    }

    /// <summary>A task started after a wait; <paramref name="counts"/> when it became ready while it was measured.</summary>
    public void Started(long ticks, double waitSeconds, bool counts)
    {
        Advance(ticks);
        Running++;
        if (_measuring) Attempts++;
        if (!counts) return;
        WaitSeconds += waitSeconds;
        _waits.Add((float)waitSeconds);
    }

    /// <summary>A task that became ready while it was measured waits at the end: for so long at the least.</summary>
    internal void StillWaits(double seconds)
    {
        WaitSeconds += seconds;
        _waits.Add((float)seconds);
    }

    /// <summary>A second attempt of a running task started.</summary>
    public void Hedged(long ticks)
    {
        Advance(ticks);
        InSystem++;
        Running++;
        if (_measuring) Hedges++;
    }

    /// <summary>An attempt ended; <paramref name="well"/> when its result is the task's.</summary>
    public void Ended(long ticks, bool well)
    {
        Advance(ticks);
        Running--;
        InSystem--;
        if (_measuring && well) Completed++;
    }

    /// <summary>A waiting task is no longer wanted.</summary>
    public void Withdrawn(long ticks)
    {
        Advance(ticks);
        InSystem--;
    }

    /// <summary>Replicas were ordered or ended.</summary>
    public void ReplicasChanged(long ticks, int by)
    {
        Advance(ticks);
        Replicas += by;
    }
}

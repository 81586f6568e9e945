using Foreflow.Core.Model;
using Foreflow.Core.Workflows;
using Foreflow.Simulator.Measures;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator.Policies;

/// <summary>An attempt of a task of some stage.</summary>
internal readonly record struct AttemptKey(long Run, int Task, int Attempt);

/// <summary>
/// Tasks of one stage under full knowledge. What was planned for a task is kept; without a plan it starts at once where a
/// slot is free, waits where one will be in time, and else has a replica warmed for it.
/// </summary>
internal sealed class ReplicaFleet
{
    private readonly int _slots;
    private readonly int _mostSlots;
    private readonly int _least;
    private readonly long _startUp;
    private readonly TimeSpan _maxWait;
    private readonly Instant _from;
    private readonly Instant _until;
    private readonly SortedSet<(Instant FreeAt, int Slot)> _free = [];
    private readonly List<(long Ready, long Takes, long Start, AttemptKey Key)> _tasks = [];
    private readonly IReadOnlyDictionary<AttemptKey, long>? _plan;
    private readonly ViolationMeter _violations;
    private int _slotCount;
    private double _busySeconds;

    /// <param name="plan">How long tasks are to wait, in ticks; null where nothing is planned.</param>
    public ReplicaFleet(SimulatedWorkflow workflow, int stage, Instant from, Instant until, ViolationMeter violations, IReadOnlyDictionary<AttemptKey, long>? plan)
    {
        var definition = workflow.Definition.Stages[stage];
        var worker = definition.Body as WorkerBody;
        Stage = new StageId(workflow.Definition.Name, definition.Name);
        (_from, _until, _violations, _plan) = (from, until, violations, plan);
        IsServed = worker is not null;
        _slots = Math.Max(1, worker?.Concurrency ?? 1);
        _least = definition.Replicas.Min;
        _mostSlots = (int)Math.Min(int.MaxValue, (long)(definition.Replicas.Max ?? 16) * _slots);
        _maxWait = definition.MaxWait ?? TimeSpan.FromSeconds(2);
        _startUp = TimeSpan.FromSeconds(workflow.Stages[stage].StartUp.MeanSeconds).Ticks;
        Meter = new StageMeter(Stage.ToString(), _slots, IsServed);
    }

    public StageId Stage { get; }

    public StageMeter Meter { get; }

    /// <summary>True when replicas serve it.</summary>
    public bool IsServed { get; }

    /// <summary>Tasks that waited longer than they may.</summary>
    public int Late { get; private set; }

    /// <summary>Its replicas, once it is over.</summary>
    public ReplicaUse Use { get; private set; } = new(1, 0, 0);

    /// <summary>Replicas that its tasks kept busy, on average over what was measured.</summary>
    public double MeanReplicas { get; private set; }

    /// <summary>When a task that is ready now starts.</summary>
    public Instant Assign(Instant ready, TimeSpan takes, AttemptKey key)
    {
        var start = !IsServed ? ready : _plan is null ? Soonest(ready, takes) : ready + TimeSpan.FromTicks(_plan.GetValueOrDefault(key));
        if (IsServed) _tasks.Add((ready.Ticks, takes.Ticks, start.Ticks, key));
        _busySeconds += Math.Max(0, (Instant.Min(start + takes, _until) - Instant.Max(start, _from)).TotalSeconds);
        if (ready >= _from) Meter.Waited((start - ready).TotalSeconds);
        if (start - ready <= _maxWait) return start;
        Late++;
        _violations.Note(ready + _maxWait, start);
        return start;
    }

    /// <summary>How long each task that there was should wait: by the cheaper of the levels that a program finds and what was done.</summary>
    public Dictionary<AttemptKey, long> Plan(CancellationToken cancel)
    {
        var done = _tasks.ToDictionary(t => t.Key, t => t.Start - t.Ready);
        // Without a wait there is no choice but to start at once, and without a start-up no reason to do anything else.
        if (_maxWait == TimeSpan.Zero || _startUp == 0 || _tasks.Count == 0) return done;
        var sorted = _tasks.OrderBy(t => t.Ready).ToArray();
        var tasks = new StageTasks(
            Array.ConvertAll(sorted, t => t.Ready), Array.ConvertAll(sorted, t => t.Takes), _maxWait.Ticks, _startUp, _least, Math.Max(1, _mostSlots / _slots), _slots);
        var mean = tasks.Takes.Average();
        var step = (long)Math.Clamp(Math.Min(mean, Math.Min(_maxWait.Ticks, _startUp)) / 4, TimeSpan.TicksPerSecond / 4, TimeSpan.TicksPerSecond * 30);
        var plan = new LevelProgram().Solve(tasks, step, cancel);
        if (Price(tasks, plan.Starts).CompareTo(Price(tasks, Array.ConvertAll(sorted, t => t.Start))) >= 0) return done;
        for (var i = 0; i < sorted.Length; i++) done[sorted[i].Key] = plan.Starts[i] - sorted[i].Ready;
        return done;
    }

    /// <summary>The end of the scenario: replicas are laid out over what was done.</summary>
    public void Close(Instant until)
    {
        MeanReplicas = _busySeconds / _slots / Math.Max((until - _from).TotalSeconds, 1e-9);
        if (!IsServed)
        {
            Meter.Credit(0, _busySeconds);
            return;
        }

        Use = ReplicaUse.Of(_tasks.Select(t => (t.Start, t.Start + t.Takes)).OrderBy(t => t.Start), _slots, _least, _startUp);
        Meter.Credit(Use.Cost(_from.Ticks, until.Ticks) / TimeSpan.TicksPerSecond, _busySeconds);
    }

    private (int Late, double Cost) Price(StageTasks tasks, long[] starts)
    {
        var late = 0;
        var runs = new (long Start, long End)[starts.Length];
        for (var i = 0; i < starts.Length; i++)
        {
            if (starts[i] - tasks.Ready[i] > tasks.MaxWait) late++;
            runs[i] = (starts[i], starts[i] + tasks.Takes[i]);
        }

        Array.Sort(runs);
        return (late, ReplicaUse.Of(runs, _slots, _least, _startUp).Cost(_from.Ticks, _until.Ticks));
    }

    private Instant Soonest(Instant ready, TimeSpan takes)
    {
        var (start, slot) = Choose(ready);
        _free.Add((start + takes, slot));
        return start;
    }

    private (Instant Start, int Slot) Choose(Instant ready)
    {
        // Busy latest among those that are free: the others' gaps grow long enough to stop them.
        if (_free.Count > 0 && _free.Min.FreeAt <= ready)
        {
            var idle = _free.GetViewBetween((new Instant(long.MinValue), 0), (ready, int.MaxValue)).Max;
            _free.Remove(idle);
            return (ready, idle.Slot);
        }

        if (_free.Count > 0 && (_free.Min.FreeAt <= ready + _maxWait || _slotCount >= _mostSlots))
        {
            var next = _free.Min;
            _free.Remove(next);
            return (next.FreeAt, next.Slot);
        }

        return (ready, _slotCount++);
    }
}

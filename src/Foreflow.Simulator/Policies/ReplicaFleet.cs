using Foreflow.Core.Model;
using Foreflow.Core.Workflows;
using Foreflow.Simulator.Measures;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator.Policies;

/// <summary>Replicas of one stage under full knowledge: who takes which task, and when each is kept or stopped.</summary>
internal sealed class ReplicaFleet
{
    private readonly int _slots;
    private readonly int _mostSlots;
    private readonly int _least;
    private readonly bool _isServed;
    private readonly TimeSpan _startUp;
    private readonly TimeSpan _maxWait;
    private readonly Instant _from;
    private readonly Instant _until;
    private readonly SortedSet<(Instant FreeAt, int Slot)> _free = [];
    private readonly List<Instant> _busyUntil = [];
    private readonly List<double> _onSeconds = [];
    private readonly ViolationMeter _violations;
    private int _slotCount;
    private double _busySeconds;

    public ReplicaFleet(SimulatedWorkflow workflow, int stage, Instant from, Instant until, ViolationMeter violations)
    {
        var definition = workflow.Definition.Stages[stage];
        var worker = definition.Body as WorkerBody;
        Stage = new StageId(workflow.Definition.Name, definition.Name);
        (_from, _until, _violations) = (from, until, violations);
        _isServed = worker is not null;
        _slots = Math.Max(1, worker?.Concurrency ?? 1);
        _least = definition.Replicas.Min;
        _mostSlots = (int)Math.Min(int.MaxValue, (long)(definition.Replicas.Max ?? 16) * _slots);
        _maxWait = definition.MaxWait ?? TimeSpan.FromSeconds(2);
        _startUp = TimeSpan.FromSeconds(workflow.Stages[stage].StartUp.MeanSeconds);
        Meter = new StageMeter(Stage.ToString(), _slots, _isServed);
    }

    public StageId Stage { get; }

    public StageMeter Meter { get; }

    /// <summary>Times a replica was started or stopped.</summary>
    public long Changes { get; private set; }

    public int PeakReplicas => Math.Max(_least, _onSeconds.Count);

    public double MeanReplicas(double seconds) => _busySeconds / _slots / Math.Max(seconds, 1e-9);

    /// <summary>When a task that is ready now starts.</summary>
    public Instant Assign(Instant ready, TimeSpan takes)
    {
        if (!_isServed)
        {
            Book(ready, ready, takes);
            return ready;
        }

        var (start, slot) = Choose(ready);
        var end = start + takes;
        _free.Add((end, slot));
        KeepOn(slot / _slots, start, end);
        Book(ready, start, takes);
        if (start - ready > _maxWait) _violations.Note(ready + _maxWait, start);
        return start;
    }

    /// <summary>The end of the scenario: what must always be there has been.</summary>
    public void Close(Instant until)
    {
        var whole = Math.Max(0, (until - _from).TotalSeconds);
        var seconds = _least * whole;
        for (var i = _least; i < _onSeconds.Count; i++) seconds += _onSeconds[i];
        Meter.Credit(_isServed ? seconds : 0, _busySeconds);
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

    private void KeepOn(int replica, Instant start, Instant end)
    {
        while (_onSeconds.Count <= replica)
        {
            _onSeconds.Add(0);
            _busyUntil.Add(new Instant(long.MinValue));
        }

        var before = _busyUntil[replica];
        if (before.Ticks == long.MinValue || start - before > _startUp)
        {
            Changes += before.Ticks == long.MinValue ? 1 : 2;
            _onSeconds[replica] += Within(start - _startUp, end);
        }
        else if (end > before)
        {
            _onSeconds[replica] += Within(before, end);
        }

        _busyUntil[replica] = Instant.Max(before, end);
    }

    private void Book(Instant ready, Instant start, TimeSpan takes)
    {
        _busySeconds += Within(start, start + takes);
        if (ready >= _from) Meter.Waited((start - ready).TotalSeconds);
    }

    private double Within(Instant from, Instant until) => Math.Max(0, (Instant.Min(until, _until) - Instant.Max(from, _from)).TotalSeconds);
}

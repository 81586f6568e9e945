namespace Foreflow.Simulator.Policies;

/// <summary>
/// What replicas cost when it is known what runs when. Of the replicas with a slot that is free a task goes to the one that
/// is or was busy latest: the gaps of the others grow long enough to stop them. Over a gap a replica is kept or stopped, whichever costs less,
/// because a start costs its start-up time: with one slot a replica nothing is cheaper. Times are in ticks.
/// </summary>
/// <param name="slots">Tasks that a replica takes at once.</param>
/// <param name="least">Replicas that are always there.</param>
/// <param name="startUp">How long a replica starts up.</param>
internal sealed class ReplicaUse(int slots, int least, long startUp)
{
    private readonly PriorityQueue<int, long> _busy = new();
    private readonly SortedSet<(long Until, int Replica)> _withSlots = [];
    private readonly List<List<(long From, long Until)>> _on = [];
    private readonly List<int> _free = [];

    /// <summary>Times a replica was started or stopped.</summary>
    public long Changes { get; private set; }

    /// <summary>Most replicas there were at once.</summary>
    public int Peak => Math.Max(least, _on.Count);

    /// <summary>When each replica was there, start-ups included; the first ones are there always.</summary>
    public IReadOnlyList<IReadOnlyList<(long From, long Until)>> On => _on;

    /// <summary>Lays tasks out.</summary>
    /// <param name="runs">Start and end of each, by start.</param>
    public static ReplicaUse Of(IEnumerable<(long Start, long End)> runs, int slots, int least, long startUp)
    {
        var use = new ReplicaUse(slots, least, startUp);
        foreach (var (start, end) in runs) use.Take(start, end);
        return use;
    }

    /// <summary>Replica-ticks within a span of time.</summary>
    public double Cost(long from, long until)
    {
        var cost = (double)least * Math.Max(0, until - from);
        for (var replica = least; replica < _on.Count; replica++)
            foreach (var (begin, end) in _on[replica]) cost += Math.Max(0, Math.Min(until, end) - Math.Max(from, begin));
        return cost;
    }

    private void Take(long start, long end)
    {
        while (_busy.TryPeek(out var done, out var ended) && ended <= start)
        {
            _busy.Dequeue();
            if (_free[done]++ == 0) _withSlots.Add((_on[done][^1].Until, -done));
        }

        var replica = _withSlots.Count > 0 ? -_withSlots.Max.Replica : New();
        _withSlots.Remove((_on[replica].Count > 0 ? _on[replica][^1].Until : 0, -replica));
        Extend(_on[replica], start, end);
        if (--_free[replica] > 0) _withSlots.Add((_on[replica][^1].Until, -replica));
        _busy.Enqueue(replica, end);
    }

    private int New()
    {
        _on.Add([]);
        _free.Add(slots);
        return _on.Count - 1;
    }

    private void Extend(List<(long From, long Until)> on, long start, long end)
    {
        if (on.Count == 0 || start - on[^1].Until > startUp)
        {
            Changes += on.Count == 0 ? 1 : 2;
            on.Add((start - startUp, end));
        }
        else if (end > on[^1].Until)
        {
            on[^1] = (on[^1].From, end);
        }
    }
}

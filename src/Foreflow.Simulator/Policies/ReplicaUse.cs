namespace Foreflow.Simulator.Policies;

/// <summary>
/// What replicas cost when it is known what runs when. A task goes to the slot that was busy latest of those that are free:
/// the gaps of the others grow long enough to stop them. Over a gap a replica is kept or stopped, whichever costs less,
/// because a start costs its start-up time: with one slot a replica nothing is cheaper. Times are in ticks.
/// </summary>
/// <param name="slots">Tasks that a replica takes at once.</param>
/// <param name="least">Replicas that are always there.</param>
/// <param name="startUp">How long a replica starts up.</param>
internal sealed class ReplicaUse(int slots, int least, long startUp)
{
    private readonly PriorityQueue<(long End, int Slot), long> _busy = new();
    private readonly Stack<int> _idle = new();
    private readonly List<List<(long From, long Until)>> _on = [];
    private int _slots;

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
        while (_busy.TryPeek(out var ended, out _) && ended.End <= start) _idle.Push(_busy.Dequeue().Slot);
        if (!_idle.TryPop(out var slot)) slot = _slots++;
        _busy.Enqueue((end, slot), end);
        var replica = slot / slots;
        if (replica == _on.Count) _on.Add([]);
        var on = _on[replica];
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

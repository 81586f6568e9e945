using Foreflow.Core.Model;

namespace Foreflow.Simulator.Events;

/// <summary>What happens next in a simulation.</summary>
internal enum EventKind : byte
{
    Arrival,
    AttemptEnds,
    ReplicaReady,
    ReplicaFails,
    RetryComes,
    CycleDue,
    NodeFails,
    NodeReturns,
    BackgroundChanges,
    MeasuringStarts,
    End,
}

/// <summary>An entry of the queue. What <see cref="Subject"/> and <see cref="Detail"/> name depends on the kind.</summary>
/// <param name="Ticks">When, in ticks since the epoch.</param>
/// <param name="Sequence">Order of entry: ties go to the earlier.</param>
/// <param name="Subject">Ticket, replica, workflow, node or run.</param>
/// <param name="Detail">Cause of an end, or stage and task of a retry.</param>
internal readonly record struct SimulatedEvent(long Ticks, long Sequence, EventKind Kind, long Subject, long Detail)
{
    public Instant At => new(Ticks);
}

/// <summary>Events by time, then by order of entry. A heap of four children a node in one array: fewer levels and cache lines than two.</summary>
internal sealed class EventQueue
{
    private SimulatedEvent[] _heap = new SimulatedEvent[256];
    private long _sequence;

    public int Count { get; private set; }

    public void Add(Instant at, EventKind kind, long subject = 0, long detail = 0)
    {
        if (Count == _heap.Length) Array.Resize(ref _heap, Count * 2);
        var entry = new SimulatedEvent(at.Ticks, ++_sequence, kind, subject, detail);
        var i = Count++;
        while (i > 0)
        {
            var parent = (i - 1) >> 2;
            if (!Before(entry, _heap[parent])) break;
            _heap[i] = _heap[parent];
            i = parent;
        }

        _heap[i] = entry;
    }

    public bool TryTake(out SimulatedEvent next)
    {
        if (Count == 0)
        {
            next = default;
            return false;
        }

        next = _heap[0];
        var last = _heap[--Count];
        var i = 0;
        while (true)
        {
            var child = (i << 2) + 1;
            if (child >= Count) break;
            var least = child;
            for (var c = child + 1; c < Math.Min(child + 4, Count); c++)
                if (Before(_heap[c], _heap[least])) least = c;
            if (!Before(_heap[least], last)) break;
            _heap[i] = _heap[least];
            i = least;
        }

        _heap[i] = last;
        return true;
    }

    private static bool Before(in SimulatedEvent a, in SimulatedEvent b) => a.Ticks < b.Ticks || (a.Ticks == b.Ticks && a.Sequence < b.Sequence);
}

using Foreflow.Core.Model;

namespace Foreflow.Core.Snapshot;

/// <summary>
/// Waiting tasks of a stage, by due time and then ticket. A sorted ring: tasks nearly always come last and leave first,
/// which costs nothing, and planning may look at the first n without taking them out.
/// </summary>
internal sealed class TaskQueue
{
    private TaskEntry[] _ring = new TaskEntry[4];
    private int _head;

    public int Count { get; private set; }

    public TaskEntry this[int i] => _ring[(_head + i) & (_ring.Length - 1)];

    public void Add(TaskEntry entry)
    {
        if (Count == _ring.Length) Grow();
        var at = Find(entry);
        if (at > Count / 2)
        {
            for (var i = Count; i > at; i--) Slot(i) = Slot(i - 1);
        }
        else
        {
            _head = (_head - 1) & (_ring.Length - 1);
            for (var i = 0; i < at; i++) Slot(i) = Slot(i + 1);
        }

        Slot(at) = entry;
        Count++;
    }

    public void Remove(TaskEntry entry)
    {
        var at = Find(entry);
        if (at >= Count || !ReferenceEquals(Slot(at), entry)) throw new InvalidOperationException($"ticket {entry.Ticket} does not wait");
        if (at > Count / 2)
        {
            for (var i = at; i < Count - 1; i++) Slot(i) = Slot(i + 1);
            Slot(Count - 1) = null!;
        }
        else
        {
            for (var i = at; i > 0; i--) Slot(i) = Slot(i - 1);
            Slot(0) = null!;
            _head = (_head + 1) & (_ring.Length - 1);
        }

        Count--;
    }

    private ref TaskEntry Slot(int i) => ref _ring[(_head + i) & (_ring.Length - 1)];

    /// <summary>Position of an entry, or where it belongs. The ends are tried first: they are right nearly always.</summary>
    private int Find(TaskEntry entry)
    {
        if (Count == 0 || Compare(entry, Slot(Count - 1)) > 0) return Count;
        if (Compare(entry, Slot(0)) <= 0) return 0;
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Compare(Slot(middle), entry) < 0) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private static int Compare(TaskEntry a, TaskEntry b)
    {
        var byDue = a.Due.CompareTo(b.Due);
        return byDue != 0 ? byDue : a.Ticket.CompareTo(b.Ticket);
    }

    private void Grow()
    {
        var larger = new TaskEntry[_ring.Length * 2];
        for (var i = 0; i < Count; i++) larger[i] = this[i];
        (_ring, _head) = (larger, 0);
    }
}

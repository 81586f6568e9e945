using System.Runtime.InteropServices;

namespace Foreflow.Core.Reservation;

/// <summary>All claims in one table of slots, with a ring of slots for each node and kind so that a node's claims are found without a search.</summary>
internal sealed class ClaimStore
{
    private const int None = -1;
    private const int Kinds = (int)ClaimKind.Preemptible + 1;

    private readonly Dictionary<long, int> _slots;
    private readonly Stack<int> _vacant;
    private Entry[] _entries;
    private int[] _heads;
    private int _used;

    public ClaimStore() : this([], new Stack<int>(), new Entry[16], [])
    {
    }

    private ClaimStore(Dictionary<long, int> slots, Stack<int> vacant, Entry[] entries, int[] heads)
    {
        _slots = slots;
        _vacant = vacant;
        _entries = entries;
        _heads = heads;
    }

    public int Count => _slots.Count;

    /// <summary>Claims that give way to more urgent work: soft and preemptible ones.</summary>
    public int Yielding { get; private set; }

    /// <summary>True when a node holds claims that give way.</summary>
    public bool HasYielding(int node) => Head(node, ClaimKind.Soft) != None || Head(node, ClaimKind.Preemptible) != None;

    public bool TryGet(ClaimId id, out Claim claim)
    {
        if (_slots.TryGetValue(id.Value, out var slot))
        {
            claim = _entries[slot].Claim;
            return true;
        }

        claim = default;
        return false;
    }

    /// <summary>False, and nothing changed, when a claim of the same id is there.</summary>
    public bool TryAdd(in Claim claim)
    {
        ref var slot = ref CollectionsMarshal.GetValueRefOrAddDefault(_slots, claim.Id.Value, out var isThere);
        if (isThere) return false;
        slot = _vacant.Count > 0 ? _vacant.Pop() : _used++;
        if (slot == _entries.Length) Array.Resize(ref _entries, 2 * slot);
        _entries[slot].Claim = claim;
        if (claim.Kind != ClaimKind.Hard) Yielding++;
        Link(slot);
        return true;
    }

    public bool TryRemove(ClaimId id, out Claim claim)
    {
        claim = default;
        if (!_slots.Remove(id.Value, out var slot)) return false;
        claim = _entries[slot].Claim;
        if (claim.Kind != ClaimKind.Hard) Yielding--;
        Unlink(slot);
        _vacant.Push(slot);
        return true;
    }

    /// <summary>A node's claims of one kind, in no order that means anything: callers choose by <see cref="Claim.CompareForReclaim"/>.</summary>
    public Enumerator Of(int node, ClaimKind kind) => new(_entries, Head(node, kind));

    public ClaimStore Clone() => new(new(_slots), new(_vacant.Reverse()), [.. _entries], [.. _heads]) { _used = _used, Yielding = Yielding };

    private static int Ring(int node, ClaimKind kind) => node * Kinds + (int)kind;

    private int Head(int node, ClaimKind kind) => Ring(node, kind) < _heads.Length ? _heads[Ring(node, kind)] - 1 : None;

    private void Link(int slot)
    {
        ref var entry = ref _entries[slot];
        var ring = Ring(entry.Claim.Node, entry.Claim.Kind);
        if (ring >= _heads.Length) Array.Resize(ref _heads, Math.Max(2 * _heads.Length, ring + 1));
        var head = _heads[ring] - 1; // Heads are stored one up, so that a new array means "no claims".
        entry.Previous = None;
        entry.Next = head;
        if (head != None) _entries[head].Previous = slot;
        _heads[ring] = slot + 1;
    }

    private void Unlink(int slot)
    {
        ref var entry = ref _entries[slot];
        if (entry.Next != None) _entries[entry.Next].Previous = entry.Previous;
        if (entry.Previous != None) _entries[entry.Previous].Next = entry.Next;
        else _heads[Ring(entry.Claim.Node, entry.Claim.Kind)] = entry.Next + 1;
    }

    internal struct Entry
    {
        public Claim Claim;
        public int Next;
        public int Previous;
    }

    /// <summary>Walks one ring; the store must not change meanwhile.</summary>
    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<Entry> _entries;
        private int _next;
        private int _current;

        internal Enumerator(Entry[] entries, int head)
        {
            _entries = entries;
            _next = head;
        }

        public readonly Enumerator GetEnumerator() => this;

        public readonly ref readonly Claim Current => ref _entries[_current].Claim;

        public bool MoveNext()
        {
            if (_next == None) return false;
            _current = _next;
            _next = _entries[_current].Next;
            return true;
        }
    }
}

using System.Runtime.Intrinsics;

namespace Foreflow.Core.Reservation;

/// <summary>
/// Changes of a value over time, in order of time, in blocks of at most <see cref="BlockSize"/>, under a binary tree that sums them up.
/// A block is split when full and joined with the next when both together are half full, so there are about count / BlockSize of them;
/// the tree is laid out anew when that happens, which is once in about BlockSize / 2 changes.
/// </summary>
internal sealed class StepBlocks
{
    /// <summary>Steps a block holds: as many as are summed faster than a level more of the tree would be.</summary>
    public const int BlockSize = 16;

    private long[] _times = [];
    private Vector256<long>[] _changes = [];

    // By position in time order: where the block lies, how many steps it has, the time of its first.
    private int[] _places = [];
    private int[] _counts = [];
    private long[] _firsts = [];
    private int _blocks;

    // Node 1 is the root, nodes 2i and 2i + 1 are below i, leaf p stands for the block at position p.
    private StepSum[] _tree = [StepSum.Empty, StepSum.Empty];
    private int _leaves = 1;

    /// <summary>Blocks in use.</summary>
    public int Count => _blocks;

    /// <summary>The time of the first step; <see cref="long.MaxValue"/> when there is none.</summary>
    public long FirstTime => _blocks == 0 ? long.MaxValue : _firsts[0];

    /// <summary>All steps summed up.</summary>
    public ref readonly StepSum Whole => ref _tree[1];

    /// <summary>Adds a change at a time; changes at one time add up, and a step of no change goes away.</summary>
    public void Add(long time, Vector256<long> change)
    {
        if (change == default) return;
        if (_blocks == 0) InsertBlock(0);
        var position = Math.Max(0, PositionOf(time));
        var index = LowerBound(position, time);
        var at = _places[position] * BlockSize + index;
        if (index < _counts[position] && _times[at] == time)
        {
            _changes[at] += change;
            if (_changes[at] == default) Remove(position, index);
            else SumUp(position);
            return;
        }

        if (_counts[position] == BlockSize)
        {
            Split(position);
            Add(time, change);
            return;
        }

        var last = _counts[position]++ - index;
        Array.Copy(_times, at, _times, at + 1, last);
        Array.Copy(_changes, at, _changes, at + 1, last);
        _times[at] = time;
        _changes[at] = change;
        SumUp(position);
    }

    /// <summary>Takes out the steps up to and including a time.</summary>
    /// <returns>Their sum.</returns>
    public Vector256<long> RemoveUntil(long time)
    {
        var sum = Vector256<long>.Zero;
        var passed = 0;
        while (passed < _blocks && _times[_places[passed] * BlockSize + _counts[passed] - 1] <= time) sum += _tree[_leaves + passed++].Sum;
        if (passed > 0) RemoveBlocks(0, passed);
        if (FirstTime > time) return sum;

        var at = _places[0] * BlockSize;
        var steps = 0;
        while (_times[at + steps] <= time) sum += _changes[at + steps++];
        _counts[0] -= steps;
        Array.Copy(_times, at + steps, _times, at, _counts[0]);
        Array.Copy(_changes, at + steps, _changes, at, _counts[0]);
        SumUp(0);
        return sum;
    }

    /// <summary>The place after the last step not later than a time.</summary>
    /// <param name="time">The time.</param>
    /// <param name="start">The value before the first step.</param>
    public StepCursor After(long time, Vector256<long> start)
    {
        var position = PositionOf(time);
        if (position < 0) return new() { Value = start };
        for (var at = _leaves + position; at > 1; at >>= 1)
        {
            if ((at & 1) == 1) start += _tree[at - 1].Sum;
        }

        var first = _places[position] * BlockSize;
        var index = 0;
        for (; index < _counts[position] && _times[first + index] <= time; index++) start += _changes[first + index];
        return new() { Position = position, Index = index, Value = start };
    }

    /// <summary>The time of the step the cursor is before; <see cref="long.MaxValue"/> at the end.</summary>
    public long TimeAt(in StepCursor cursor)
    {
        if (cursor.Position >= _blocks) return long.MaxValue;
        if (cursor.Index < _counts[cursor.Position]) return _times[_places[cursor.Position] * BlockSize + cursor.Index];
        return cursor.Position + 1 < _blocks ? _firsts[cursor.Position + 1] : long.MaxValue;
    }

    /// <summary>
    /// Makes the cursor stand before a group of blocks: the largest that starts where it is, unless it was narrowed. False when the next
    /// step is not before <paramref name="until"/>. In the midst of a block there is no group, only steps.
    /// </summary>
    public bool TryGroup(ref StepCursor cursor, long until)
    {
        if (cursor.Index > 0 && cursor.Index >= _counts[cursor.Position])
        {
            cursor.Position++;
            cursor.Index = 0;
        }

        if (cursor.Position >= _blocks || TimeAt(cursor) >= until) return false;
        if (cursor.Width == 0 && cursor.Index == 0) cursor.Width = cursor.Position == 0 ? _leaves : cursor.Position & -cursor.Position;
        return true;
    }

    /// <summary>What is known of the group the cursor stands before.</summary>
    public ref readonly StepSum Group(in StepCursor cursor) => ref _tree[(_leaves + cursor.Position) / cursor.Width];

    /// <summary>A time after the last step of the group and not after the first of the next.</summary>
    public long EndOf(in StepCursor cursor) => FirstOf(cursor.Position + cursor.Width);

    /// <summary>What is known of the group as wide as this one that follows it, and a time after its last step; false when there is none.</summary>
    public bool TryNext(in StepCursor cursor, out StepSum next, out long end)
    {
        var position = cursor.Position + cursor.Width;
        next = position < _blocks ? _tree[(_leaves + position) / cursor.Width] : StepSum.Empty;
        end = FirstOf(position + cursor.Width);
        return position < _blocks;
    }

    /// <summary>Goes past the group.</summary>
    public void Skip(ref StepCursor cursor)
    {
        cursor.Value += Group(cursor).Sum;
        cursor.Position += cursor.Width;
        cursor.Width = 0;
    }

    /// <summary>Narrows the group to its earlier half; false when it is one block, whose steps are then to be taken one by one.</summary>
    public bool TryNarrow(ref StepCursor cursor)
    {
        if (cursor.Width <= 1) return false;
        cursor.Width >>= 1;
        return true;
    }

    /// <summary>Takes the next step of the block; false at its end and when the step is not before <paramref name="until"/>.</summary>
    public bool TryStep(ref StepCursor cursor, long until, out long time)
    {
        cursor.Width = 0;
        time = long.MaxValue;
        if (cursor.Index >= _counts[cursor.Position]) return false;
        var at = _places[cursor.Position] * BlockSize + cursor.Index;
        if (_times[at] >= until) return false;
        time = _times[at];
        cursor.Value += _changes[at];
        cursor.Index++;
        return true;
    }

    public StepBlocks Clone() => new()
    {
        _times = [.. _times],
        _changes = [.. _changes],
        _places = [.. _places],
        _counts = [.. _counts],
        _firsts = [.. _firsts],
        _blocks = _blocks,
        _tree = [.. _tree],
        _leaves = _leaves,
    };

    private long FirstOf(int position) =>
        position < _blocks ? _firsts[position] : _times[_places[_blocks - 1] * BlockSize + _counts[_blocks - 1] - 1] + 1;

    /// <summary>The last position whose first step is not later than a time; -1 when there is none.</summary>
    private int PositionOf(long time)
    {
        int low = 0, high = _blocks;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_firsts[middle] <= time) low = middle + 1;
            else high = middle;
        }

        return low - 1;
    }

    private int LowerBound(int position, long time)
    {
        var first = _places[position] * BlockSize;
        int low = 0, high = _counts[position];
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_times[first + middle] < time) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private void Remove(int position, int index)
    {
        var at = _places[position] * BlockSize + index;
        var last = --_counts[position] - index;
        Array.Copy(_times, at + 1, _times, at, last);
        Array.Copy(_changes, at + 1, _changes, at, last);
        if (_counts[position] == 0) RemoveBlocks(position, 1);
        else if (IsSparse(position)) Join(position);
        else if (IsSparse(position - 1)) Join(position - 1);
        else SumUp(position);
    }

    private bool IsSparse(int position) =>
        position >= 0 && position + 1 < _blocks && _counts[position] + _counts[position + 1] <= BlockSize / 2;

    private void Split(int position)
    {
        InsertBlock(position + 1);
        int from = _places[position] * BlockSize + BlockSize / 2, to = _places[position + 1] * BlockSize;
        Array.Copy(_times, from, _times, to, BlockSize / 2);
        Array.Copy(_changes, from, _changes, to, BlockSize / 2);
        _counts[position] = BlockSize / 2;
        _counts[position + 1] = BlockSize / 2;
        SumUp(position);
        SumUp(position + 1);
    }

    private void Join(int position)
    {
        int to = _places[position] * BlockSize + _counts[position], from = _places[position + 1] * BlockSize;
        Array.Copy(_times, from, _times, to, _counts[position + 1]);
        Array.Copy(_changes, from, _changes, to, _counts[position + 1]);
        _counts[position] += _counts[position + 1];
        RemoveBlocks(position + 1, 1);
        SumUp(position);
    }

    /// <summary>Makes room for a block at a position. Places after the last block in use are those of vacant blocks.</summary>
    private void InsertBlock(int position)
    {
        if (_blocks == _places.Length) Grow();
        var place = _places[_blocks];
        Array.Copy(_places, position, _places, position + 1, _blocks - position);
        Array.Copy(_counts, position, _counts, position + 1, _blocks - position);
        Array.Copy(_firsts, position, _firsts, position + 1, _blocks - position);
        Array.Copy(_tree, _leaves + position, _tree, _leaves + position + 1, _blocks - position);
        _places[position] = place;
        _counts[position] = 0;
        _firsts[position] = long.MaxValue;
        _tree[_leaves + position] = StepSum.Empty;
        _blocks++;
        LayOut();
    }

    private void RemoveBlocks(int position, int count)
    {
        // Reversing both parts and then the whole puts the vacant places behind those in use.
        var places = _places.AsSpan(position, _blocks - position);
        places[..count].Reverse();
        places[count..].Reverse();
        places.Reverse();
        var after = places.Length - count;
        Array.Copy(_counts, position + count, _counts, position, after);
        Array.Copy(_firsts, position + count, _firsts, position, after);
        Array.Copy(_tree, _leaves + position + count, _tree, _leaves + position, after);
        _blocks -= count;
        Array.Fill(_tree, StepSum.Empty, _leaves + _blocks, count);
        LayOut();
    }

    private void Grow()
    {
        var capacity = Math.Max(1, 2 * _blocks);
        Array.Resize(ref _times, capacity * BlockSize);
        Array.Resize(ref _changes, capacity * BlockSize);
        Array.Resize(ref _places, capacity);
        Array.Resize(ref _counts, capacity);
        Array.Resize(ref _firsts, capacity);
        for (var place = _blocks; place < capacity; place++) _places[place] = place;
        var tree = new StepSum[2 * capacity];
        Array.Fill(tree, StepSum.Empty);
        Array.Copy(_tree, _leaves, tree, capacity, _blocks);
        _tree = tree;
        _leaves = capacity;
    }

    private void LayOut()
    {
        for (var at = _leaves - 1; at > 0; at--) _tree[at] = StepSum.Join(_tree[2 * at], _tree[2 * at + 1]);
    }

    private void SumUp(int position)
    {
        var first = _places[position] * BlockSize;
        _firsts[position] = _times[first];
        var at = _leaves + position;
        _tree[at] = StepSum.Of(_changes.AsSpan(first, _counts[position]));
        while ((at >>= 1) > 0) _tree[at] = StepSum.Join(_tree[2 * at], _tree[2 * at + 1]);
    }
}

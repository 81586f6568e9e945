namespace Foreflow.Core.Reservation;

/// <summary>When each node is to be looked at because of the time, under a tree of minima: whether any is due is seen at once.</summary>
internal sealed class WakeIndex
{
    private long[] _tree = [long.MaxValue, long.MaxValue];
    private int _leaves = 1;

    public void Set(int node, long time)
    {
        while (node >= _leaves) Grow();
        var at = _leaves + node;
        _tree[at] = time;
        while (at > 1)
        {
            var min = Math.Min(_tree[at], _tree[at ^ 1]);
            at >>= 1;
            if (min == _tree[at]) break;
            _tree[at] = min;
        }
    }

    /// <summary>The first node from <paramref name="start"/> on that is due at a time; -1 when there is none.</summary>
    public int Next(int start, long time)
    {
        if (_tree[1] > time || start >= _leaves) return -1;
        for (var at = _leaves + start; ;)
        {
            if (_tree[at] <= time)
            {
                if (at >= _leaves) return at - _leaves;
                at *= 2;
                continue;
            }

            // On to the right: up while this is a right child, then across.
            while ((at & 1) == 1)
            {
                at >>= 1;
                if (at <= 1) return -1;
            }

            at++;
        }
    }

    public WakeIndex Clone() => new() { _tree = [.. _tree], _leaves = _leaves };

    private void Grow()
    {
        var tree = new long[4 * _leaves];
        Array.Fill(tree, long.MaxValue);
        Array.Copy(_tree, _leaves, tree, 2 * _leaves, _leaves);
        _tree = tree;
        _leaves *= 2;
        for (var at = _leaves - 1; at > 0; at--) _tree[at] = Math.Min(_tree[2 * at], _tree[2 * at + 1]);
    }
}

using Foreflow.Core.Model;

namespace Foreflow.Core.Reservation;

/// <summary>
/// Free resources by node, under a tree of component-wise maxima: the next node with room for an amount is found without
/// looking at every node, and one node's figure is replaced in O(log nodes).
/// </summary>
internal sealed class FreeIndex
{
    /// <summary>What a node without any offer has free: less than a claim on nothing.</summary>
    public static readonly Resources Closed = new(-1, -1, -1, -1);

    private Resources[] _tree = [Closed, Closed];
    private int _leaves = 1;

    public Resources this[int node] => _tree[_leaves + node];

    public void Set(int node, in Resources free)
    {
        while (node >= _leaves) Grow();
        var at = _leaves + node;
        _tree[at] = free;
        while ((at >>= 1) > 0)
        {
            var max = Resources.Max(_tree[2 * at], _tree[2 * at + 1]);
            if (max == _tree[at]) break;
            _tree[at] = max;
        }
    }

    /// <summary>The first node from <paramref name="start"/> on with this much free; -1 when there is none.</summary>
    public int Next(int start, in Resources amount) => start < _leaves ? Next(1, 0, _leaves, start, amount) : -1;

    public FreeIndex Clone() => new() { _tree = [.. _tree], _leaves = _leaves };

    private int Next(int at, int low, int width, int start, in Resources amount)
    {
        if (low + width <= start || !amount.FitsWithin(_tree[at])) return -1;
        if (width == 1) return low;
        var half = width / 2;
        var left = Next(2 * at, low, half, start, amount);
        return left >= 0 ? left : Next(2 * at + 1, low + half, half, start, amount);
    }

    private void Grow()
    {
        var tree = new Resources[4 * _leaves];
        Array.Fill(tree, Closed);
        Array.Copy(_tree, _leaves, tree, 2 * _leaves, _leaves);
        _tree = tree;
        _leaves *= 2;
        for (var at = _leaves - 1; at > 0; at--) _tree[at] = Resources.Max(_tree[2 * at], _tree[2 * at + 1]);
    }
}

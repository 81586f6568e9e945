using System.Runtime.Intrinsics;
using Foreflow.Core.Model;

namespace Foreflow.Core.Reservation;

/// <summary>
/// What each node has free, under a tree of component-wise maxima: the next node with room for an amount is found without looking at
/// every node, and one node's figures are replaced in O(log nodes). Two figures lie side by side, as they change together.
/// </summary>
internal sealed class FreeIndex
{
    /// <summary>What a node that takes no claims has free: less than a claim on nothing.</summary>
    private static readonly Vector256<long> s_closed = Vector256.Create(-1L);

    // Entry 2i is free for good, entry 2i + 1 free to lend, of tree node i.
    private Vector256<long>[] _tree = [s_closed, s_closed, s_closed, s_closed];
    private int _leaves = 1;

    /// <summary>Sets both figures; what is below zero counts as zero.</summary>
    public void Set(int node, in Resources forGood, in Resources toLend) =>
        Replace(node, Vector256.Max(default, Lanes.Of(forGood)), Vector256.Max(default, Lanes.Of(toLend)));

    /// <summary>The node takes no claims.</summary>
    public void Close(int node) => Replace(node, s_closed, s_closed);

    /// <summary>The first node from <paramref name="start"/> on with this much free for work that may never end; -1 when there is none.</summary>
    public int NextForGood(int start, in Resources amount) => Next(start, Lanes.Of(amount), 0);

    /// <summary>The first node from <paramref name="start"/> on with this much free to lend; -1 when there is none.</summary>
    public int NextToLend(int start, in Resources amount) => Next(start, Lanes.Of(amount), 1);

    public FreeIndex Clone() => new() { _tree = [.. _tree], _leaves = _leaves };

    private void Replace(int node, Vector256<long> forGood, Vector256<long> toLend)
    {
        while (node >= _leaves) Grow();
        var at = _leaves + node;
        while (_tree[2 * at] != forGood || _tree[2 * at + 1] != toLend)
        {
            _tree[2 * at] = forGood;
            _tree[2 * at + 1] = toLend;
            if (at == 1) return;
            forGood = Vector256.Max(forGood, _tree[2 * (at ^ 1)]);
            toLend = Vector256.Max(toLend, _tree[2 * (at ^ 1) + 1]);
            at >>= 1;
        }
    }

    private int Next(int start, Vector256<long> wanted, int figure)
    {
        if (start >= _leaves) return -1;
        for (var at = _leaves + start; ;)
        {
            if (Lanes.IsWithin(wanted, _tree[2 * at + figure]))
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

    private void Grow()
    {
        var tree = new Vector256<long>[8 * _leaves];
        Array.Fill(tree, s_closed);
        Array.Copy(_tree, 2 * _leaves, tree, 4 * _leaves, 2 * _leaves);
        _tree = tree;
        _leaves *= 2;
        for (var at = 2 * _leaves - 1; at > 1; at--) _tree[at] = Vector256.Max(_tree[2 * (at & ~1) + (at & 1)], _tree[2 * (at | 1) + (at & 1)]);
    }
}

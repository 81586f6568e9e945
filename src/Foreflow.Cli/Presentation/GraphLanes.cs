using System.Text;

namespace Foreflow.Cli.Presentation;

/// <summary>
/// The lanes of a drawing. A lane belongs to a group from its dot down to the last group that needs it; two columns a lane.
/// Groups are placed in topological order, each in the leftmost lane that ends at it, else in the first free one.
/// </summary>
internal sealed class GraphLanes(IReadOnlyList<StageGroup> groups)
{
    private const int Free = -1;

    private readonly List<int> _owners = [];
    private readonly int[] _left = [.. groups.Select(g => g.Children.Length)];

    /// <summary>How many lanes are, or were, in use beside each other since the last that is free to the right.</summary>
    public int Count => _owners.Count;

    /// <summary>Finds a lane for a group and draws the lines that lead to it from the lanes of its parents.</summary>
    /// <param name="group">Number of the group.</param>
    public string Place(int group)
    {
        var before = _owners.ToArray();
        var joined = Enumerable.Range(0, before.Length).Where(lane => groups[group].Parents.Contains(before[lane])).ToArray();
        foreach (var lane in joined)
        {
            if (--_left[before[lane]] == 0) _owners[lane] = Free;
        }

        var own = joined.FirstOrDefault(lane => _owners[lane] == Free, -1);
        if (own < 0) own = _owners.IndexOf(Free) is >= 0 and var free ? free : _owners.Count;
        if (own == _owners.Count) _owners.Add(Free);
        _owners[own] = group;
        return Connector(before, joined, own);
    }

    /// <summary>The row of a group that was just placed; afterwards its lane is free again if nothing needs it.</summary>
    public string Row(int group)
    {
        var row = string.Join(' ', _owners.Select(owner => owner == group ? '●' : owner == Free ? ' ' : '│'));
        if (groups[group].Children.IsEmpty) _owners[_owners.IndexOf(group)] = Free;
        while (_owners.Count > 0 && _owners[^1] == Free) _owners.RemoveAt(_owners.Count - 1);
        return row;
    }

    // From left to right: what comes from above, what goes on below, and the line across that joins parents and group.
    private string Connector(int[] before, int[] joined, int own)
    {
        var ends = joined.Append(own).ToArray();
        var (from, to) = joined.Length == 0 ? (own, own) : (ends.Min(), ends.Max());
        var text = new StringBuilder();
        for (var lane = 0; lane < _owners.Count; lane++)
        {
            var above = lane < before.Length && before[lane] != Free;
            var below = lane == own ? joined.Length > 0 : _owners[lane] != Free;
            var isEnd = joined.Length > 0 && ends.Contains(lane);
            // A lane that has no part in it is not touched by the line: it passes behind.
            if (isEnd) text.Append(Corner(above, below, lane > from, lane < to));
            else text.Append(above ? '│' : lane > from && lane < to ? '─' : ' ');
            if (lane + 1 < _owners.Count) text.Append(lane >= from && lane < to ? '─' : ' ');
        }

        return text.ToString();
    }

    private static char Corner(bool above, bool below, bool left, bool right) => (above, below, left, right) switch
    {
        (true, true, false, false) => '│',
        (true, true, false, true) => '├',
        (true, true, true, false) => '┤',
        (true, true, true, true) => '┼',
        (true, false, true, false) => '┘',
        (true, false, false, true) => '└',
        (true, false, true, true) => '┴',
        (false, true, true, false) => '┐',
        (false, true, false, true) => '┌',
        (false, true, true, true) => '┬',
        _ => '─',
    };
}

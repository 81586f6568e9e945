namespace Foreflow.Core.Replication;

/// <summary>The replica levels a schedule may choose from, ascending.</summary>
public static class LevelGrid
{
    /// <summary>Every level from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public static int[] All(int min, int max)
    {
        Check(min, max);
        return [.. Enumerable.Range(min, max - min + 1)];
    }

    /// <summary>
    /// 0, 1, 2, 3, 4, 6, 8, 12, 16, … between the bounds, and the bounds: few levels, none more than half again the one below,
    /// so that a schedule changes seldom.
    /// </summary>
    public static int[] Coarse(int min, int max)
    {
        Check(min, max);
        var levels = new SortedSet<int> { min, max };
        for (long power = 1; power <= max; power *= 2)
        {
            if (power >= min) levels.Add((int)power);
            if (power >= 2 && power * 3 / 2 is var between && between >= min && between <= max) levels.Add((int)between);
        }

        return [.. levels];
    }

    private static void Check(int min, int max)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(min);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, min);
    }
}

namespace Foreflow.Core.Replication;

/// <summary>What levels and their changes cost. Costs are in one unit of the caller's choice; only their ratios matter.</summary>
public sealed record LevelCosts
{
    /// <summary>Cost of starting one replica; default 0.</summary>
    public double Start { get; init; }

    /// <summary>Cost of one replica more than needed for one bucket; default 1.</summary>
    public double Idle { get; init; } = 1;

    /// <summary>Cost of one replica fewer than needed for one bucket; default 19, as for tau .95.</summary>
    public double Miss { get; init; } = 19;

    /// <summary>Cost of changing the level, by whatever amount, up or down: what keeps it from flapping; default 0.</summary>
    public double Change { get; init; }
}

/// <summary>The cheapest levels found.</summary>
/// <param name="Levels">Replicas to have in each time bucket.</param>
/// <param name="Cost">What they cost, in the unit of the costs.</param>
public sealed record LevelPath(int[] Levels, double Cost);

/// <summary>
/// The cheapest path of replica levels over time buckets, found exactly by dynamic programming over (bucket, level).
/// With a cost linear in what is started and fixed for each change, the best predecessor from below and from above are running
/// minima, so a bucket costs O(levels), not O(levels squared) (the argument of Wagner and Whitin 1958 for lot sizes).
/// </summary>
public static class LevelSchedule
{
    /// <summary>The cheapest path for a required level per bucket: fewer replicas pay the miss cost, more pay the idle cost.</summary>
    /// <param name="required">Replicas needed in each bucket; none negative.</param>
    /// <param name="levels">Levels to choose from, ascending: see <see cref="LevelGrid"/>.</param>
    /// <param name="current">Replicas before the first bucket, those starting included.</param>
    /// <param name="leadBuckets">Buckets from the start in which the level cannot rise above the current one: a replica ordered now is not warm before.</param>
    /// <param name="costs">What levels and changes cost.</param>
    public static LevelPath Cheapest(ReadOnlySpan<int> required, ReadOnlySpan<int> levels, int current, int leadBuckets, LevelCosts costs)
    {
        var cost = new double[required.Length, levels.Length];
        for (var bucket = 0; bucket < required.Length; bucket++)
        {
            for (var level = 0; level < levels.Length; level++)
            {
                var surplus = (double)levels[level] - required[bucket];
                cost[bucket, level] = surplus >= 0 ? surplus * costs.Idle : -surplus * costs.Miss;
            }
        }

        return Cheapest(cost, levels, current, leadBuckets, costs.Start, costs.Change);
    }

    /// <summary>
    /// The cheapest path for any cost of being at a level in a bucket: for instance the expected cost of idle and missing replicas under
    /// a distribution of demand. Of paths that cost the same the one that stays where it is, then the lower one, is taken.
    /// </summary>
    /// <param name="bucketCost">Cost of each level (second index) in each bucket (first index); finite.</param>
    /// <param name="levels">Levels to choose from, ascending: see <see cref="LevelGrid"/>.</param>
    /// <param name="current">Replicas before the first bucket, those starting included.</param>
    /// <param name="leadBuckets">Buckets from the start in which the level cannot rise above the current one.</param>
    /// <param name="startCost">Cost of starting one replica.</param>
    /// <param name="changeCost">Cost of a change of level.</param>
    public static LevelPath Cheapest(double[,] bucketCost, ReadOnlySpan<int> levels, int current, int leadBuckets, double startCost, double changeCost)
    {
        int buckets = bucketCost.GetLength(0), count = levels.Length;
        Check(bucketCost, levels, current, leadBuckets, startCost, changeCost);
        if (buckets == 0) return new([], 0);

        var total = new double[count];
        var before = new double[count];
        var cameFrom = new int[buckets, count];
        for (var level = 0; level < count; level++)
        {
            total[level] = MoveCost(current, levels[level], startCost, changeCost) + bucketCost[0, level];
            cameFrom[0, level] = level;
        }

        Forbid(total, levels, current, isForbidden: leadBuckets > 0);
        for (var bucket = 1; bucket < buckets; bucket++)
        {
            (before, total) = (total, before);
            Advance(before, total, cameFrom, bucket, levels, startCost, changeCost);
            for (var level = 0; level < count; level++) total[level] += bucketCost[bucket, level];
            Forbid(total, levels, current, isForbidden: bucket < leadBuckets);
        }

        return Trace(total, cameFrom, levels);
    }

    private static double MoveCost(int from, int to, double startCost, double changeCost) =>
        from == to ? 0 : changeCost + Math.Max(0, to - from) * startCost;

    private static void Advance(
        double[] before, double[] total, int[,] cameFrom, int bucket, ReadOnlySpan<int> levels, double startCost, double changeCost)
    {
        // From below: the replicas between are started. before[i] - start x level[i] is what a lower level brings along.
        var (best, bestFrom) = (double.PositiveInfinity, -1);
        for (var level = 0; level < levels.Length; level++)
        {
            total[level] = before[level];
            cameFrom[bucket, level] = level;
            if (best + startCost * levels[level] + changeCost is var fromBelow && fromBelow < total[level])
            {
                total[level] = fromBelow;
                cameFrom[bucket, level] = bestFrom;
            }

            if (before[level] - startCost * levels[level] < best) (best, bestFrom) = (before[level] - startCost * levels[level], level);
        }

        // From above: stopping is free but for the change.
        (best, bestFrom) = (double.PositiveInfinity, -1);
        for (var level = levels.Length - 1; level >= 0; level--)
        {
            if (best + changeCost < total[level])
            {
                total[level] = best + changeCost;
                cameFrom[bucket, level] = bestFrom;
            }

            if (before[level] <= best) (best, bestFrom) = (before[level], level);
        }
    }

    /// <summary>Within the lead time only the current level and those below it can be had, or the lowest there is.</summary>
    private static void Forbid(double[] total, ReadOnlySpan<int> levels, int current, bool isForbidden)
    {
        if (!isForbidden) return;
        for (var level = 1; level < levels.Length; level++)
        {
            if (levels[level] > current) total[level] = double.PositiveInfinity;
        }
    }

    private static LevelPath Trace(double[] total, int[,] cameFrom, ReadOnlySpan<int> levels)
    {
        var at = 0;
        for (var level = 1; level < levels.Length; level++)
        {
            if (total[level] < total[at]) at = level;
        }

        var cost = total[at];
        var path = new int[cameFrom.GetLength(0)];
        for (var bucket = path.Length - 1; bucket >= 0; bucket--)
        {
            path[bucket] = levels[at];
            at = cameFrom[bucket, at];
        }

        return new(path, cost);
    }

    private static void Check(double[,] bucketCost, ReadOnlySpan<int> levels, int current, int leadBuckets, double startCost, double changeCost)
    {
        if (levels.IsEmpty || levels[0] < 0) throw new ArgumentException("At least one level is needed, none negative.", nameof(levels));
        for (var level = 1; level < levels.Length; level++)
        {
            if (levels[level] <= levels[level - 1]) throw new ArgumentException($"Levels ascend: {levels[level]} follows {levels[level - 1]}.", nameof(levels));
        }

        if (bucketCost.GetLength(1) != levels.Length)
        {
            throw new ArgumentException($"{bucketCost.GetLength(1)} costs a bucket for {levels.Length} levels.", nameof(bucketCost));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(current);
        ArgumentOutOfRangeException.ThrowIfNegative(leadBuckets);
        ArgumentOutOfRangeException.ThrowIfNegative(startCost);
        ArgumentOutOfRangeException.ThrowIfNegative(changeCost);
    }
}

using CsCheck;
using Foreflow.Core.Replication;

namespace Foreflow.Core.Tests.Replication;

public class LevelScheduleTests
{
    private static readonly int[] s_levels = [0, 1, 2, 4];

    [Fact]
    public void No_path_is_cheaper() =>
        Gen.Select(Gen.Int[0, 5].Array[1, 5], Gen.Int[0, 5], Gen.Int[0, 3], Gen.Double[0, 6], Gen.Double[0, 10], Gen.Double[0, 4])
            .Sample((required, current, lead, start, miss, change) =>
            {
                var costs = new LevelCosts { Start = start, Miss = miss, Change = change };
                var plan = LevelSchedule.Cheapest(required, s_levels, current, lead, costs);
                var cheapest = Paths(required.Length).Where(path => IsAllowed(path, current, lead)).Min(path => Cost(path, required, current, costs));
                return IsAllowed(plan.Levels, current, lead)
                    && Math.Abs(plan.Cost - cheapest) < 1e-9
                    && Math.Abs(plan.Cost - Cost(plan.Levels, required, current, costs)) < 1e-9;
            });

    [Fact]
    public void Dear_misses_and_cheap_starts_follow_the_requirement()
    {
        int[] required = [0, 3, 1, 4];
        var plan = LevelSchedule.Cheapest(required, LevelGrid.All(0, 8), 0, 0, new() { Miss = 1000 });
        Assert.Equal(required, plan.Levels);
    }

    [Fact]
    public void Dear_starts_bridge_a_gap_and_cheap_ones_do_not()
    {
        int[] required = [4, 4, 0, 0, 4];
        Assert.Equal([4, 4, 4, 4, 4], LevelSchedule.Cheapest(required, LevelGrid.All(0, 8), 4, 0, new() { Start = 2.5 }).Levels);
        Assert.Equal([4, 4, 0, 0, 4], LevelSchedule.Cheapest(required, LevelGrid.All(0, 8), 4, 0, new() { Start = 1.5 }).Levels);
    }

    [Fact]
    public void Nothing_is_warm_before_its_lead_time() =>
        Assert.Equal([1, 1, 4, 4], LevelSchedule.Cheapest([4, 4, 4, 4], LevelGrid.All(0, 8), 1, 2, new()).Levels);

    [Fact]
    public void A_cost_of_change_steadies_the_level()
    {
        int[] required = [3, 4, 3, 4, 3, 4];
        static int Changes(LevelPath plan) => plan.Levels.Zip(plan.Levels.Skip(1)).Count(pair => pair.First != pair.Second);
        Assert.Equal(5, Changes(LevelSchedule.Cheapest(required, LevelGrid.All(0, 8), 3, 0, new())));
        Assert.Equal(0, Changes(LevelSchedule.Cheapest(required, LevelGrid.All(0, 8), 4, 0, new() { Change = 1 })));
    }

    [Fact]
    public void The_coarse_grid_grows_by_at_most_half() =>
        Gen.Select(Gen.Int[0, 20], Gen.Int[0, 5000]).Sample((min, extra) =>
        {
            var grid = LevelGrid.Coarse(min, min + extra);
            return grid[0] == min && grid[^1] == min + extra
                && grid.Zip(grid.Skip(1)).All(pair => pair.Second > pair.First && (pair.First < 2 || pair.Second * 2 <= pair.First * 3 + 1));
        });

    [Fact]
    public void The_coarse_grid_is_the_published_one() => Assert.Equal([0, 1, 2, 3, 4, 6, 8, 12, 16], LevelGrid.Coarse(0, 16));

    private static IEnumerable<int[]> Paths(int length) => length == 0
        ? [[]]
        : Paths(length - 1).SelectMany(path => s_levels.Select(level => (int[])[.. path, level]));

    private static bool IsAllowed(int[] path, int current, int lead) => path.Take(lead).All(level => level <= current);

    private static double Cost(int[] path, int[] required, int current, LevelCosts costs)
    {
        var cost = 0.0;
        for (var b = 0; b < path.Length; b++)
        {
            var before = b == 0 ? current : path[b - 1];
            if (path[b] != before) cost += costs.Change + costs.Start * Math.Max(0, path[b] - before);
            cost += path[b] >= required[b] ? costs.Idle * (path[b] - required[b]) : costs.Miss * (required[b] - path[b]);
        }

        return cost;
    }
}

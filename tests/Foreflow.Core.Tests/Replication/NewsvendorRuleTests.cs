using CsCheck;
using Foreflow.Core.Replication;

namespace Foreflow.Core.Tests.Replication;

public class NewsvendorRuleTests
{
    [Theory]
    [InlineData(4, NewsvendorRule.BatchServiceLevel)]
    [InlineData(19, NewsvendorRule.NormalServiceLevel)]
    [InlineData(99, NewsvendorRule.CriticalServiceLevel)]
    public void Named_service_levels_follow_from_their_cost_ratios(double underCost, double tau) =>
        Assert.Equal(tau, NewsvendorRule.CriticalRatio(underCost, 1), 12);

    [Fact]
    public void The_level_covers_the_share_asked_for_and_one_less_does_not() =>
        Gen.Select(Gen.Double[0, 50].Array[1, 60], Gen.Double[0.01, 1], Gen.Double[0.1, 5]).Sample((samples, tau, capacity) =>
        {
            var level = NewsvendorRule.LevelFromSamples(samples, tau, capacity);
            // A sample within rounding of a level counts for the level when it must be covered, and against the one below.
            double Covered(int r, double rounding) => samples.Count(d => d <= r * capacity + rounding) / (double)samples.Length;
            return Covered(level, 1e-6) >= tau - 1e-6 && (level == 0 || Covered(level - 1, -1e-6) < tau + 1e-6);
        });

    /// <summary>The critical ratio is not a convention: its level has the least expected cost of all levels.</summary>
    [Fact]
    public void The_level_at_the_critical_ratio_costs_least() =>
        Gen.Select(Gen.Int[0, 30].Array[1, 40], Gen.Double[0.1, 20]).Sample((demand, underCost) =>
        {
            double Cost(int r) => demand.Sum(d => d > r ? underCost * (d - r) : r - d);
            var level = NewsvendorRule.LevelFromSamples([.. demand.Select(d => (double)d)], NewsvendorRule.CriticalRatio(underCost, 1), 1);
            return Cost(level) <= Enumerable.Range(0, 31).Min(Cost) + 1e-6;
        });

    [Fact]
    public void Between_quantiles_demand_is_interpolated()
    {
        double[] probabilities = [0.5, 0.9, 0.99], quantiles = [10, 20, 40];
        Assert.Equal(2, NewsvendorRule.LevelFromQuantiles(probabilities, quantiles, 0.5, 5));
        Assert.Equal(4, NewsvendorRule.LevelFromQuantiles(probabilities, quantiles, 0.9, 5));
        Assert.Equal(3, NewsvendorRule.LevelFromQuantiles(probabilities, quantiles, 0.7, 5)); // 15
        Assert.Equal(8, NewsvendorRule.LevelFromQuantiles(probabilities, quantiles, 0.99, 5));
        Assert.Equal(2, NewsvendorRule.LevelFromQuantiles(probabilities, quantiles, 0.2, 5));
    }

    [Fact]
    public void What_the_forecast_does_not_know_is_not_made_up() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => NewsvendorRule.LevelFromQuantiles([0.5, 0.95], [1, 2], 0.99, 1));

    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(-3, 1, 0)]
    [InlineData(0.3, 0.1, 3)] // 0.3 / 0.1 is a little over 3 in binary
    [InlineData(7.3, 1, 8)]
    public void Whole_replicas_are_counted_without_rounding_noise(double demand, double capacity, int level) =>
        Assert.Equal(level, NewsvendorRule.LevelFor(demand, capacity));
}

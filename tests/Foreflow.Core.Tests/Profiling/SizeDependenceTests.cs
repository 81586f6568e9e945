using CsCheck;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;

namespace Foreflow.Core.Tests.Profiling;

public class SizeDependenceTests
{
    [Fact]
    public void A_power_law_is_found_through_noise()
    {
        var dependence = Learn(400, x => 5 * Math.Pow(x, 0.7), noise: 0.1);
        Assert.True(dependence.IsUseful);
        Assert.Equal(0.7, dependence.Exponent, 0.05);
        var expected = 5 * Math.Pow(1e8, 0.7);
        Assert.InRange(dependence.Predict(1e8), expected * 0.9, expected * 1.1);
    }

    [Fact]
    public void Size_is_not_used_where_it_does_not_help()
    {
        var dependence = Learn(400, _ => 100, noise: 0.5);
        Assert.False(dependence.IsUseful);
        Assert.Equal(dependence.Predict(1e3), dependence.Predict(1e9));
    }

    [Fact]
    public void One_broken_run_in_twenty_does_not_turn_the_line()
    {
        var random = new Random(7);
        var dependence = Learn(400, x => 5 * Math.Pow(x, 0.7) * (random.Next(20) == 0 ? 1000 : 1), noise: 0.1);
        Assert.True(dependence.IsUseful);
        Assert.Equal(0.7, dependence.Exponent, 0.1);
    }

    [Fact]
    public void Merging_parts_gives_the_line_of_the_whole()
    {
        var a = Learn(200, x => 5 * Math.Pow(x, 0.7), noise: 0.05, seed: 1);
        var b = Learn(200, x => 5 * Math.Pow(x, 0.7), noise: 0.05, seed: 2);
        var merged = a.Merged(b, 1);
        Assert.Equal(400, merged.Count);
        Assert.Equal(0.7, merged.Exponent, 0.02);
    }

    private static SizeDependence Learn(int count, Func<double, double> law, double noise, int seed = 3)
    {
        var random = new Random(seed);
        var dependence = default(SizeDependence);
        for (var i = 0; i < count; i++)
        {
            var x = Math.Pow(10, 4 + 5 * random.NextDouble());
            var y = law(x) * Math.Exp(noise * (random.NextDouble() + random.NextDouble() - 1) * 2.4);
            dependence = dependence.With(Math.Log(x), Math.Log(y), 1);
        }

        return dependence;
    }
}

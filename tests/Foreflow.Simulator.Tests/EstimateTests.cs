using Foreflow.Core.Model;
using Foreflow.Simulator.Measures;
using MathNet.Numerics.Distributions;

namespace Foreflow.Simulator.Tests;

/// <summary>Intervals over few seeds. Fixed seeds; 600 samples, so that the share of intervals that hold the mean is known to 2 points (two standard errors).</summary>
public sealed class EstimateTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(10)]
    public void The_interval_holds_the_true_mean_as_often_as_it_says(int seeds)
    {
        var held = 0;
        const int Samples = 600;
        for (ulong s = 0; s < Samples; s++)
        {
            var values = Enumerable.Range(0, seeds).Select(i => Normal.InvCDF(10, 1, Draw.Uniform(99, s, (ulong)i))).ToArray();
            var estimate = Estimate.Of(values);
            if (estimate.Low <= 10 && 10 <= estimate.High) held++;
        }

        Assert.InRange(held / (double)Samples, 0.91, 0.98);
    }

    [Fact]
    public void The_interval_stays_where_the_figure_can_be()
    {
        var estimate = Estimate.Of([0.01, 0.6, 0.99], most: 1);
        Assert.Equal((0.0, 1.0), (estimate.Low, estimate.High));
        Assert.True(Estimate.Of([-1, 1]).Low < -1);
    }

    [Fact]
    public void Equal_values_and_a_single_one_have_no_spread()
    {
        var (mean, low, high) = Estimate.Of([40, 40, 40]);
        Assert.Equal((40.0, 40.0, 40.0), (mean, low, high));
        (mean, low, high) = Estimate.Of([7]);
        Assert.Equal((7.0, 7.0, 7.0), (mean, low, high));
    }
}

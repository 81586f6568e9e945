using Foreflow.Core.Model;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator.Tests;

/// <summary>Draws have the mean and spread that were asked for: 200,000 draws, fixed seed, tolerances of more than four standard errors.</summary>
public sealed class DistributionTests
{
    public static TheoryData<string> Names => new("exponential", "lognormal", "uniform", "erlang", "hyperexponential", "weibull", "pareto");

    [Theory]
    [MemberData(nameof(Names))]
    public void Mean_and_spread_are_as_asked_for(string name)
    {
        (TimeDistribution distribution, double cv) = name switch
        {
            "exponential" => ((TimeDistribution)new ExponentialTime(3), 1.0),
            "lognormal" => (new LogNormalTime(3, 0.7), 0.7),
            "uniform" => (new UniformTime(1, 5), 4 / Math.Sqrt(12) / 3),
            "erlang" => (new ErlangTime(3, 4), 0.5),
            "hyperexponential" => (new HyperexponentialTime(3, 2), 2),
            "weibull" => (new WeibullTime(3, 2), 0.5227),
            _ => (new ParetoTime(3, 6), 1 / Math.Sqrt(6 * 4)),
        };
        const int Draws = 200_000;
        var (sum, squares) = (0.0, 0.0);
        for (ulong i = 0; i < Draws; i++)
        {
            var x = distribution.Seconds(Draw.Mix(5, i));
            Assert.True(x >= 0);
            sum += x;
            squares += x * x;
        }

        var mean = sum / Draws;
        Assert.Equal(3, distribution.MeanSeconds, 9);
        Assert.InRange(mean / 3, 0.98, 1.02);
        Assert.InRange(Math.Sqrt((squares / Draws) - (mean * mean)) / mean / cv, 0.95, 1.05);
    }
}

using System.Globalization;
using Foreflow.Core.Replication;
using Foreflow.Simulator.Measures;
using Foreflow.Simulator.Policies;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator.Tests;

/// <summary>
/// The simulator against queueing theory, through scenario texts as users write them. Means over four fixed seeds; tolerances are
/// about four standard errors, autocorrelation included, so that a wrong formula of the simulator fails and chance does not.
/// </summary>
public sealed class QueueingTests
{
    [Theory]
    [InlineData(1, 0.5, 1.0, 0.05)]
    [InlineData(4, 3.2, 1.0, 0.13)]
    [InlineData(20, 8.5, 2.0, 0.20)]
    public void Waits_of_equal_servers_are_Erlangs(int servers, double rate, double service, double tolerance)
    {
        var result = Run($"servers: {servers}\narrivalRatePerSecond: {T(rate)}\nserviceMeanSeconds: {T(service)}\nwarmUp: 20m\nduration: {(int)(60_000 / rate)}s");
        Near(ErlangC.MeanWaitSeconds(servers, rate, service), result["waitMeanSeconds"], tolerance);
        Near(ErlangC.WaitProbability(servers, rate * service), result["waitProbability"], tolerance / 2);
        Near(ErlangC.WaitQuantileSeconds(servers, rate, service, 0.95), result["waitP95Seconds"], tolerance);
        Near(rate * service / servers, result["utilisation"], 0.015);
    }

    [Theory]
    [InlineData("deterministic", 0.0)]
    [InlineData("erlang", 0.5)]
    [InlineData("lognormal", 1.5)]
    [InlineData("hyperexponential", 2.0)]
    public void The_wait_of_one_server_follows_Pollaczek_and_Khinchine(string distribution, double cv)
    {
        const double Rate = 0.6;
        var text = $"servers: 1\narrivalRatePerSecond: {T(Rate)}\nserviceMeanSeconds: 1\nserviceDistribution: {distribution}\n{(cv > 0 ? $"serviceCv: {T(cv)}\n" : "")}warmUp: 20m\nduration: 120000s";
        var result = Run(text);
        Near(Rate * (1 + (cv * cv)) / (2 * (1 - Rate)), result["waitMeanSeconds"], cv > 1 ? 0.15 : 0.06);
        Near(Rate, result["waitProbability"], 0.03);
    }

    [Theory]
    [InlineData("exponential", null)]
    [InlineData("deterministic", null)]
    [InlineData("lognormal", 0.8)]
    public void Without_limit_nobody_waits_and_the_number_in_service_is_Poisson_in_mean(string distribution, double? cv)
    {
        var result = Run($"servers: infinite\narrivalRatePerSecond: 2\nserviceMeanSeconds: 5\nserviceDistribution: {distribution}\n{(cv is { } c ? $"serviceCv: {T(c)}\n" : "")}warmUp: 5m\nduration: 10h");
        Assert.Equal(0, result["waitMeanSeconds"]);
        Near(10, result["tasksInSystemMean"], 0.03);
    }

    [Fact]
    public void Queues_in_a_row_wait_as_if_alone_and_obey_Little()
    {
        var text = "arrivalRatePerSecond: 0.7\nstations:\n  - { servers: 1, serviceMeanSeconds: 1 }\n  - { servers: 2, serviceMeanSeconds: 2 }\n  - { servers: 3, serviceMeanSeconds: 2.5 }\nwarmUp: 1h\nduration: 100000s";
        var result = Run(text);
        (int Servers, double Service)[] stations = [(1, 1), (2, 2), (3, 2.5)];
        for (var i = 0; i < stations.Length; i++)
        {
            var (servers, service) = stations[i];
            var stage = result.Stages[i];
            Near(ErlangC.MeanWaitSeconds(servers, 0.7, service), stage["waitMeanSeconds"], 0.08);
            Near(0.7, stage["departuresPerSecond"], 0.02);
            // L = lambda W holds for what was measured, whatever chance did, but for the tasks at both ends.
            Near(stage["arrivalsPerSecond"] * (stage["waitMeanSeconds"] + service), stage["tasksInSystemMean"], 0.02);
        }
    }

    /// <summary>The share that waits is the root of s = A(mu (1 - s)), A the transform of the gaps; who waits, waits exponentially (Kleinrock 1975, 6.4).</summary>
    [Theory]
    [InlineData("deterministic", "", 0.6286)]
    [InlineData("erlang", "arrivalCv: 0.5\n", 0.6939)]
    [InlineData("uniform", "", 0.7160)]
    [InlineData("hyperexponential", "arrivalCv: 2\n", 0.9076)]
    public void Gaps_of_any_distribution_before_one_exponential_server(string distribution, string cv, double waits)
    {
        var result = Run($"servers: 1\narrivalRatePerSecond: 0.8\narrivalDistribution: {distribution}\n{cv}serviceMeanSeconds: 1\nwarmUp: 20m\nduration: 120000s");
        Near(waits, result["waitProbability"], 0.03);
        Near(waits / (1 - waits), result["waitMeanSeconds"], 0.13);
        Near(Math.Log(waits / 0.05) / (1 - waits), result["waitP95Seconds"], 0.15);
    }

    /// <summary>The second of two stations is joined in another order than the first: two servers let tasks overtake.</summary>
    [Fact]
    public void A_station_serves_in_the_order_in_which_it_was_joined()
    {
        var result = Run("arrivalRatePerSecond: 1\nstations:\n  - { servers: infinite, serviceMeanSeconds: 20 }\n  - { servers: 5, serviceMeanSeconds: 4.2 }\nwarmUp: 1h\nduration: 200000s");
        var stage = result.Stages[1];
        Near(ErlangC.MeanWaitSeconds(5, 1, 4.2), stage["waitMeanSeconds"], 0.08);
        Near(ErlangC.WaitQuantileSeconds(5, 1, 4.2, 0.5), stage["waitP50Seconds"], 0.15);
        Near(ErlangC.WaitQuantileSeconds(5, 1, 4.2, 0.95), stage["waitP95Seconds"], 0.08);
        Near(ErlangC.WaitQuantileSeconds(5, 1, 4.2, 0.99), stage["waitP99Seconds"], 0.10);
    }

    /// <summary>A rate without waves is a Poisson process; what is drawn for the gaps is drawn for nothing else.</summary>
    [Theory]
    [InlineData("{ process: poisson, ratePerSecond: 0.8 }")]
    [InlineData("{ process: seasonal, ratePerSecond: 0.8, seasons: [{ period: 24h, amplitude: 0 }] }")]
    public void Gaps_and_service_times_are_independent(string arrivals)
    {
        var result = Run($"workflows:\n  - arrivals: {arrivals}\n    stages: {{ s: {{ time: {{ distribution: exponential, mean: 1s }}, replicas: {{ min: 1, max: 1 }} }} }}\npolicies: [fixed]\nwarmUp: 1h\nduration: 60000s");
        Near(4, result["waitMeanSeconds"], 0.15);
    }

    [Fact]
    public void Arrivals_by_the_clock_to_a_server_that_takes_as_the_clock_never_wait()
    {
        var result = Run("servers: 1\narrivalRatePerSecond: 0.9\narrivalDistribution: deterministic\nserviceMeanSeconds: 1\nserviceDistribution: deterministic\nduration: 1h");
        Assert.Equal(0, result["waitP99Seconds"]);
        Near(0.9, result["utilisation"], 0.01);
    }

    [Fact]
    public void The_same_seed_gives_the_same_figures_and_another_seed_others()
    {
        const string Text = "servers: 3\narrivalRatePerSecond: 2\nserviceMeanSeconds: 1\nduration: 1h";
        Assert.Equal(One(Text).Metrics, One(Text).Metrics);
        Assert.NotEqual(One(Text)["waitMeanSeconds"], One("seed: 2\n" + Text)["waitMeanSeconds"]);
    }

    private static SimulationResult One(string text)
    {
        var scenario = ScenarioReader.Read(text, "queue.yaml", null);
        return NamedPolicies.Simulate(scenario, "fixed", scenario.Seed);
    }

    /// <summary>Means over four seeds.</summary>
    private static Means Run(string text)
    {
        var policy = Comparison.Run(ScenarioReader.Read(text, "queue.yaml", null), ["fixed"], 4).Policies[0];
        return new(MeansOf(policy.Metrics), [.. policy.Stages.Select(s => MeansOf(s.Metrics))]);
    }

    private static Dictionary<string, double> MeansOf(IEnumerable<KeyValuePair<string, Estimate>> metrics) => metrics.ToDictionary(m => m.Key, m => m.Value.Mean);

    private sealed record Means(Dictionary<string, double> All, Dictionary<string, double>[] Stages)
    {
        public double this[string metric] => All[metric];
    }

    private static string T(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static void Near(double expected, double actual, double tolerance) =>
        Assert.True(Math.Abs(actual - expected) <= tolerance * expected, $"expected {expected:0.####} within {tolerance:P0}, found {actual:0.####}");
}

using Foreflow.Simulator.Policies;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator.Tests;

/// <summary>Attempts that hang are hedged on the same rules as live; every plan passes the checker, or the simulation throws.</summary>
public sealed class StragglerTests
{
    private static string Shop(bool idempotent = true, double share = 0.05, string more = "") =>
        $$"""
        seed: 1
        warmUp: 20m
        duration: 90m
        nodes: [{ count: 3, cpu: 8, memory: 16Gi }]
        workflows:
          - name: shop
            arrivals: { process: poisson, ratePerSecond: 0.2 }
            stages:
              fetch: { idempotent: {{(idempotent ? "true" : "false")}}, kind: run, cpu: 500m, retries: 3, failureShare: 0.01, time: { distribution: lognormal, mean: 10s, cv: 0.3 } }
              score: { idempotent: {{(idempotent ? "true" : "false")}}, needs: [fetch], cpu: 500m, startUp: 20s, fanOut: 2, time: { distribution: lognormal, mean: 4s, cv: 0.3 }, replicas: { max: 16 } }
        failures: { stragglerShare: 0.02, stragglerFactor: 20{{more}} }
        settings: { cyclePeriod: 10s, samplePaths: 16, hedgeShare: {{share}} }
        """;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Hedging_takes_the_stragglers_out_of_the_slowest_runs_within_its_share(ulong seed)
    {
        var hedged = NamedPolicies.Simulate(Scenario(Shop()), "ahead", seed);
        var not = NamedPolicies.Simulate(Scenario(Shop(share: 0)), "ahead", seed);
        Assert.InRange(hedged["hedgeShare"], 0.02, 0.05);
        Assert.Equal(0, not["hedges"]);
        Assert.True(hedged["makespanP99Seconds"] < 0.5 * not["makespanP99Seconds"], $"{hedged["makespanP99Seconds"]} s hedged, {not["makespanP99Seconds"]} s not");
        Assert.Equal(hedged["runsArrived"], not["runsArrived"]);
        Assert.Equal(0, hedged["runsFailed"]);
        // One task of each run is done by fetch and two by score, whatever is attempted twice.
        Assert.InRange(hedged["tasksCompleted"] / hedged["runsCompleted"], 2.9, 3.1);
    }

    [Fact]
    public void Nothing_is_hedged_that_may_not_be_done_twice() =>
        Assert.Equal(0, NamedPolicies.Simulate(Scenario(Shop(idempotent: false)), "ahead", 1)["hedges"]);

    [Fact]
    public void Hedges_survive_lost_nodes_and_crashing_replicas()
    {
        var result = NamedPolicies.Simulate(Scenario(Shop(more: ", nodeMeanTimeBetween: 20m, nodeRepair: 5m, replicaMeanTimeBetween: 10m")), "ahead", 4);
        Assert.InRange(result["hedgeShare"], 0.005, 0.05);
        Assert.Equal(0, result["runsFailed"]);
        Assert.InRange(result["runsCompleted"] / result["runsArrived"], 0.95, 1);
    }

    private static Scenario Scenario(string text) => ScenarioReader.Read(text, "s.yaml", null);
}

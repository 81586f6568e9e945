using Foreflow.Simulator.Policies;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator.Tests;

/// <summary>A stage with a replica that stands by on another node loses a node without a wait; every plan passes the checker, or the simulation throws.</summary>
public sealed class StandByTests
{
    private static string Desk(bool resilient, int nodes = 3, string others = "") =>
        $$"""
        seed: 1
        warmUp: 20m
        duration: 2h
        nodes: [{ count: {{nodes}}, cpu: 4, memory: 16Gi }]
        workflows:
          - name: desk
            arrivals: { process: poisson, ratePerSecond: 0.2 }
            stages:
              answer: { time: { distribution: exponential, mean: 2s }, slots: 8, startUp: 2m, maxWait: 5s, retries: 3, replicas: { min: 1, max: 4{{(resilient ? ", resilient: true" : "")}} } }
        {{others}}
        failures: { nodeMeanTimeBetween: 1h, nodeRepair: 5m }
        settings: { cyclePeriod: 5s, samplePaths: 16 }
        """;

    [Fact]
    public void Lost_nodes_make_tasks_wait_much_less()
    {
        double With(bool resilient) => Enumerable.Range(1, 4).Sum(seed => NamedPolicies.Simulate(ScenarioReader.Read(Desk(resilient), "s.yaml", null), "ahead", (ulong)seed)["violationMinutes"]);
        var (with, without) = (With(true), With(false));
        Assert.True(without > 10 && with < 0.4 * without, $"{with} violated minutes with one that stands by, {without} without");
    }

    [Fact]
    public void In_a_pool_of_one_node_nothing_changes()
    {
        var (with, without) = (NamedPolicies.Simulate(ScenarioReader.Read(Desk(true, nodes: 1), "s.yaml", null), "ahead", 1), NamedPolicies.Simulate(ScenarioReader.Read(Desk(false, nodes: 1), "s.yaml", null), "ahead", 1));
        Assert.Equal(without["replicaHours"], with["replicaHours"]);
        Assert.Equal(without["violationMinutes"], with["violationMinutes"]);
    }
}

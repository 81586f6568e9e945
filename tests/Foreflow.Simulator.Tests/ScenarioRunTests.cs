using Foreflow.Core;
using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Replication;
using Foreflow.Core.Snapshot;
using Foreflow.Simulator.Policies;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator.Tests;

/// <summary>Scenarios from start to end; every plan on the way passes the checker, or the simulation throws.</summary>
public sealed class ScenarioRunTests
{
    private const string Pipeline =
        """
        seed: 3
        warmUp: 20m
        duration: 2h
        nodes: [{ count: 4, cpu: 8, memory: 16Gi }]
        workflows:
          - name: pipe
            arrivals: { process: seasonal, ratePerSecond: 0.05, seasons: [{ period: 30m, amplitude: 0.9 }] }
            stages:
              first: { time: { distribution: exponential, mean: 20s }, startUp: 30s, maxWait: 5s, replicas: { max: 16 } }
              second: { needs: [first], time: 10s, startUp: 30s, fanOut: 2, maxWait: 5s, replicas: { max: 16 } }
              seldom: { needs: [second], kind: run, time: 5s, probability: 0.25 }
        settings: { cyclePeriod: 10s, samplePaths: 16 }
        """;

    [Theory]
    [InlineData("waiting")]
    [InlineData("reactive")]
    [InlineData("reactive:0.5")]
    [InlineData("pause-resume")]
    [InlineData("static-peak")]
    [InlineData("static-mean")]
    [InlineData("threshold-ahead")]
    [InlineData("ahead")]
    [InlineData("oracle")]
    public void Runs_end_under_every_policy(string policy)
    {
        var result = NamedPolicies.Simulate(Scenario(Pipeline), policy, 3);
        Assert.Equal(policy, result.Policy);
        Assert.InRange(result["runsArrived"], 200, 600);
        Assert.InRange(result["runsCompleted"] / result["runsArrived"], 0.9, 1);
        Assert.Equal(0, result["runsFailed"]);
        Assert.True(result["replicaHours"] > 0);
        // Times are cut to whole ticks.
        Assert.True(result["makespanSeconds"] >= result["makespanLowerBoundSeconds"] - 1e-5);
        Assert.InRange(result["violationShare"], 0, 1);
    }

    [Fact]
    public void A_plan_that_does_not_pass_the_checker_ends_the_simulation()
    {
        var fault = Assert.Throws<SimulationException>(() => Simulation.Run(Scenario(Pipeline), new PolicySet { Replication = new OneTooMany() }, 1));
        Assert.Contains("does not pass the checker", fault.Message, StringComparison.Ordinal);
        Assert.Contains("at most 16", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>A policy that asks for more replicas than a stage may have.</summary>
    private sealed class OneTooMany : IReplicationPolicy
    {
        public string Name => "one too many";

        public bool UsesForecast => false;

        public ReplicaTarget Target(ClusterSnapshot snapshot, StageState stage, DemandCurve? demand, ReplicationMemory? memory) =>
            new(stage.Spec.MaxReplicas + 1, new ReplicaReason { Rule = Name });
    }

    [Fact]
    public void The_clairvoyant_never_violates_and_costs_least()
    {
        var scenario = Scenario(Pipeline);
        var oracle = NamedPolicies.Simulate(scenario, "oracle", 3);
        Assert.Equal(0, oracle["violationMinutes"]);
        Assert.True(oracle["replicaHours"] < NamedPolicies.Simulate(scenario, "static-peak", 3)["replicaHours"]);
        Assert.True(oracle["replicaHours"] < NamedPolicies.Simulate(scenario, "reactive", 3)["replicaHours"]);
    }

    [Fact]
    public void Nothing_prepared_costs_less_and_meets_every_start_up()
    {
        var scenario = Scenario(Pipeline);
        var paused = NamedPolicies.Simulate(scenario, "pause-resume", 3);
        var ahead = NamedPolicies.Simulate(scenario, "ahead", 3);
        Assert.True(paused["replicaHours"] < ahead["replicaHours"]);
        Assert.True(paused["coldStarts"] > 10 * ahead["coldStarts"]);
        Assert.True(paused["violationShare"] > 0.5);
    }

    [Fact]
    public void Levels_do_not_flap_though_things_go_wrong()
    {
        var scenario = ScenarioReader.Read(Path.Combine(AppContext.BaseDirectory, "Examples", "failures.yaml"), null);
        // Replicas that are lost come again: some four an hour. The rest follows the estimate of the rate: 34 an hour over many seeds,
        // from 20 to 50 in single ones.
        Assert.InRange(Comparison.Run(scenario, ["ahead"], 6).Policies[0]["levelChangesPerHour"].Mean, 1, 45);
    }

    [Fact]
    public void A_node_that_comes_back_after_an_outage_is_lost_no_more_often_than_others()
    {
        // A loss costs the run that is open: nearly always there is one, so some 36 in 360,000 s.
        const string Text = """
            duration: 100h
            nodes: [{ cpu: 1, memory: 8Gi }]
            workflows:
              - name: w
                arrivals: { process: deterministic, ratePerSecond: 0.009 }
                stages: { s: { kind: run, time: 100s } }
            failures:
              nodeMeanTimeBetween: 10000s
              nodeRepair: 1s
              outages: OUTAGES
            """;
        double Failed(string outages) => Comparison.Run(Scenario(Text.Replace("OUTAGES", outages, StringComparison.Ordinal)), ["fixed"], 4).Policies[0]["runsFailed"].Mean;
        var outages = string.Join(", ", Enumerable.Range(1, 9).Select(i => $"{{ at: {i}m, for: 1s }}"));
        // Nine outages in the first ten minutes cost nine runs at most; ten losses drawn at a time would cost ten times as many.
        Assert.InRange(Failed($"[{outages}]"), 0.5 * Failed("[]"), 9 + (1.5 * Failed("[]")));
    }

    [Fact]
    public void Tasks_that_wait_at_the_end_count_with_their_wait_so_far()
    {
        // One server for twice its load: of 3,600 s of arrivals it serves half, and the last to come has waited least.
        var result = NamedPolicies.Simulate(Scenario("servers: 1\narrivalRatePerSecond: 1\narrivalDistribution: deterministic\nserviceMeanSeconds: 2\nserviceDistribution: deterministic\nduration: 1h\n"), "fixed", 1);
        // Task n comes at n and is served from 2n - 1 on: the first half wait up to 1,800 s, the others 3,600 - n s.
        Assert.InRange(result["waitMeanSeconds"], 899, 901);
        Assert.InRange(result["waitP99Seconds"], 1780, 1800);
    }

    [Fact]
    public void Policies_meet_the_same_arrivals_and_run_times()
    {
        var scenario = Scenario(Pipeline);
        Assert.Equal(NamedPolicies.Simulate(scenario, "waiting", 3)["runsArrived"], NamedPolicies.Simulate(scenario, "oracle", 3)["runsArrived"]);
    }

    [Fact]
    public void Runs_at_once_end_no_sooner_than_their_longest_path_and_work_allow()
    {
        // Eight tasks of 10 s on two cores: 40 s of work each way you look at it.
        const string Text = "nodes: [{ cpu: 2, memory: 8Gi }]\nworkflows:\n  - name: batch\n    arrivals: { once: 1 }\n    stages:\n      all: { kind: run, time: 10s, fanOut: 8 }\n";
        var result = NamedPolicies.Simulate(Scenario(Text), "waiting", 1);
        Assert.Equal(40, result["makespanLowerBoundSeconds"], 6);
        Assert.Equal(40, result["makespanSeconds"], 6);
        Assert.Equal(1, result["runsCompleted"]);
    }

    [Fact]
    public void Batch_work_is_paused_for_urgent_work_and_does_no_work_twice()
    {
        // Ten minutes of batch work on a machine that urgent work of 20 s takes every 100 s: 80 s of each 100 are left for it.
        const string Text = """
            duration: 18m
            nodes: [{ cpu: 2, memory: 8Gi }]
            workflows:
              - { name: nightly, priority: batch, arrivals: { once: 1 }, stages: { all: { kind: run, cpu: 2, time: 10m } } }
              - { name: urgent, priority: critical, arrivals: { process: deterministic, ratePerSecond: 0.01 }, stages: { now: { kind: run, cpu: 2, time: 20s } } }
            """;
        var result = NamedPolicies.Simulate(Scenario(Text), "ahead", 1);
        var runs = result["runsCompleted"];
        Assert.Equal(result["runsArrived"], runs);
        // The mean over all runs; every urgent one takes its 20 s and no more.
        var nightly = (result["makespanSeconds"] * runs) - (20 * (runs - 1));
        Assert.InRange(nightly, 719, 761);
    }

    [Fact]
    public void A_minute_counts_as_violated_while_a_task_waits_too_long()
    {
        // One server, two runs at once of 5 min each, 2 s allowed: the second waits too long from 0:02 to 5:00, five buckets.
        const string Text = "duration: 20m\nworkflows:\n  - name: late\n    arrivals: { once: 2 }\n    stages:\n      only: { time: 5m, replicas: { min: 1, max: 1 } }\n";
        var result = NamedPolicies.Simulate(Scenario(Text), "fixed", 1);
        Assert.Equal(5, result["violationMinutes"]);
        Assert.Equal(0.25, result["violationShare"]);
        Assert.Equal(20.0 / 60, result["replicaHours"], 9);
    }

    [Fact]
    public void What_goes_wrong_loses_no_run()
    {
        var scenario = ScenarioReader.Read(Path.Combine(AppContext.BaseDirectory, "Examples", "failures.yaml"), [new("duration", "2h")]);
        foreach (var policy in new[] { "waiting", "ahead" })
        {
            var result = NamedPolicies.Simulate(scenario, policy, 1);
            Assert.InRange(result["runsCompleted"] + result["runsFailed"], result["runsArrived"] - 40, result["runsArrived"]);
            Assert.InRange(result["runsFailed"], 0, result["runsArrived"] * 0.02);
        }
    }

    [Fact]
    public void A_stage_that_is_hardly_used_does_not_start_again_and_again()
    {
        var few = Scenario(
            """
            duration: 20m
            nodes: [ { cpu: 8, memory: 16Gi } ]
            workflows:
              - name: few
                arrivals: { process: poisson, ratePerSecond: 0.01 }
                stages:
                  a: { time: 100ms, startUp: 700ms }
                  b: { time: 100ms, startUp: 700ms, needs: [ a ] }
            """);

        var result = NamedPolicies.Simulate(few, "ahead", 1);

        // Two stages that each start and stop for each of some twelve runs: 144 an hour.
        Assert.InRange(result["levelChangesPerHour"], 1, 200);
        Assert.InRange(result["replicaHours"], 0.001, 0.15);
        Assert.Equal(0, result["violationShare"]);
    }

    [Fact]
    public void A_comparison_sums_up_over_seeds_and_draws_itself()
    {
        var comparison = Comparison.Run(Scenario(Pipeline), ["waiting", "ahead"], 2, withTimelines: true);
        var wait = comparison.Policies[0]["waitMeanSeconds"];
        Assert.True(wait.Low <= wait.Mean && wait.Mean <= wait.High);
        Assert.Equal(2, comparison.Seeds.Length);
        var page = Reports.HtmlReport.Of(comparison);
        Assert.Contains("<svg", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static Scenario Scenario(string text) => ScenarioReader.Read(text, "s.yaml", null);
}

using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator.Tests;

/// <summary>What is wrong in a scenario is told by file, line and key, with the way out.</summary>
public sealed class ScenarioReaderTests
{
    private const string Queue = "servers: 2\narrivalRatePerSecond: 1\nserviceMeanSeconds: 1\nduration: 1h\n";

    [Theory]
    [InlineData(Queue + "sevrers: 3\n", "s.yaml:5:1: error: sevrers: a scenario has no key 'sevrers', did you mean 'servers'? [unknown-key]")]
    [InlineData("servers: 2\narrivalRatePerSecond: 1\nserviceMeanSeconds: 1\nduration: 10\n", "s.yaml:4:11: error: duration:")]
    [InlineData("servers: 2\nserviceMeanSeconds: 1\nduration: 1h\n", "arrivalRatePerSecond is missing: mean arrivals a second")]
    [InlineData("servers: 0\narrivalRatePerSecond: 1\nserviceMeanSeconds: 1\nduration: 1h\n", "s.yaml:1:10: error: servers: servers: from 1 to 1000000, or infinite")]
    [InlineData("servers: 2\narrivalRatePerSecond: 1\nserviceMeanSeconds: 1\n", "the arrivals never end")]
    [InlineData("servers: 2\narrivalRatePerSecond: 1\nserviceMeanSeconds: 1\nserviceDistribution: gamma\nduration: 1h\n", "'gamma' is not a distribution")]
    [InlineData("duration: 1h\nworkflows:\n  - name: a\n    arrivals: { counts: none.csv, step: 5m }\n    stages: { s: { time: 1s } }\n", "s.yaml:4:25: error: workflows[0].arrivals.counts:")]
    [InlineData("duration: 1h\nworkflows:\n  - file: none.yaml\n    arrivals: { process: poisson, ratePerSecond: 1 }\n", "s.yaml:3:11: error: workflows[0].file: 'none.yaml' cannot be read")]
    [InlineData("duration: 1h\nworkflows:\n  - name: a\n    arrivals: { process: poison, ratePerSecond: 1 }\n    stages: { s: { time: 1s } }\n", "did you mean 'poisson'?")]
    [InlineData("duration: 1h\nworkflows:\n  - name: a\n    arrivals: { once: 1 }\n    stages: { s: { needs: [t], time: 1s } }\n", "workflows[0]")]
    [InlineData("duration: 1h\nworkflows:\n  - name: a\n    arrivals: { once: 1 }\n    stages: { s: { time: 10 } }\n", "s.yaml:5:26: error: workflows[0].stages.s.time:")]
    [InlineData("workflows:\n  - trace: none.json\n    known: all\n    arrivals: { once: 1 }\n", "s.yaml:3:12: error: workflows[0].known: 'all' cannot be known: nothing, types")]
    [InlineData("workflows:\n  - name: a\n    known: runs\n    arrivals: { once: 1 }\n    stages: { s: { time: 1s } }\n", "s.yaml:3:12: error: workflows[0].known: only of a trace")]
    [InlineData("- a\n", "a scenario is a mapping")]
    [InlineData("servers: [\n", "s.yaml:")]
    public void Faults_name_the_place_and_the_way_out(string text, string expected)
    {
        var fault = Assert.Throws<ScenarioException>(() => ScenarioReader.Read(text, "s.yaml", null));
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        var fault = Assert.Throws<ScenarioException>(() => ScenarioReader.Read("no-such-scenario.yaml"));
        Assert.StartsWith("no-such-scenario.yaml: cannot be read", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_override_takes_the_place_of_a_key_and_is_named_when_wrong()
    {
        var scenario = ScenarioReader.Read(Queue, "s.yaml", [new("servers", "7"), new("seed", "9")]);
        Assert.Equal(7, scenario.Workflows[0].Definition.Stages[0].Replicas.Min);
        Assert.Equal(9UL, scenario.Seed);
        var fault = Assert.Throws<ScenarioException>(() => ScenarioReader.Read(Queue, "s.yaml", [new("servers", "many")]));
        Assert.StartsWith("--set servers: error: servers: expected a number of servers, or infinite", fault.Message, StringComparison.Ordinal);
        Assert.Contains("--set server: error: server: a scenario has no key", Assert.Throws<ScenarioException>(() => ScenarioReader.Read(Queue, "s.yaml", [new("server", "1")])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_example_is_read()
    {
        var files = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Examples"), "*.yaml");
        Assert.True(files.Length >= 4);
        foreach (var file in files) Assert.NotEmpty(ScenarioReader.Read(file).Workflows);
    }
}

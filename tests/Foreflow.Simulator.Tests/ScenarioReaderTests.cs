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
    [InlineData("servers: 0\narrivalRatePerSecond: 1\nserviceMeanSeconds: 1\nduration: 1h\n", "s.yaml:1:10: error: servers: from 1 to 1000000, or infinite")]
    [InlineData("servers: 2\narrivalRatePerSecond: 1\nserviceMeanSeconds: 1\n", "the arrivals never end")]
    [InlineData("servers: 2\narrivalRatePerSecond: 1\nserviceMeanSeconds: 1\nserviceDistribution: gamma\nduration: 1h\n", "'gamma' is not a distribution")]
    [InlineData("duration: 1h\nworkflows:\n  - name: a\n    arrivals: { counts: none.csv, step: 5m }\n    stages: { s: { time: 1s } }\n", "s.yaml:4:25: error: workflows[0].arrivals.counts:")]
    [InlineData("duration: 1h\nworkflows:\n  - file: none.yaml\n    arrivals: { process: poisson, ratePerSecond: 1 }\n", "s.yaml:3:11: error: workflows[0].file: 'none.yaml' cannot be read")]
    [InlineData("duration: 1h\nworkflows:\n  - name: a\n    arrivals: { process: poison, ratePerSecond: 1 }\n    stages: { s: { time: 1s } }\n", "did you mean 'poisson'?")]
    [InlineData("duration: 1h\nworkflows:\n  - name: a\n    arrivals: { once: 1 }\n    stages: { s: { needs: [t], time: 1s } }\n", "workflows[0]")]
    [InlineData("duration: 1h\nworkflows:\n  - name: a\n    arrivals: { once: 1 }\n    stages: { s: { time: 10 } }\n", "s.yaml:5:26: error: workflows[0].stages.s.time:")]
    [InlineData("workflows:\n  - trace: none.json\n    known: all\n    arrivals: { once: 1 }\n", "s.yaml:3:12: error: workflows[0].known: 'all' cannot be known: nothing, types")]
    [InlineData("workflows:\n  - name: a\n    known: runs\n    arrivals: { once: 1 }\n    stages: { s: { time: 1s } }\n", "s.yaml:3:12: error: workflows[0].known: only of a trace")]
    [InlineData(Queue + "serviceCv: 2\n", "no exponential distribution has a cv of 2")]
    [InlineData(Queue + "serviceDistribution: uniform\nserviceCv: -1\n", "no uniform distribution has a cv of -1")]
    [InlineData(Queue + "seed: -3\n", "s.yaml:5:7: error: seed: '-3' is not a seed: a whole number from 0")]
    [InlineData(Queue + "failures: { outages: [{ at: 1m, node: 1, for: 1m }] }\n", "failures.outages[0].node: there is one node: node: 0")]
    [InlineData(Queue + "failures: { nodeMeanTimeBetween: 0s }\n", "failures.nodeMeanTimeBetween: at least 1s")]
    [InlineData(Queue + "failures: { stragglerFactor: -3 }\n", "failures.stragglerFactor: how many times as long: from 1 on")]
    [InlineData("duration: 1h\nworkflows:\n  - arrivals: { process: poisson, ratePerSecond: 1, step: 5m }\n    stages: { s: { time: 1s } }\n", "s.yaml:3:59: error: workflows[0].arrivals.step: 'step' has no part in arrivals by poisson: they have process, ratePerSecond")]
    [InlineData("duration: 1h\nworkflows:\n  - arrivals: { once: 1 }\n    stages: {}\n", "workflows[0]: a workflow has stages, a file, a trace")]
    [InlineData("duration: 1h\nworkflows:\n  - arrivals: { once: 1 }\n    stages: { s: { time: 1s, slots: 0 } }\n", "s.slots: tasks a replica serves at once: from 1 on")]
    [InlineData("duration: 1h\nworkflows:\n  - arrivals: { once: 1 }\n    stages: { s: { kind: run, time: 1s, startUp: 5s } }\n", "s.startUp: 'startUp' is of replicas")]
    [InlineData("duration: 1h\nworkflows:\n  - arrivals: { once: 1 }\n    stages: { s: { time: { distribution: lognormal, mean: 1s, shape: 2 } } }\n", "'shape' has no part in this lognormal distribution: it has mean and cv")]
    [InlineData("- a\n", "a scenario is a mapping")]
    [InlineData("servers: [\n", "s.yaml:")]
    public void Faults_name_the_place_and_the_way_out(string text, string expected)
    {
        var fault = Assert.Throws<ScenarioException>(() => ScenarioReader.Read(text, "s.yaml", null));
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("n\n3\n-2\n", "counts: f.csv, step: 1m", "arrivals.counts: 'f.csv': value 2 of column n is -2: no count is below 0")]
    [InlineData("n\n3\n1e300\n", "counts: f.csv, step: 1m", "value 2 of column n stands for 1E+300 arrivals, more than 10000000 in one step")]
    [InlineData("n\n3\n4\n", "counts: f.csv, step: 1m, skip: 2", "arrivals.skip: skip: from 0 to 1, the file has 2 values")]
    [InlineData("n\n3\n4\n", "counts: f.csv, step: 1m, column: m", "f.csv:1: no column 'm'; there are n")]
    [InlineData("s\n5\n-1\n", "stamps: f.csv", "f.csv:3:1: column s: '-1' is neither seconds from the start nor a date and time")]
    [InlineData("s\n5\n1e300\n", "stamps: f.csv", "f.csv:3:1: column s: '1e300' is neither seconds from the start nor a date and time")]
    [InlineData("s\n5000\n", "stamps: f.csv", "the first arrival is at 2026-01-05T01:23:20.000Z, and so after the scenario's end 2026-01-05T01:00:00.000Z: write a longer duration")]
    [InlineData("time\n1995-07-01T00:00:00Z\n", "stamps: f.csv", "before the scenario's start 2026-01-05T00:00:00.000Z: write start: 1995-07-01T00:00:00.000Z")]
    public void Faults_of_files_of_arrivals_name_the_value_and_the_way_out(string file, string arrivals, string expected)
    {
        var fault = Assert.Throws<ScenarioException>(() => ReadArrivals(file, arrivals));
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("seconds\n5\n\n1\n3\n")]
    [InlineData("5\n1\n3\n")]
    [InlineData("timestamp,user\n2026-01-05T00:00:01Z,7\n2026-01-05T00:00:03Z,8\n2026-01-05T00:00:05Z,9\n")]
    [InlineData("timestamp,user\n1767571201,7\n1767571203,8\n1767571205,9\n")]
    public void Stamps_are_seconds_from_the_start_or_dates(string file)
    {
        var scenario = ReadArrivals(file, "stamps: f.csv");
        Assert.Equal([1, 3, 5], scenario.Workflows[0].Arrivals.Between(scenario.Start, Core.Model.Instant.Never, 1).Select(at => (at - scenario.Start).TotalSeconds));
    }

    private static Scenario ReadArrivals(string file, string arrivals)
    {
        var folder = Directory.CreateTempSubdirectory("foreflow-arrivals-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "f.csv"), file);
            return ScenarioReader.Read($"duration: 1h\nworkflows:\n  - arrivals: {{ {arrivals} }}\n    stages: {{ s: {{ time: 1s }} }}\n", Path.Combine(folder, "s.yaml"), null);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("0", "'t.json': no task has a run time")]
    [InlineData("1e300", "'t.json': task 'a' ran for 1E+300 s, more than ten years")]
    public void A_recorded_run_without_usable_times_is_told(string seconds, string expected)
    {
        var folder = Directory.CreateTempSubdirectory("foreflow-trace-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "t.json"), $$"""
                { "name": "t", "schemaVersion": "1.4", "workflow": { "tasks": [
                    { "name": "a", "id": "a", "runtimeInSeconds": {{seconds}}, "parents": [], "children": [] } ] } }
                """);
            var fault = Assert.Throws<ScenarioException>(() => ScenarioReader.Read("workflows:\n  - { trace: t.json, arrivals: { once: 1 } }\n", Path.Combine(folder, "s.yaml"), null));
            Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_recorded_run_takes_name_priority_and_deadline_from_the_scenario()
    {
        var folder = Directory.CreateTempSubdirectory("foreflow-trace-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "t.json"), """
                { "name": "t", "schemaVersion": "1.4", "workflow": { "tasks": [
                    { "name": "a", "id": "a", "runtimeInSeconds": 1, "parents": [], "children": [] } ] } }
                """);
            var workflows = ScenarioReader.Read(
                "workflows:\n  - { trace: t.json, arrivals: { once: 1 } }\n  - { trace: t.json, name: again, priority: critical, deadline: 5m, arrivals: { once: 1 } }\n", Path.Combine(folder, "s.yaml"), null).Workflows;
            Assert.Equal(["trace", "again"], workflows.Select(w => w.Definition.Name));
            Assert.Equal((Core.Model.Priority.Critical, TimeSpan.FromMinutes(5)), (workflows[1].Definition.Priority, workflows[1].Definition.Deadline));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
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
    public void An_override_reaches_a_key_by_its_path()
    {
        const string Text = "duration: 1h\nworkflows:\n  - name: a\n    arrivals: { once: 1 }\n    stages: { s: { time: 1s } }\n";
        var scenario = ScenarioReader.Read(Text, "s.yaml", [new("settings.hedgeShare", "0"), new("workflows[0].stages.s.time", "7s"), new("workflows[0].stages.s.replicas.max", "3")]);
        Assert.Equal(0, scenario.Settings.HedgeShare);
        Assert.Equal(7, scenario.Workflows[0].Stages[0].Time.MeanSeconds);
        Assert.Equal(3, scenario.Workflows[0].Definition.Stages[0].Replicas.Max);
    }

    [Theory]
    [InlineData("workflows[1].name", "b", "--set workflows[1].name: there is no [1]: the list has 1, counted from 0")]
    [InlineData("duration.x", "b", "--set duration.x: 'x' would be within something that has no keys")]
    [InlineData("settings.hedgShare", "0", "--set settings.hedgShare: error: settings.hedgShare: settings has no key 'hedgShare', did you mean 'hedgeShare'?")]
    [InlineData("workflows[0].stages.s.time", "7", "--set workflows[0].stages.s.time: error: workflows[0].stages.s.time: '7' has no unit")]
    [InlineData("workflows[0", "7", "--set workflows[0: a key is written like")]
    public void A_path_that_leads_nowhere_is_told(string key, string value, string expected)
    {
        const string Text = "duration: 1h\nworkflows:\n  - name: a\n    arrivals: { once: 1 }\n    stages: { s: { time: 1s } }\n";
        Assert.Contains(expected, Assert.Throws<ScenarioException>(() => ScenarioReader.Read(Text, "s.yaml", [new(key, value)])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_example_is_read()
    {
        var files = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Examples"), "*.yaml");
        Assert.True(files.Length >= 4);
        foreach (var file in files) Assert.NotEmpty(ScenarioReader.Read(file).Workflows);
    }
}

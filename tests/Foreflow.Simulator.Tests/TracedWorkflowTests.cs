using System.Text.Json;
using Foreflow.Simulator.Policies;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator.Tests;

/// <summary>Recorded runs, and what is known of their times beforehand.</summary>
public sealed class TracedWorkflowTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("traced-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("first-come", "runs", 16)]
    [InlineData("ahead", "nothing", 16)]
    [InlineData("ahead", "types", 12)]
    [InlineData("ahead", "runs", 12)]
    public void Who_knows_the_times_begins_with_what_takes_longest(string policy, string known, double makespanSeconds)
    {
        // Two slots. Sixteen tasks of one second stand before one of eight: begun last, it ends at 16 instead of at 12.
        Write("run.json", [.. Enumerable.Range(0, 16).Select(i => ($"short_{i}", "short", 1.0)), ("long", "long", 8.0)]);
        var scenario = ScenarioReader.Read(
            $"nodes: [ {{ cpu: 2, memory: 1Gi }} ]\nworkflows:\n  - trace: run.json\n    known: {known}\n    arrivals: {{ once: 1 }}\n", Path.Combine(_folder, "s.yaml"), null);

        var result = NamedPolicies.Simulate(scenario, policy, seed: 1);

        Assert.Equal(makespanSeconds, result["makespanSeconds"], 3);
        Assert.Equal(12, result["makespanLowerBoundSeconds"], 3);
    }

    private void Write(string name, (string Id, string Type, double Seconds)[] tasks) => File.WriteAllText(Path.Combine(_folder, name), JsonSerializer.Serialize(new
    {
        name = "run",
        schemaVersion = "1.5",
        workflow = new
        {
            specification = new { tasks = tasks.Select(t => new { name = t.Type, id = t.Id, parents = Array.Empty<string>(), children = Array.Empty<string>() }) },
            execution = new { makespanInSeconds = 0, tasks = tasks.Select(t => new { id = t.Id, runtimeInSeconds = t.Seconds }) },
        },
    }));
}

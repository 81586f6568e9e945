using Foreflow.Simulator.Policies;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator.Tests;

/// <summary>The scenarios that come with Foreflow, each for a short while.</summary>
public sealed class ExampleScenarioTests
{
    private static readonly string Folder = Find();

    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder, "*.yaml").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Each_is_simulated_under_its_first_policy(string file)
    {
        var scenario = ScenarioReader.Read(Path.Combine(Folder, file), [new("duration", "20m"), new("warmUp", "0s")]);
        var result = NamedPolicies.Simulate(scenario, scenario.Policies[0], scenario.Seed);
        Assert.True(result["runsArrived"] > 0, "no run arrived");
        Assert.True(result["tasksCompleted"] > 0, "no task ended");
        Assert.InRange(result["violationShare"], 0, 1);
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var examples = Path.Combine(folder.FullName, "examples", "simulation");
            if (Directory.Exists(examples)) return examples;
        }

        throw new DirectoryNotFoundException("examples/simulation is not above the tests");
    }
}

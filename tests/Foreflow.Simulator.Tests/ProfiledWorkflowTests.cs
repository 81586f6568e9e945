using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Simulator.Policies;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator.Tests;

/// <summary>Profiles that were exported from a live pool, as the workflows of a scenario.</summary>
public sealed class ProfiledWorkflowTests : IDisposable
{
    private const string Cluster = "nodes: [ { count: 4, cpu: 4, memory: 16Gi } ]\n";
    private readonly string _folder = Directory.CreateTempSubdirectory("profiled-").FullName;

    public ProfiledWorkflowTests() => File.WriteAllText(Path.Combine(_folder, "orders.json"), ExportedProfiles.Write(
    [
        new(new(new StageId("orders", "split"), "small"), Profile(10)),
        new(new(new StageId("orders", "split"), "large"), Profile(10)),
        new(new(new StageId("orders", "count"), "small"), Profile(20, tasks: 3)),
        new(new(new StageId("orders", "count"), ""), After("split")),
        new(new(new StageId("orders", "serve"), "small"), Profile(5, startUp: 30)),
        new(new(new StageId("orders", "serve"), ""), After("count")),
    ]));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Profiles_alone_give_stages_their_order_and_their_times()
    {
        var scenario = Read("profiles: orders.json, arrivals: { once: 1 }");
        var workflow = Assert.Single(scenario.Workflows);
        Assert.Equal("orders", workflow.Definition.Name);

        var result = NamedPolicies.Simulate(scenario, "fixed", seed: 1);

        // Split, three tasks of count beside each other, and serve, whose replica has started meanwhile.
        Assert.Equal(1, result["runsCompleted"]);
        Assert.Equal(5, result["tasksCompleted"]);
        Assert.InRange(result["makespanSeconds"], 33, 37);
    }

    [Fact]
    public void A_workflow_file_gives_the_graph_and_may_name_what_the_profiles_do_not_know()
    {
        File.WriteAllText(Path.Combine(_folder, "orders.yaml"), "name: orders\nstages:\n  split: { run: echo }\n  ship: { run: echo, needs: [split] }\n");
        var fault = Assert.Throws<ScenarioException>(() => Read("file: orders.yaml, profiles: orders.json, arrivals: { once: 1 }"));
        Assert.Contains("stage 'ship' of 'orders.yaml' has no time, and the profiles know none: write stages: { ship: { time: 20s } }", fault.Message, StringComparison.Ordinal);

        var scenario = Read("file: orders.yaml, profiles: orders.json, arrivals: { once: 1 }, stages: { ship: { time: 7s } }");

        Assert.InRange(NamedPolicies.Simulate(scenario, "fixed", seed: 1)["makespanSeconds"], 16.5, 17.5);
    }

    [Theory]
    [InlineData("profiles: none.json", "'none.json' cannot be read")]
    [InlineData("profiles: broken.json", "'broken.json' is not JSON as 'foreflow profile export' writes it (line ")]
    [InlineData("profiles: other.json", "'other.json' is no file of profiles; 'foreflow profile export' makes one")]
    [InlineData("profiles: two.json", "'two.json' has profiles of a, b: say by name which workflow is meant")]
    [InlineData("profiles: orders.json, name: sales", "'orders.json' has no profile of workflow 'sales': there are orders")]
    [InlineData("profiles: orders.json, stages: { split: { time: 1s } }", "profiles bring their stages with them")]
    [InlineData("profiles: orders.json, trace: run.json", "a trace brings its times with it")]
    public void Faults_name_the_place_and_the_way_out(string workflow, string expected)
    {
        File.WriteAllText(Path.Combine(_folder, "broken.json"), "{\n  \"format\": \n");
        File.WriteAllText(Path.Combine(_folder, "other.json"), "{}");
        File.WriteAllText(Path.Combine(_folder, "two.json"), ExportedProfiles.Write([new(new(new StageId("a", "s"), ""), Profile(1)), new(new(new StageId("b", "s"), ""), Profile(1))]));

        var fault = Assert.Throws<ScenarioException>(() => Read(workflow + ", arrivals: { once: 1 }"));

        Assert.Contains("s.yaml:3:", fault.Message, StringComparison.Ordinal);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    private Scenario Read(string workflow) =>
        ScenarioReader.Read($"{Cluster}workflows:\n  - {{ {workflow} }}\n", Path.Combine(_folder, "s.yaml"), null);

    private static StageProfile Profile(double seconds, double startUp = 0, int tasks = 1)
    {
        var profile = new StageProfile();
        for (var i = 0; i < 20; i++)
        {
            var at = Instant.Epoch + TimeSpan.FromMinutes(i);
            profile.Record(new AttemptRecord(at, AttemptCause.Succeeded, WallTime: TimeSpan.FromSeconds(seconds)));
            profile.RecordFanOut(tasks, at);
            if (startUp > 0) profile.RecordStartUp(TimeSpan.FromSeconds(startUp), at);
        }

        return profile;
    }

    private static StageProfile After(string stage)
    {
        var profile = new StageProfile();
        profile.RecordReleasedBy(stage, TimeSpan.FromSeconds(1), Instant.Epoch);
        return profile;
    }
}

using System.Text.Json;
using Foreflow.Cli.Commands;
using Foreflow.Cli.Presentation;

namespace Foreflow.Cli.Tests;

/// <summary>The journal of a simulation is read by the same commands as a live one.</summary>
public sealed class SimulatedJournalTests : IDisposable
{
    private const string Scenario = """
        name: waves
        seed: 3
        duration: 3h
        nodes: [ { count: 2, cpu: 4, memory: 8Gi } ]
        workflows:
          - name: intake
            arrivals: { process: poisson, ratePerSecond: 0.01 }
            stages:
              fetch: { time: 60s, replicas: { min: 0, max: 8 } }
              index: { needs: [fetch], time: 90s, startUp: 30s, maxWait: 5s, replicas: { min: 0, max: 8 } }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("foreflow-journal-").FullName;

    private string Journal => Path.Combine(_folder, "journal");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Explain_and_plan_read_it_with_what_became_of_each_decision()
    {
        Simulate("ahead");
        using var explained = JsonDocument.Parse(Explain("intake/index", "-n", "1000", "--output", "json").Output);
        var entries = explained.RootElement.EnumerateArray().ToList();
        var changes = entries.Where(e => e.GetProperty("kind").GetString() == "replicas").ToList();
        Assert.NotEmpty(changes);
        Assert.All(changes, c => Assert.Equal("ahead", c.GetProperty("reason").GetProperty("rule").GetString()));
        // The journal has an end, and with it every decision an outcome.
        Assert.All(changes, c => Assert.True(c.TryGetProperty("outcome", out _), c.ToString()));
        Assert.Contains(changes, c => c.GetProperty("outcome").GetProperty("verdict").GetString() == "hit");
        Assert.Equal(changes.Count, changes.Select(c => c.GetProperty("generation").GetInt64()).Distinct().Count());
        Assert.Contains(entries, e => e.GetProperty("kind").GetString() == "forecast" && e.GetProperty("outcome").GetProperty("count").GetInt32() > 100);

        var shown = Explain("intake/index", "-n", "5").Output;
        Assert.Contains("-> ", shown, StringComparison.Ordinal);
        Assert.Contains("forecasts", shown, StringComparison.Ordinal);

        // The plan of the time of a change is that change's, with its outcome; most are made between two milliseconds.
        foreach (var each in changes)
        {
            using var shownPlan = JsonDocument.Parse(CommandRun.Of(PlanCommand.Build(), "--at", each.GetProperty("at").GetString()!, "--data", Journal, "-o", "json").Output);
            Assert.Equal(each.GetProperty("at").GetString(), shownPlan.RootElement.GetProperty("at").GetString());
        }

        var change = changes[^1];
        using var plan = JsonDocument.Parse(CommandRun.Of(PlanCommand.Build(), "--at", change.GetProperty("at").GetString()!, "--data", Journal, "-o", "json").Output);
        Assert.Equal(change.GetProperty("generation").GetInt64(), plan.RootElement.GetProperty("generation").GetInt64());
        var outcome = Assert.Single(plan.RootElement.GetProperty("outcomes").GetProperty("replicas").EnumerateArray(), o => o.GetProperty("stageName").GetString() == "intake/index");
        Assert.True(JsonElement.DeepEquals(change.GetProperty("outcome"), outcome), outcome.ToString());
        Assert.Contains("intake/index", CommandRun.Of(PlanCommand.Build(), "--data", Journal).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ahead,waiting", "name one policy")]
    [InlineData("oracle", "the clairvoyant makes no plans")]
    public void One_simulation_is_kept(string policies, string expected) =>
        Assert.Contains(expected, Assert.Throws<UserErrorException>(() => Simulate(policies)).Message, StringComparison.Ordinal);

    [Fact]
    public void What_is_not_there_is_said_with_what_is()
    {
        Simulate("waiting");
        Assert.Contains("there are fetch, index", Assert.Throws<UserErrorException>(() => Explain("intake/encode")).Message, StringComparison.Ordinal);
        Assert.Contains("no workflow 'outtake'", Assert.Throws<UserErrorException>(() => Explain("outtake/encode")).Message, StringComparison.Ordinal);
        Assert.Contains("name a folder that is empty", Assert.Throws<UserErrorException>(() => Simulate("waiting")).Message, StringComparison.Ordinal);
        Assert.Contains("--at noon", Assert.Throws<UserErrorException>(() => CommandRun.Of(PlanCommand.Build(), "--at", "noon", "--data", Journal)).Message, StringComparison.Ordinal);
        Assert.Contains("no plan was made shortly before 1999", Assert.Throws<UserErrorException>(() => CommandRun.Of(PlanCommand.Build(), "--at", "1999-01-01T00:00:00Z", "--data", Journal)).Message, StringComparison.Ordinal);
    }

    private void Simulate(string policies)
    {
        var file = Path.Combine(_folder, "waves.yaml");
        File.WriteAllText(file, Scenario);
        Assert.Equal(ExitCodes.Ok, CommandRun.Of(SimulateCommand.Build(), file, "--seeds", "1", "--policies", policies, "--journal", Journal).ExitCode);
    }

    private CommandRun Explain(params string[] arguments) => CommandRun.Of(ExplainCommand.Build(), [.. arguments, "--data", Journal]);
}

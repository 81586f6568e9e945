using System.Text.Json;
using Foreflow.Cli.Commands;
using Foreflow.Cli.Presentation;

namespace Foreflow.Cli.Tests;

/// <summary><c>foreflow simulate</c> as scripts and people meet it.</summary>
public sealed class SimulateCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("foreflow-simulate-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Json_has_every_figure_with_its_interval()
    {
        var run = CommandRun.Of(SimulateCommand.Build(), Scenario(), "--seeds", "2", "--output", "json", "--set", "servers=3");
        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        using var document = JsonDocument.Parse(run.Output);
        var root = document.RootElement;
        Assert.Equal(5, root.GetProperty("seed").GetInt32());
        Assert.True(root.GetProperty("eventsPerSecond").GetDouble() > 0);
        var policy = root.GetProperty("policies")[0];
        Assert.Equal("fixed", policy.GetProperty("name").GetString());
        string[] names =
        [
            "waitMeanSeconds", "waitP50Seconds", "waitP95Seconds", "waitP99Seconds", "violationShare", "violationMinutes", "replicaHours", "coldStarts",
            "makespanSeconds", "makespanLowerBoundSeconds", "makespanOverLowerBound", "utilisation", "reclaimedHours", "wastedReservationHours", "levelChangesPerHour",
        ];
        foreach (var name in names)
        {
            var figure = policy.GetProperty("metrics").GetProperty(name);
            Assert.InRange(figure.GetProperty("mean").GetDouble(), figure.GetProperty("low").GetDouble(), figure.GetProperty("high").GetDouble());
        }

        // The override holds: three servers over half an hour.
        Assert.Equal(1.5, policy.GetProperty("metrics").GetProperty("replicaHours").GetProperty("mean").GetDouble(), 6);
    }

    [Fact]
    public void The_table_names_policies_and_seed_and_the_report_stands_alone()
    {
        var report = Path.Combine(_folder, "report.html");
        var run = CommandRun.Of(SimulateCommand.Build(), Scenario(), "--seeds", "1", "--policies", "waiting,oracle", "--report", report);
        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        Assert.Contains("1 seed from 5", run.Output, StringComparison.Ordinal);
        Assert.Contains("oracle", run.Output, StringComparison.Ordinal);
        foreach (var row in new[] { "wait, 99 % s", "violated minutes", "over lower bound", "over oracle", "reserved h, wasted", "cold starts", "decisions" })
            Assert.Contains(row, run.Output, StringComparison.Ordinal);
        Assert.Contains("<svg", File.ReadAllText(report), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_clairvoyant_nothing_is_set_beside_it() =>
        Assert.DoesNotContain("over oracle", CommandRun.Of(SimulateCommand.Build(), Scenario(), "--seeds", "1").Output, StringComparison.Ordinal);

    [Fact]
    public void In_a_narrow_terminal_policies_stand_below_each_other()
    {
        var scenario = Simulator.Scenarios.ScenarioReader.Read(Scenario());
        var comparison = Simulator.Comparison.Run(scenario, ["fixed", "waiting", "reactive"], 2);
        using var narrow = new StringWriter();
        SimulationReports.Print(narrow, comparison, 60);
        var lines = narrow.ToString().Split('\n');
        // The first line is a sentence, as the last.
        Assert.All(lines[1..^2], line => Assert.InRange(line.Length, 0, 60));
        Assert.Equal(3, lines.Count(l => l.Contains("wait, mean s", StringComparison.Ordinal)));
        using var wide = new StringWriter();
        SimulationReports.Print(wide, comparison, 200);
        Assert.Single(wide.ToString().Split('\n'), l => l.Contains("wait, mean s", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--policies", "ahaed", "did you mean 'ahead'?")]
    [InlineData("--set", "servers", "write KEY=VALUE")]
    [InlineData("--set", "servers=none", "--set servers")]
    [InlineData("--seeds", "0", "--seeds: from 1")]
    [InlineData("--report", "no-such-folder/r.html", "there is no folder")]
    public void What_is_wrong_is_said_with_the_way_out(string option, string value, string expected)
    {
        var fault = Assert.Throws<UserErrorException>(() => CommandRun.Of(SimulateCommand.Build(), Scenario(), option, value));
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    private string Scenario()
    {
        var path = Path.Combine(_folder, "queue.yaml");
        File.WriteAllText(path, "seed: 5\nservers: 2\narrivalRatePerSecond: 1\nserviceMeanSeconds: 1\nwarmUp: 5m\nduration: 30m\n");
        return path;
    }
}

using System.CommandLine;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Workflows;
using Foreflow.Simulator;
using Foreflow.Simulator.Policies;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Cli.Commands;

/// <summary><c>foreflow simulate SCENARIO.yaml</c>: what policies would make of a scenario.</summary>
public static class SimulateCommand
{
    private const int MostSeeds = 1000;

    /// <summary>The command.</summary>
    public static Command Build()
    {
        var file = new Argument<string>("scenario") { Description = "Scenario file; docs/simulation.md describes it" };
        var policies = new Option<string?>("--policies") { Description = $"Policies to compare: {string.Join(", ", NamedPolicies.Names)}; the scenario's own without", HelpName = "NAMES" };
        var seeds = new Option<int>("--seeds") { Description = "Seeds to simulate with; intervals are over them", DefaultValueFactory = _ => 5, HelpName = "N" };
        var set = new Option<string[]>("--set") { Description = "Overrides a top-level key of the scenario; may be given again", HelpName = "KEY=VALUE", AllowMultipleArgumentsPerToken = false };
        var report = new Option<string?>("--report") { Description = "Writes a report with plots to this HTML file", HelpName = "FILE" };
        var output = Output.Option();
        var command = new Command(
            "simulate",
            "Simulate a scenario under several policies on the control cycle that runs live, and compare waits, cost and violations.\n\nExamples:\n"
            + "  foreflow simulate examples/simulation/mmc.yaml\n"
            + "  foreflow simulate examples/simulation/mmc.yaml --set servers=5 --seeds 10 --output json\n"
            + "  foreflow simulate examples/simulation/seasonal.yaml --policies reactive,ahead,oracle --report report.html")
        {
            file, policies, seeds, set, report, output,
        };
        command.SetAction((parsed, cancel) =>
        {
            if (parsed.GetValue(seeds) is < 1 or > MostSeeds) throw new UserErrorException($"--seeds: from 1 to {MostSeeds}");
            var scenario = Read(parsed.GetValue(file)!, parsed.GetValue(set) ?? []);
            var names = NamesOf(parsed.GetValue(policies), scenario);
            var path = parsed.GetValue(report);
            var comparison = Simulate(scenario, names, parsed.GetValue(seeds), path is not null, parsed.InvocationConfiguration.Error, cancel);
            if (path is not null) SimulationReports.WriteHtml(path, comparison);
            SimulationReports.Write(parsed.InvocationConfiguration.Output, comparison, parsed.GetValue(output));
            return Task.FromResult(ExitCodes.Ok);
        });
        return command;
    }

    private static Scenario Read(string file, string[] set)
    {
        var overrides = new List<KeyValuePair<string, string>>();
        foreach (var text in set)
        {
            var cut = text.IndexOf('=', StringComparison.Ordinal);
            if (cut <= 0) throw new UserErrorException($"--set {text}: write KEY=VALUE, like --set servers=5");
            overrides.Add(new(text[..cut], text[(cut + 1)..]));
        }

        try
        {
            return ScenarioReader.Read(file, overrides);
        }
        catch (ScenarioException e)
        {
            throw new UserErrorException(e.Message);
        }
    }

    private static IReadOnlyList<string> NamesOf(string? text, Scenario scenario)
    {
        var names = text is null ? [.. scenario.Policies] : text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (names.Length == 0) throw new UserErrorException("--policies: name at least one");
        foreach (var name in names.Where(n => !NamedPolicies.IsKnown(n)))
        {
            var near = Suggestion.Nearest(name, NamedPolicies.Names);
            throw new UserErrorException($"there is no policy '{name}'{(near is null ? "" : $", did you mean '{near}'?")}; there are {string.Join(", ", NamedPolicies.Names)}");
        }

        return names;
    }

    private static Comparison Simulate(Scenario scenario, IReadOnlyList<string> names, int seeds, bool withTimelines, TextWriter error, CancellationToken cancel)
    {
        using var progress = new SimulationProgress(error);
        try
        {
            return Comparison.Run(scenario, names, seeds, progress.Tell, withTimelines, cancel);
        }
        catch (SimulationException e)
        {
            throw new UserErrorException(e.Message, ExitCodes.Failed);
        }
    }
}

using System.CommandLine;
using Foreflow.Cli.Hosting;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Model;
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
        var file = new Argument<string?>("scenario") { Description = "Scenario file; docs/simulation.md describes it", Arity = ArgumentArity.ZeroOrOne };
        var live = new Option<bool>("--from-live") { Description = "Simulate what the pool of the data folder lived through, in place of a scenario file" };
        var last = new Option<string?>("--last") { Description = "With --from-live: only this long before the newest arrival, like 30d; what came before is told as history", HelpName = "DURATION" };
        var data = DataFolder.Option();
        var policies = new Option<string?>("--policies") { Description = $"Policies to compare: {string.Join(", ", NamedPolicies.Names)}; the scenario's own without", HelpName = "NAMES" };
        var seeds = new Option<int>("--seeds") { Description = "Seeds to simulate with; intervals are over them", DefaultValueFactory = _ => 5, HelpName = "N" };
        var set = new Option<string[]>("--set") { Description = "Overrides a key of the scenario, by its path where it is not top-level; may be given again", HelpName = "KEY=VALUE", AllowMultipleArgumentsPerToken = false };
        var report = new Option<string?>("--report") { Description = "Writes a report with plots to this HTML file", HelpName = "FILE" };
        var journal = new Option<string?>("--journal") { Description = "Keeps every event, plan and outcome of the first seed in this new folder, for explain and plan with --data; with one policy", HelpName = "DIR" };
        var output = Output.Option();
        var command = new Command(
            "simulate",
            "Simulate a scenario under several policies on the control cycle that runs live, and compare waits, cost and violations.\n\nExamples:\n"
            + "  foreflow simulate examples/simulation/mmc.yaml\n"
            + "  foreflow simulate examples/simulation/mmc.yaml --set servers=5 --seeds 10 --output json\n"
            + "  foreflow simulate examples/simulation/seasonal.yaml --policies reactive,ahead,oracle --report report.html\n"
            + "  foreflow simulate examples/simulation/failures.yaml --policies ahead --seeds 1 --journal simulated\n"
            + "  foreflow simulate --from-live --last 30d --policies reactive,ahead")
        {
            file, policies, seeds, set, report, journal, live, last, data, output,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            if (parsed.GetValue(seeds) is < 1 or > MostSeeds) throw new UserErrorException($"--seeds: from 1 to {MostSeeds}");
            var (path, overrides) = (parsed.GetValue(file), parsed.GetValue(set) ?? []);
            Check(path, parsed.GetValue(live), overrides, parsed.GetValue(last), parsed.GetValue(data));
            var scenario = path is null
                ? await LiveHistory.ReadAsync(DataFolder.Resolve(parsed.GetValue(data)), SpanOf(parsed.GetValue(last)), parsed.InvocationConfiguration.Error, cancel)
                : Read(path, overrides);
            var names = NamesOf(parsed.GetValue(policies), scenario);
            var page = parsed.GetValue(report);
            if (page is not null) CheckWritable(page);
            if (parsed.GetValue(journal) is not null) CheckOnly(names);
            await using var kept = parsed.GetValue(journal) is { } folder ? await SimulatedJournal.CreateAsync(folder, scenario.Start, cancel) : null;
            var comparison = Simulate(scenario, names, parsed.GetValue(seeds), page is not null, kept?.Tap, parsed.InvocationConfiguration.Error, cancel);
            if (kept is not null) await kept.CompleteAsync();
            if (page is not null) SimulationReports.WriteHtml(page, comparison);
            SimulationReports.Write(parsed.InvocationConfiguration.Output, comparison, parsed.GetValue(output));
            return ExitCodes.Ok;
        });
        return command;
    }

    private static void Check(string? file, bool live, string[] set, string? last, string? data)
    {
        if (file is null && !live) throw new UserErrorException("name a scenario file, or --from-live to simulate what the data folder's pool lived through");
        if (file is not null && live) throw new UserErrorException($"--from-live takes the place of a scenario file: leave out {file}, or --from-live");
        if (live && set.Length > 0) throw new UserErrorException("--set changes keys of a scenario file; --from-live has none");
        if (!live && (last is not null || data is not null)) throw new UserErrorException($"{(last is not null ? "--last" : "--data")} goes with --from-live");
    }

    /// <summary>What can be told before hours of simulation is not told after.</summary>
    private static void CheckWritable(string page)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(page));
        if (!Directory.Exists(folder)) throw new UserErrorException($"--report {page}: there is no folder {folder}");
        if (Directory.Exists(page)) throw new UserErrorException($"--report {page}: is a folder; name a file in it");
    }

    private static void CheckOnly(IReadOnlyList<string> names)
    {
        if (names.Count > 1) throw new UserErrorException("--journal keeps one simulation: name one policy, like --policies ahead");
        if (names[0] == "oracle") throw new UserErrorException("--journal: the clairvoyant makes no plans that could be kept; name another policy, like --policies ahead");
    }

    private static TimeSpan? SpanOf(string? last)
    {
        if (last is null) return null;
        if (DurationText.TryParse(last, out var span, out _) && span > TimeSpan.Zero) return span;
        throw new UserErrorException($"--last {last}: write a duration above 0, like 30d or 12h");
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

    private static Comparison Simulate(Scenario scenario, IReadOnlyList<string> names, int seeds, bool withTimelines, SimulationTap? tap, TextWriter error, CancellationToken cancel)
    {
        using var progress = new SimulationProgress(error);
        try
        {
            return Comparison.Run(scenario, names, seeds, progress.Tell, withTimelines, tap, cancel);
        }
        catch (SimulationException e)
        {
            throw new UserErrorException(e.Message, ExitCodes.Failed);
        }
    }
}

using System.Globalization;
using Foreflow.Simulator;
using Foreflow.Simulator.Measures;
using Foreflow.Simulator.Reports;
using Spectre.Console;

namespace Foreflow.Cli.Presentation;

/// <summary>Writes comparisons of policies.</summary>
public static class SimulationReports
{
    private static readonly (string Title, string Metric, string Format)[] Columns =
    [
        ("wait mean s", "waitMeanSeconds", "0.###"), ("p50", "waitP50Seconds", "0.##"), ("p95", "waitP95Seconds", "0.##"), ("p99", "waitP99Seconds", "0.##"),
        ("violated min", "violationMinutes", "0.#"), ("replica h", "replicaHours", "0.##"), ("utilisation", "utilisation", "0.000"),
        ("cold starts", "coldStarts", "0.#"), ("changes/h", "levelChangesPerHour", "0.##"), ("run s", "makespanSeconds", "0.##"),
    ];

    /// <summary>Writes a comparison in the form asked for.</summary>
    public static void Write(TextWriter to, Comparison comparison, OutputFormat format)
    {
        if (format == OutputFormat.Json) Output.Json(to, DocumentOf(comparison));
        else Print(to, comparison);
    }

    /// <summary>Writes a report that opens without a network.</summary>
    /// <exception cref="UserErrorException">The file cannot be written.</exception>
    public static void WriteHtml(string path, Comparison comparison)
    {
        try
        {
            File.WriteAllText(path, HtmlReport.Of(comparison));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new UserErrorException($"--report {path}: cannot be written: {e.Message}");
        }
    }

    private static object DocumentOf(Comparison comparison) => new
    {
        Scenario = comparison.Scenario.Name,
        comparison.Scenario.Seed,
        comparison.Seeds,
        Policies = comparison.Policies.Select(policy => new
        {
            policy.Name,
            Metrics = Dictionary(policy.Metrics),
            Stages = policy.Stages.Select(stage => new { stage.Name, Metrics = Dictionary(stage.Metrics) }),
        }),
        comparison.Events,
        comparison.EventsPerSecond,
        comparison.JournalEventsPerSecond,
    };

    private static Dictionary<string, Estimate> Dictionary(IEnumerable<KeyValuePair<string, Estimate>> metrics) => new(metrics, StringComparer.Ordinal);

    private static void Print(TextWriter to, Comparison comparison)
    {
        to.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{comparison.Scenario.Name}: {comparison.Seeds.Length} {(comparison.Seeds.Length == 1 ? "seed" : "seeds")} from {comparison.Scenario.Seed}, {comparison.Events:N0} events, {comparison.EventsPerSecond:N0} a second"));
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("policy");
        foreach (var (title, _, _) in Columns) table.AddColumn(new TableColumn(title).RightAligned());
        foreach (var policy in comparison.Policies)
            table.AddRow([policy.Name, .. Columns.Select(c => Text(policy[c.Metric], c.Format))]);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(to), Ansi = AnsiSupport.No });
        console.Profile.Width = Math.Max(console.Profile.Width, 200);
        console.Write(table);
        if (comparison.Seeds.Length > 1) to.WriteLine("Each figure is a mean over the seeds; below it its 95 % interval (bootstrap).");
    }

    private static string Text(Estimate estimate, string format)
    {
        var mean = estimate.Mean.ToString(format, CultureInfo.InvariantCulture);
        return estimate.Low < estimate.High
            ? $"{mean}\n{estimate.Low.ToString(format, CultureInfo.InvariantCulture)}..{estimate.High.ToString(format, CultureInfo.InvariantCulture)}"
            : mean;
    }
}

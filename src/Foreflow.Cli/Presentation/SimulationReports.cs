using System.Globalization;
using Foreflow.Simulator;
using Foreflow.Simulator.Measures;
using Foreflow.Simulator.Reports;
using Spectre.Console;

namespace Foreflow.Cli.Presentation;

/// <summary>Writes comparisons of policies.</summary>
public static class SimulationReports
{
    private static readonly (string Title, string Metric, string Format)[] Rows =
    [
        ("wait, mean s", "waitMeanSeconds", "0.###"), ("wait, 50 % s", "waitP50Seconds", "0.##"), ("wait, 95 % s", "waitP95Seconds", "0.##"), ("wait, 99 % s", "waitP99Seconds", "0.##"),
        ("violated minutes", "violationMinutes", "0.#"), ("share of minutes", "violationShare", "0.0000"),
        ("makespan, mean s", "makespanSeconds", "0.##"), ("over lower bound", "makespanOverLowerBound", "0.000"),
        ("replica-hours", "replicaHours", "0.##"), ("over oracle", "replicaHoursOverOracle", "0.000"), ("utilisation", "utilisation", "0.000"),
        ("reserved h, reclaimed", "reclaimedHours", "0.##"), ("reserved h, wasted", "wastedReservationHours", "0.##"), ("cold starts", "coldStarts", "0.#"),
        ("level changes/h", "levelChangesPerHour", "0.##"), ("decisions", "decisions", "0.#"),
        ("runs arrived", "runsArrived", "0.#"), ("runs completed", "runsCompleted", "0.#"), ("runs failed", "runsFailed", "0.#"),
    ];

    /// <summary>Writes a comparison in the form asked for.</summary>
    public static void Write(TextWriter to, Comparison comparison, OutputFormat format)
    {
        if (format == OutputFormat.Json) Output.Json(to, DocumentOf(comparison));
        else Print(to, comparison, Report.WidthOf(to));
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

    /// <summary>Prints for people: a row for each figure, and as many policies beside each other as the width has room for.</summary>
    internal static void Print(TextWriter to, Comparison comparison, int width)
    {
        to.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{comparison.Scenario.Name}: {comparison.Seeds.Length} {(comparison.Seeds.Length == 1 ? "seed" : "seeds")} from {comparison.Scenario.Seed}, {comparison.Events:N0} events, {comparison.EventsPerSecond:N0} a second"));
        var rows = Rows.Where(r => comparison.Policies.All(p => p.Metrics.Any(m => m.Key == r.Metric))).ToArray();
        var cells = comparison.Policies.Select(p => (p.Name, Texts: rows.Select(r => Text(p[r.Metric], r.Format)).ToArray())).ToArray();
        foreach (var block in Blocks(cells, rows.Max(r => r.Title.Length), width))
        {
            var table = new Table { Border = TableBorder.Simple };
            table.AddColumn(new TableColumn("").NoWrap());
            foreach (var (name, _) in block) table.AddColumn(new TableColumn(Markup.Escape(name)).RightAligned().NoWrap());
            for (var r = 0; r < rows.Length; r++) table.AddRow([rows[r].Title, .. block.Select(p => p.Texts[r])]);
            Report.Write(to, table, width);
        }

        if (comparison.Seeds.Length > 1) to.WriteLine("A figure is a mean over the seeds, beside it its 95 % interval (bootstrap).");
    }

    /// <summary>As many policies beside each other as the lines have room for.</summary>
    private static IEnumerable<List<(string Name, string[] Texts)>> Blocks(IEnumerable<(string Name, string[] Texts)> policies, int titles, int width)
    {
        const int Margin = 2, Gap = 3;
        var block = new List<(string, string[])>();
        var taken = Margin + titles;
        foreach (var policy in policies)
        {
            var own = Gap + Math.Max(policy.Name.Length, policy.Texts.Max(t => t.Length));
            if (block.Count > 0 && taken + own > width)
            {
                yield return block;
                (block, taken) = ([], Margin + titles);
            }

            block.Add(policy);
            taken += own;
        }

        yield return block;
    }

    private static string Text(Estimate estimate, string format)
    {
        var mean = estimate.Mean.ToString(format, CultureInfo.InvariantCulture);
        return estimate.Low < estimate.High
            ? $"{mean}  {estimate.Low.ToString(format, CultureInfo.InvariantCulture)}..{estimate.High.ToString(format, CultureInfo.InvariantCulture)}"
            : mean;
    }
}

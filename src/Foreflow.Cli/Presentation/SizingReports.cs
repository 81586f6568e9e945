using System.Globalization;
using Foreflow.Traces.Sizing;
using Foreflow.Traces.Tasks;
using Spectre.Console;

namespace Foreflow.Cli.Presentation;

/// <summary>Shows how sizing did on a trace.</summary>
public static class SizingReports
{
    private const string Unit = "waste in GBh: 10^9 bytes granted and not used, times hours; a grant that was too small counts whole";

    /// <summary>Writes the report in a form.</summary>
    public static void Print(TextWriter to, TaskTrace trace, SizingReport report, ReportFormat format)
    {
        if (format == ReportFormat.Json) Output.Json(to, Document(trace, report));
        else if (format == ReportFormat.Csv) PrintCsv(to, report);
        else PrintTable(to, trace, report);
    }

    /// <summary>What Foreflow granted each task, as CSV: data row from 1, every grant in bytes in order, how it ended.</summary>
    public static IEnumerable<string> PredictionLines(SizingReport report) =>
        report.Predictions.Select(p => Report.CsvLine(p.Row, string.Join(';', p.GrantsBytes), p.Succeeded ? "ok" : "fail")).Prepend("row,grants,outcome");

    private static object Document(TaskTrace trace, SizingReport report) => new
    {
        trace = trace.Path,
        layout = trace.Layout,
        unit = Unit,
        total = Document(report.Total),
        processes = report.Processes.Select(Document),
        leftOut = report.LeftOut.GroupBy(l => l.Reason).Select(g => new { reason = g.Key, count = g.Count(), rows = g.Select(l => l.Row) }),
    };

    private static object Document(SizingRow row) => new
    {
        process = row.Process,
        tasks = row.Tasks,
        usedGBh = Round(row.UsedGBh),
        preset = Document(row.Preset),
        baseline = Document(row.Baseline),
        foreflow = Document(row.Foreflow),
        overBaseline = row.OverBaseline is { } over ? Math.Round(over, 4) : (double?)null,
    };

    private static object Document(PolicyWaste waste) => new { wasteGBh = Round(waste.WasteGBh), failedGrants = waste.FailedGrants, tasksFailedFirst = waste.TasksFailedFirst };

    private static void PrintCsv(TextWriter to, SizingReport report)
    {
        to.WriteLine("process,tasks,used_gbh,preset_waste_gbh,preset_failed_grants,preset_tasks_failed_first,baseline_waste_gbh,baseline_failed_grants,baseline_tasks_failed_first,foreflow_waste_gbh,foreflow_failed_grants,foreflow_tasks_failed_first,over_baseline");
        foreach (var row in report.Processes.Append(report.Total))
        {
            to.WriteLine(Report.CsvLine(
                row.Process, row.Tasks, Round(row.UsedGBh),
                Round(row.Preset.WasteGBh), row.Preset.FailedGrants, row.Preset.TasksFailedFirst,
                Round(row.Baseline.WasteGBh), row.Baseline.FailedGrants, row.Baseline.TasksFailedFirst,
                Round(row.Foreflow.WasteGBh), row.Foreflow.FailedGrants, row.Foreflow.TasksFailedFirst,
                row.OverBaseline is { } over ? Math.Round(over, 4) : null));
        }
    }

    private static void PrintTable(TextWriter to, TaskTrace trace, SizingReport report)
    {
        to.WriteLine($"{trace.Path} ({trace.Layout})");
        to.WriteLine($"{Unit}. Baseline: 1.1 times the largest peak so far. Failed: share of tasks whose first grant was too small.");
        var table = new Table().Border(TableBorder.Simple).AddColumn(new TableColumn("process").NoWrap());
        foreach (var column in (string[])["tasks", "used", "preset", "baseline", "failed", "foreflow", "failed", "ratio"])
        {
            table.AddColumn(new TableColumn(column).RightAligned().NoWrap());
        }

        foreach (var row in report.Processes) Add(table, row, "");
        Add(table, report.Total, "bold");
        Report.Write(to, table);
        foreach (var reason in report.LeftOut.GroupBy(l => l.Reason).OrderByDescending(g => g.Count()))
        {
            to.WriteLine($"left out: {reason.Count()} rows, {reason.Key} (row {string.Join(", ", reason.Take(5).Select(l => l.Row))}{(reason.Count() > 5 ? ", …" : "")})");
        }
    }

    private static void Add(Table table, SizingRow row, string style)
    {
        // A ratio of next to nothing says nothing.
        const double Noticeable = 0.05;
        var ratio = row.Baseline.WasteGBh >= Noticeable && row.OverBaseline is { } over ? over.ToString("0 %", CultureInfo.InvariantCulture) : "-";
        string[] cells =
        [
            Short(row.Process), row.Tasks.ToString(CultureInfo.InvariantCulture), GBh(row.UsedGBh), GBh(row.Preset.WasteGBh), GBh(row.Baseline.WasteGBh),
            Failed(row.Baseline, row.Tasks), GBh(row.Foreflow.WasteGBh), Failed(row.Foreflow, row.Tasks), ratio,
        ];
        table.AddRow(cells.Select(c => style.Length == 0 ? Markup.Escape(c) : $"[{style}]{Markup.Escape(c)}[/]").ToArray());
    }

    private static string Short(string process) => process.Length <= 24 ? process : "…" + process[^23..];

    private static string Failed(PolicyWaste waste, int tasks) =>
        waste.TasksFailedFirst == 0 ? "0" : (waste.TasksFailedFirst / (double)Math.Max(1, tasks)).ToString("0.0 %", CultureInfo.InvariantCulture);

    private static string GBh(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    private static double Round(double value) => Math.Round(value, 4);
}

using System.Globalization;
using Foreflow.Cli.Commands;
using Spectre.Console;

namespace Foreflow.Cli.Presentation;

/// <summary>Prints how methods did.</summary>
internal static class BacktestReports
{
    public static void Print(TextWriter to, BacktestRequest request, IReadOnlyList<BacktestCase> cases, IReadOnlyList<MethodScore> scores, OutputFormat format)
    {
        if (format == OutputFormat.Json) Output.Json(to, Document(request, cases, scores));
        else PrintTable(to, request, cases, scores);
    }

    private static object Document(BacktestRequest request, IReadOnlyList<BacktestCase> cases, IReadOnlyList<MethodScore> scores) => new
    {
        request.File,
        request.Horizon,
        request.Origins,
        request.Seed,
        Series = cases.Select(one => one.Id).Distinct().Count(),
        Forecasts = cases.Count,
        ScaledBySeasons = cases.Select(one => one.Period).Distinct().Order(),
        Methods = scores.Select(line => new
        {
            line.Method,
            Mase = Known(line.Score.Mase),
            Smape = Known(line.Score.Smape),
            Pinball = Known(line.Score.Pinball),
            Coverage80 = Known(line.Score.Coverage80),
            Coverage95 = Known(line.Score.Coverage95),
            Msis = Known(line.Score.Msis),
            CpuSeconds = Math.Round(line.CpuSeconds, 6),
            CpuSecondsPerForecast = Math.Round(line.CpuSeconds / cases.Count, 6),
            line.Failed,
            line.Reason,
        }),
    };

    private static void PrintTable(TextWriter to, BacktestRequest request, IReadOnlyList<BacktestCase> cases, IReadOnlyList<MethodScore> scores)
    {
        int[] periods = [.. cases.Select(one => one.Period).Distinct().Order()];
        var scale = periods is [1] ? "change from step to step" : $"change over {string.Join(", ", periods.Take(5))}{(periods.Length > 5 ? ", …" : "")} steps";
        to.WriteLine($"{Count(cases.Count, "forecast")} of {Count(request.Horizon, "step")}, {Count(request.Origins, "origin")} a series; MASE, pinball loss and MSIS over the mean {scale}; seed {request.Seed}");
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn(new TableColumn("method").NoWrap());
        foreach (var name in new[] { "MASE", "sMAPE", "pinball", "cover 80 %", "cover 95 %", "MSIS", "CPU s", "a forecast" }) table.AddColumn(new TableColumn(name).RightAligned().NoWrap());
        foreach (var (method, score, cpu, _, _) in scores)
        {
            table.AddRow(
                method, Text(score.Mase), Text(score.Smape, "0.00"), Text(score.Pinball), Text(100 * score.Coverage80, "0.0"), Text(100 * score.Coverage95, "0.0"),
                Text(score.Msis, "0.00"), Text(cpu), Text(cpu / cases.Count, "0.0000"));
        }
        Report.Write(to, table);
        foreach (var line in scores.Where(line => line.Failed > 0))
            to.WriteLine($"{line.Method}: not fitted to {line.Failed} of {Count(cases.Count, "history", "histories")}: {line.Reason}");
        if (scores.Any(line => double.IsNaN(line.Score.Mase) && line.Failed < cases.Count))
            to.WriteLine("-: the histories repeat exactly, so there is no error to scale by");
    }

    private static string Count(int count, string one, string? many = null) => $"{count} {(count == 1 ? one : many ?? one + "s")}";

    private static double? Known(double value) => double.IsFinite(value) ? value : null;

    private static string Text(double value, string format = "0.000") => double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "-";
}

using System.Globalization;
using Foreflow.Cli.Commands;
using Foreflow.Core.Forecasting.Ensemble;
using Foreflow.Core.Forecasting.Intervals;
using Foreflow.Core.Forecasting.Preparation;
using Foreflow.Traces.Series;
using Spectre.Console;

namespace Foreflow.Cli.Presentation;

/// <summary>Prints the forecast of one series.</summary>
internal static class ForecastReports
{
    public static void Print(TextWriter to, ForecastRequest request, FileSeries series, EnsembleForecaster forecaster, QuantileForecast forecast)
    {
        switch (request.Output)
        {
            case ForecastOutput.Json:
                Output.Json(to, Document(request, series, forecaster, forecast));
                break;
            case ForecastOutput.Csv:
                ForecastCsv.Write(to, request.Coverages, [new NamedForecast(series.Name, forecast)]);
                break;
            default:
                PrintSummary(to, request, series, forecaster);
                PrintTable(to, request, series.Grid, forecast);
                break;
        }
    }

    private static object Document(ForecastRequest request, FileSeries series, EnsembleForecaster forecaster, QuantileForecast forecast) => new
    {
        request.File,
        Column = series.Name,
        request.Method,
        request.Seed,
        Observations = series.Values.Length,
        Step = series.Grid?.Step,
        forecaster.Periods,
        Notes = series.Notes.Concat(forecaster.Notes),
        Models = forecaster.Reports.Select(report => new
        {
            report.Name,
            Description = report.Description.Length == 0 ? null : report.Description,
            Weight = Math.Round(report.Weight, 4),
            Error = double.IsFinite(report.Error) ? report.Error : (double?)null,
            Reason = report.Reason.Length == 0 ? null : report.Reason,
        }),
        Forecast = ForecastCsv.Steps(forecast, request.Coverages),
        Times = series.Grid is null ? null : Enumerable.Range(1, forecast.Horizon).Select(ahead => TimeText(series.Grid, ahead)),
    };

    private static void PrintSummary(TextWriter to, ForecastRequest request, FileSeries series, EnsembleForecaster forecaster)
    {
        var season = forecaster.Periods.Count == 0 ? "no season" : $"season {string.Join(" and ", forecaster.Periods)} steps";
        var step = series.Grid is null ? "" : $", {Span(series.Grid.Step)} a step";
        to.WriteLine($"{series.Name}: {series.Values.Length} value{(series.Values.Length == 1 ? "" : "s")}{step}, {season}, method {request.Method}, seed {request.Seed}");
        foreach (var note in series.Notes.Concat(forecaster.Notes)) to.WriteLine($"  {note}");
        foreach (var report in forecaster.Reports.Where(report => report.Weight > 0))
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {100 * report.Weight,5:0.0} %  {report.Name}: {report.Description}"));
        var leftOut = forecaster.Reports.Count(report => report.Weight == 0);
        if (leftOut > 0) to.WriteLine($"  {leftOut} models left out (--output json says why)");
    }

    private static void PrintTable(TextWriter to, ForecastRequest request, TimeGrid? grid, QuantileForecast forecast)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn(new TableColumn("step").RightAligned());
        if (grid is not null) table.AddColumn("time");
        foreach (var name in new[] { "mean" }.Concat(request.Coverages.SelectMany(ForecastCsv.Names))) table.AddColumn(new TableColumn(name).RightAligned());
        for (var i = 0; i < forecast.Horizon; i++)
        {
            List<string> cells = [(i + 1).ToString(CultureInfo.InvariantCulture)];
            if (grid is not null) cells.Add(TimeText(grid, i + 1));
            cells.Add(Number(forecast.Mean[i]));
            cells.AddRange(ForecastCsv.Ends(forecast, request.Coverages, i).Select(Number));
            table.AddRow([.. cells.Select(Markup.Escape)]);
        }
        Report.Write(to, table);
    }

    private static string TimeText(TimeGrid grid, int ahead) => grid.After(ahead).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    public static string Span(TimeSpan step) =>
        step.TotalDays >= 1 ? $"{step.TotalDays:0.##} d" : step.TotalHours >= 1 ? $"{step.TotalHours:0.##} h" : step.TotalMinutes >= 1 ? $"{step.TotalMinutes:0.##} min" : $"{step.TotalSeconds:0.###} s";
}

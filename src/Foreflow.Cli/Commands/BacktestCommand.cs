using System.CommandLine;
using System.Globalization;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Accuracy;
using Foreflow.Core.Forecasting.Ensemble;
using Foreflow.Core.Forecasting.Seasonality;
using Foreflow.Traces;
using Foreflow.Traces.Series;
using Spectre.Console;

namespace Foreflow.Cli.Commands;

/// <summary><c>foreflow backtest FILE</c>: how well each method would have forecast the end of a series.</summary>
public static class BacktestCommand
{
    private const string DefaultMethods = "auto,snaive,naive";

    /// <summary>The command.</summary>
    public static Command Build()
    {
        var series = new SeriesOptions();
        var methods = new Option<string>("--method", "--methods")
        {
            Description = $"Methods to compare, or all: {string.Join(", ", ForecastMethods.Names)}", DefaultValueFactory = _ => DefaultMethods, HelpName = "NAMES",
        };
        var origins = new Option<int>("--origins") { Description = "Points from which forecasts are made, one horizon apart", DefaultValueFactory = _ => 5, HelpName = "N" };
        var output = Output.Option();
        var command = new Command("backtest", "Forecast the end of a series from several points before it and score the methods by what came.\n\nExamples:\n  foreflow backtest requests.csv --origins 10\n  foreflow backtest load.csv.gz --column zone1 --method all --output json")
        {
            series.File, methods, origins, output,
        };
        foreach (var option in series.All) command.Options.Add(option);
        command.SetAction((parsed, cancel) =>
        {
            if (parsed.GetValue(origins) is < 1 or > 1000) throw new UserErrorException("--origins: from 1 to 1000");
            var request = new Request(
                parsed.GetValue(series.File)!, parsed.GetValue(series.Column), parsed.GetValue(series.Time), parsed.GetValue(series.Format), series.HorizonOf(parsed),
                series.PeriodsOf(parsed), NamesOf(parsed.GetValue(methods)!), parsed.GetValue(origins), parsed.GetValue(series.Seed));
            return Task.FromResult(Execute(request, parsed.GetValue(output), cancel));
        });
        return command;
    }

    private static int Execute(Request request, OutputFormat format, CancellationToken cancel)
    {
        try
        {
            var cases = CasesOf(request);
            var lines = request.Methods.Select(method => Score(request, cases, method, cancel)).ToList();
            if (format == OutputFormat.Json)
                Output.Json(new { request.File, request.Horizon, request.Origins, request.Seed, Series = cases.Select(c => c.Id).Distinct().Count(), Forecasts = cases.Count, Methods = lines });
            else
                Print(request, cases, lines);
            return lines.TrueForAll(line => line.Failed == 0) ? ExitCodes.Ok : ExitCodes.Failed;
        }
        catch (TraceFileException error)
        {
            throw new UserErrorException(error.Message);
        }
    }

    private static string[] NamesOf(string text)
    {
        string[] names = text == "all" ? [.. ForecastMethods.Names] : text.Split(',');
        foreach (var name in names) SeriesOptions.MethodOf(name);
        return names;
    }

    /// <summary>Cuts every series at its last origins; errors are scaled by the shortest season known before the first.</summary>
    private static List<Case> CasesOf(Request request)
    {
        var all = request.Format == SeriesFormat.M4
            ? WideSeriesFile.Read(request.File).Select(series => (series.Id, series.Values, Likely: (IReadOnlyList<int>)[]))
            : [Single(SeriesFile.Read(request.File, request.Column, request.Time))];
        var cases = new List<Case>();
        foreach (var (id, values, likely) in all)
        {
            var first = values.Length - (request.Origins * request.Horizon);
            if (first < 2)
                throw new UserErrorException(
                    $"{request.File}: {id}: {values.Length} values are too few for {request.Origins} origins {request.Horizon} steps apart: lower --origins or --horizon");
            var periods = request.Periods ?? (values.AsSpan(0, first).ContainsAnyExcept(double.NaN) ? SeasonalityDetector.Detect(values.AsSpan(0, first), likely).Found : []);
            for (var origin = first; origin < values.Length; origin += request.Horizon)
                cases.Add(new Case(id, values[..origin], values[origin..(origin + request.Horizon)], likely, periods.Count > 0 ? periods[0] : 1));
        }
        return cases;
    }

    private static (string Id, double[] Values, IReadOnlyList<int> Likely) Single(FileSeries series) => (series.Name, series.Values, series.Grid?.LikelyPeriods ?? []);

    private static MethodLine Score(Request request, List<Case> cases, string method, CancellationToken cancel)
    {
        var scores = new List<ForecastScore>();
        var failed = 0;
        var model = SeriesOptions.MethodOf(method);
        var before = Environment.CpuUsage.TotalTime;
        foreach (var (_, history, actual, likely, period) in cases)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                var options = new EnsembleOptions { Horizon = request.Horizon, Periods = request.Periods, LikelyPeriods = likely, Seed = request.Seed };
                var forecast = model.Fit(history, options).Forecast(request.Horizon, ForecastScore.Levels);
                scores.Add(ForecastScore.Of(actual, forecast, ForecastAccuracy.SeasonalNaiveScale(history, period)));
            }
            catch (ForecastFitException)
            {
                failed++;
            }
        }
        return new MethodLine(method, ForecastScore.Mean(scores), (Environment.CpuUsage.TotalTime - before).TotalSeconds / cases.Count, failed);
    }

    private static void Print(Request request, List<Case> cases, List<MethodLine> lines)
    {
        Console.Out.WriteLine($"{cases.Count} forecasts of {request.Horizon} steps, {request.Origins} origins a series, errors scaled by season {cases[0].Period}, seed {request.Seed}");
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("method");
        foreach (var name in new[] { "MASE", "sMAPE", "pinball", "cover 80 %", "cover 95 %", "MSIS", "CPU s" }) table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var (method, score, cpu, failed) in lines)
        {
            table.AddRow(
                failed > 0 ? $"{method} ({failed} not fitted)" : method, Text(score.Mase), Text(score.Smape, "0.00"), Text(score.Pinball), Text(100 * score.Coverage80, "0.0"),
                Text(100 * score.Coverage95, "0.0"), Text(score.Msis, "0.00"), Text(cpu));
        }
        AnsiConsole.Write(table);
    }

    private static string Text(double value, string format = "0.000") => double.IsNaN(value) ? "-" : value.ToString(format, CultureInfo.InvariantCulture);

    private sealed record Request(
        string File, string? Column, string? Time, SeriesFormat Format, int Horizon, IReadOnlyList<int>? Periods, string[] Methods, int Origins, ulong Seed);

    private sealed record Case(string Id, double[] History, double[] Actual, IReadOnlyList<int> Likely, int Period);

    /// <summary>How one method did; CPU in seconds a forecast, its fit included.</summary>
    private sealed record MethodLine(string Method, ForecastScore Score, double CpuSeconds, int Failed);
}

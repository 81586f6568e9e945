using System.CommandLine;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Ensemble;
using Foreflow.Core.Forecasting.Intervals;
using Foreflow.Traces;
using Foreflow.Traces.Series;

namespace Foreflow.Cli.Commands;

/// <summary><c>foreflow forecast FILE</c>: forecasts a series, or every series of a wide file.</summary>
public static class ForecastCommand
{
    /// <summary>The command.</summary>
    public static Command Build()
    {
        var series = new SeriesOptions();
        var method = new Option<string>("--method") { Description = $"One of {string.Join(", ", ForecastMethods.Names)}", DefaultValueFactory = _ => ForecastMethods.Auto, HelpName = "NAME" };
        var levels = new Option<string>("--levels") { Description = "Coverage of the intervals in percent", DefaultValueFactory = _ => "80,95", HelpName = "PERCENT" };
        var output = new Option<ForecastOutput>("--output", "-o") { Description = "Form of the answer", DefaultValueFactory = _ => ForecastOutput.Table };
        var plot = new Option<string?>("--plot") { Description = "Draws history, median and fan into this PNG or SVG file", HelpName = "FILE" };
        var write = new Option<string?>("--out") { Description = "Writes the forecasts to this CSV file", HelpName = "FILE" };
        var command = new Command("forecast", "Forecast a series: seasons are looked for, models tried on what came after earlier points, and weighted.\n\nExamples:\n  foreflow forecast requests.csv\n  foreflow forecast load.csv.gz --column zone1 --horizon 168 --levels 80,95 --plot load.png\n  foreflow forecast hourly.csv --format m4 --out forecasts.csv")
        {
            series.File, method, levels, output, plot, write,
        };
        foreach (var option in series.All) command.Options.Add(option);
        command.SetAction((parsed, cancel) => Task.FromResult(Execute(
            parsed.InvocationConfiguration,
            new ForecastRequest(
                parsed.GetValue(series.File)!, parsed.GetValue(series.Column), parsed.GetValue(series.Time), series.HorizonOf(parsed),
                series.PeriodsOf(parsed), parsed.GetValue(method)!, SeriesOptions.MethodOf(parsed.GetValue(method)!),
                SeriesOptions.CoveragesOf(parsed.GetValue(levels)!), parsed.GetValue(series.Seed), parsed.GetValue(output),
                ForecastPlot.Check(parsed.GetValue(plot)), OutputFile.Check("--out", parsed.GetValue(write))),
            series.FormatOf(parsed), cancel)));
        return command;
    }

    private static int Execute(InvocationConfiguration streams, ForecastRequest request, SeriesFormat format, CancellationToken cancel)
    {
        try
        {
            return format == SeriesFormat.M4 ? WideForecasts.Run(streams, request, cancel) : One(streams.Output, request);
        }
        catch (TraceFileException error)
        {
            throw new UserErrorException(error.Message);
        }
    }

    private static int One(TextWriter to, ForecastRequest request)
    {
        var series = SeriesFile.Read(request.File, request.Column, request.Time);
        SeriesOptions.CheckPeriods(request.Periods, request.File, series);
        EnsembleForecaster forecaster;
        try
        {
            forecaster = request.Model.Fit(series.Values, request.OptionsFor(series.Grid?.LikelyPeriods ?? []));
        }
        catch (ForecastFitException error)
        {
            throw new UserErrorException($"{request.File}: {series.Name}: {error.Message}", ExitCodes.Failed);
        }

        var forecast = forecaster.Forecast(request.Horizon, request.Levels);
        if (request.Plot is not null) ForecastPlot.Draw(request.Plot, series, request.Method, forecast, request.Coverages);
        if (request.Write is not null) ForecastCsv.WriteFile(request.Write, request.Coverages, [new NamedForecast(series.Name, forecast)]);
        ForecastReports.Print(to, request, series, forecaster, forecast);
        return ExitCodes.Ok;
    }
}

/// <summary>The form of a forecast.</summary>
public enum ForecastOutput
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>One JSON document.</summary>
    Json,

    /// <summary>A row a step.</summary>
    Csv,
}

/// <summary>What was asked of <c>forecast</c>, checked.</summary>
internal sealed record ForecastRequest(
    string File, string? Column, string? Time, int Horizon, IReadOnlyList<int>? Periods, string Method, EnsembleModel Model, double[] Coverages,
    ulong Seed, ForecastOutput Output, string? Plot, string? Write)
{
    /// <summary>The quantiles that bound the intervals, and the median.</summary>
    public double[] Levels => [.. QuantileForecast.LevelsOf(Coverages).Append(0.5).Order()];

    /// <summary>The options of a fit.</summary>
    public EnsembleOptions OptionsFor(IReadOnlyList<int> likelyPeriods) => new() { Horizon = Horizon, Periods = Periods, LikelyPeriods = likelyPeriods, Seed = Seed };
}

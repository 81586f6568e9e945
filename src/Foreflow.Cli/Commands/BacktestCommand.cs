using System.CommandLine;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Forecasting.Accuracy;
using Foreflow.Core.Forecasting.Ensemble;
using Foreflow.Core.Forecasting.Seasonality;
using Foreflow.Traces;
using Foreflow.Traces.Series;

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
        var command = new Command("backtest", "Forecast the end of a series from several points before it and score the methods by what came.\n\nExamples:\n  foreflow backtest requests.csv --origins 10\n  foreflow backtest load.csv.gz --column zone1 --method all --output json\n  foreflow backtest hourly.csv --format m4 --origins 1")
        {
            series.File, methods, origins, output,
        };
        foreach (var option in series.All) command.Options.Add(option);
        command.SetAction((parsed, cancel) =>
        {
            if (parsed.GetValue(origins) is < 1 or > 1000) throw new UserErrorException("--origins: from 1 to 1000");
            var request = new BacktestRequest(
                parsed.GetValue(series.File)!, parsed.GetValue(series.Column), parsed.GetValue(series.Time), series.FormatOf(parsed), series.HorizonOf(parsed),
                series.PeriodsOf(parsed), NamesOf(parsed.GetValue(methods)!), parsed.GetValue(origins), parsed.GetValue(series.Seed));
            return Task.FromResult(Execute(parsed.InvocationConfiguration, request, parsed.GetValue(output), cancel));
        });
        return command;
    }

    private static int Execute(InvocationConfiguration streams, BacktestRequest request, OutputFormat format, CancellationToken cancel)
    {
        try
        {
            var backtest = new Backtest(request.Horizon, request.Periods, request.Seed, CasesOf(request));
            List<MethodScore> scores = [];
            ProgressLines.Over(streams.Error, "methods", request.Methods.Count, tick =>
            {
                foreach (var method in request.Methods)
                {
                    scores.Add(backtest.Score(method, cancel));
                    tick();
                }
            });
            BacktestReports.Print(streams.Output, request, backtest.Cases, scores, format);
            return scores.Exists(score => score.Failed == backtest.Cases.Count) && scores.Count == 1 ? ExitCodes.Failed : ExitCodes.Ok;
        }
        catch (TraceFileException error)
        {
            throw new UserErrorException(error.Message);
        }
    }

    private static IReadOnlyList<string> NamesOf(string text)
    {
        if (text == "all") return ForecastMethods.Names;
        string[] names = [.. text.Split(',', StringSplitOptions.TrimEntries).Distinct()];
        foreach (var name in names) SeriesOptions.MethodOf(name);
        return names;
    }

    /// <summary>Cuts every series at its last origins; errors are scaled by the shortest season known before the first.</summary>
    private static List<BacktestCase> CasesOf(BacktestRequest request)
    {
        var all = request.Format == SeriesFormat.M4
            ? WideSeriesFile.Read(request.File).Select(series => (series.Id, series.Values, Likely: (IReadOnlyList<int>)[]))
            : [Single(request)];
        var cases = new List<BacktestCase>();
        foreach (var (id, values, likely) in all)
        {
            var first = values.Length - ((long)request.Origins * request.Horizon);
            if (first < 2)
            {
                throw new UserErrorException(
                    $"{request.File}: {id}: {values.Length} values are too few for {request.Origins} origins {request.Horizon} steps apart: lower --origins or --horizon");
            }

            var before = values.AsSpan(0, (int)first);
            if (!before.ContainsAnyExcept(double.NaN)) throw new UserErrorException($"{request.File}: {id}: there is no value before the first origin: lower --origins or --horizon");
            var periods = request.Periods ?? SeasonalityDetector.Detect(before, likely).Found;
            for (var origin = (int)first; origin < values.Length; origin += request.Horizon)
                cases.Add(new BacktestCase(id, values[..origin], values[origin..(origin + request.Horizon)], likely, periods.Count > 0 ? periods[0] : 1));
        }
        return cases;
    }

    private static (string Id, double[] Values, IReadOnlyList<int> Likely) Single(BacktestRequest request)
    {
        var series = SeriesFile.Read(request.File, request.Column, request.Time);
        SeriesOptions.CheckPeriods(request.Periods, request.File, series);
        return (series.Name, series.Values, series.Grid?.LikelyPeriods ?? []);
    }
}

/// <summary>What was asked of <c>backtest</c>, checked.</summary>
internal sealed record BacktestRequest(
    string File, string? Column, string? Time, SeriesFormat Format, int Horizon, IReadOnlyList<int>? Periods, IReadOnlyList<string> Methods, int Origins, ulong Seed);

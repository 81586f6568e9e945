using System.CommandLine;
using System.Diagnostics;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Intervals;
using Foreflow.Traces.Series;

namespace Foreflow.Cli.Commands;

/// <summary>Forecasts every series of a wide file, several at a time; the answer does not depend on how many.</summary>
internal static class WideForecasts
{
    public static int Run(InvocationConfiguration streams, ForecastRequest request, CancellationToken cancel)
    {
        if (request.Plot is not null) throw new UserErrorException("--plot draws one series; a wide file holds many");
        var watch = Stopwatch.StartNew();
        var all = WideSeriesFile.Read(request.File);
        var forecasts = new QuantileForecast?[all.Count];
        var failures = new string?[all.Count];
        ProgressLines.Over(streams.Error, "series", all.Count, tick => Parallel.For(0, all.Count, new ParallelOptions { CancellationToken = cancel, MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            try
            {
                forecasts[i] = request.Model.Fit(all[i].Values, request.OptionsFor([])).Forecast(request.Horizon, request.Levels);
            }
            catch (ForecastFitException error)
            {
                failures[i] = $"{request.File}: series {all[i].Id}: {error.Message}";
            }
            tick();
        }));

        NamedForecast[] known = [.. all.Zip(forecasts, (series, forecast) => (series.Id, forecast)).Where(pair => pair.forecast is not null).Select(pair => new NamedForecast(pair.Id, pair.forecast!))];
        if (request.Write is not null) ForecastCsv.WriteFile(request.Write, request.Coverages, known);
        foreach (var failure in failures.OfType<string>()) streams.Error.WriteLine($"foreflow: {failure}");
        Answer(streams.Output, request, known, failures.Count(failure => failure is not null), watch.Elapsed);
        return known.Length == all.Count ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static void Answer(TextWriter to, ForecastRequest request, NamedForecast[] forecasts, int failed, TimeSpan elapsed)
    {
        switch (request.Output)
        {
            case ForecastOutput.Json:
                Output.Json(to, new
                {
                    request.File, request.Method, request.Seed, request.Horizon, Series = forecasts.Length, Failed = failed, Seconds = Math.Round(elapsed.TotalSeconds, 3),
                    Out = request.Write,
                    Forecasts = request.Write is null ? forecasts.Select(forecast => new { forecast.Id, Steps = ForecastCsv.Steps(forecast.Forecast, request.Coverages) }) : null,
                });
                break;
            case ForecastOutput.Table when request.Write is not null:
                to.WriteLine($"{forecasts.Length} series, {request.Horizon} steps each, in {elapsed.TotalSeconds:0.0} s -> {request.Write}");
                break;
            default:
                if (request.Write is null) ForecastCsv.Write(to, request.Coverages, forecasts);
                break;
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Accuracy;
using Foreflow.Core.Forecasting.Ensemble;

// Scores methods on sets of series and prints one markdown table a set.
// Usage: forecast-bench [--sets m4,nn5,…] [--methods auto,snaive,…] [--every N] [--back STEPS] [--season 24,168]
//   --every N     takes every Nth case, for a quick look
//   --back STEPS  moves every origin back, so that a change can be judged without looking at the test part
//   --cases       prints a line for each forecast below the table
var data = Environment.GetEnvironmentVariable("FOREFLOW_DATA") ?? throw new InvalidOperationException("Set FOREFLOW_DATA to the folder with the series.");
var sets = List("--sets");
var methods = List("--methods") is { Count: > 0 } chosen ? chosen : ["auto", "snaive", "naive"];
var every = Number("--every", 1);
var back = Number("--back", 0);
var season = List("--season").Select(int.Parse).ToArray();

foreach (var set in Dataset.All(data))
{
    if (sets.Count > 0 && !sets.Contains(set.Name)) continue;
    var cases = set.Cases(back).Where((_, i) => i % every == 0).ToList();
    Console.WriteLine($"\n{set.Protocol}: {cases.Count} forecasts{(back > 0 ? $", moved back {back} steps" : "")}\n");
    Console.WriteLine("| method | MASE | sMAPE | OWA | pinball | cover 80 | cover 95 | MSIS | CPU s a fit | ms an update | wall s |");
    Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
    var (benchmarkMase, benchmarkSmape) = Benchmark(cases);
    foreach (var method in methods)
    {
        var (scores, cost) = Evaluate(cases, method);
        ForecastScore[] known = [.. scores.OfType<ForecastScore>()];
        var (score, failed) = (ForecastScore.Mean(known), cases.Count - known.Length);
        var owa = set.Name == "m4" ? Text(ForecastAccuracy.Owa(score.Smape, score.Mase, benchmarkSmape, benchmarkMase), "0.0000") : "";
        Console.WriteLine(
            $"| {method} | {Text(score.Mase, "0.000")} | {Text(score.Smape, "0.00")} | {owa} | {Text(score.Pinball, "0.000")} " +
            $"| {Text(100 * score.Coverage80, "0.0")} | {Text(100 * score.Coverage95, "0.0")} | {Text(score.Msis, "0.00")} " +
            $"| {Text(cost.FitSeconds, "0.000")} | {Text(cost.UpdateMilliseconds, "0.000")} | {Text(cost.WallSeconds, "0.0")} |" +
            (failed > 0 ? $" {failed} not fitted" : ""));
        if (Array.IndexOf(args, "--cases") >= 0)
        {
            for (var i = 0; i < scores.Length; i++)
                Console.WriteLine(scores[i] is { } s ? $"  {method} {i}: MASE {Text(s.Mase, "0.000")} cover 95 {Text(100 * s.Coverage95, "0")} MSIS {Text(s.Msis, "0.0")}" : $"  {method} {i}: not fitted");
        }
    }
}

(double Mase, double Smape) Benchmark(List<Case> cases)
{
    var scored = cases.Where(c => !c.History.Any(double.IsNaN)).Select(c =>
    {
        var forecast = Naive2.Forecast(c.History, c.ScalePeriod, c.Actual.Length);
        return (Mase: ForecastAccuracy.Mase(c.Actual, forecast, ForecastAccuracy.SeasonalNaiveScale(c.History, c.ScalePeriod)), Smape: ForecastAccuracy.Smape(c.Actual, forecast));
    }).Where(s => double.IsFinite(s.Mase)).ToList();
    return scored.Count == 0 ? (double.NaN, double.NaN) : (scored.Average(s => s.Mase), scored.Average(s => s.Smape));
}

(ForecastScore?[] Scores, Cost Cost) Evaluate(List<Case> cases, string method)
{
    var scores = new ForecastScore?[cases.Count];
    var fitted = new EnsembleForecaster?[cases.Count];
    using var process = Process.GetCurrentProcess();
    var before = process.TotalProcessorTime;
    var wall = Stopwatch.StartNew();
    Parallel.For(0, cases.Count, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i =>
    {
        var (history, actual, likely, period) = cases[i];
        try
        {
            var options = new EnsembleOptions { Horizon = actual.Length, LikelyPeriods = likely, Periods = season.Length > 0 ? season : null };
            fitted[i] = ForecastMethods.Named(method).Fit(history, options);
            var forecast = fitted[i]!.Forecast(actual.Length, ForecastScore.Levels);
            scores[i] = ForecastScore.Of(actual, forecast, ForecastAccuracy.SeasonalNaiveScale(history, period));
        }
        catch (ForecastFitException)
        {
            // Counted and said in the table.
        }
    });
    var wallSeconds = wall.Elapsed.TotalSeconds;
    process.Refresh();
    var spent = (process.TotalProcessorTime - before).TotalSeconds / cases.Count;
    return (scores, new Cost(spent, UpdateMilliseconds(cases, fitted), wallSeconds));
}

// The forecast remembered now and then for the intervals is part of an update's cost, so a whole horizon of them is timed.
double UpdateMilliseconds(List<Case> cases, EnsembleForecaster?[] fitted)
{
    var updates = 0;
    var clock = Stopwatch.StartNew();
    for (var i = 0; i < cases.Count; i++)
    {
        if (fitted[i] is not { } forecaster) continue;
        foreach (var value in cases[i].Actual) forecaster.Update(value);
        updates += cases[i].Actual.Length;
    }
    return clock.Elapsed.TotalMilliseconds / Math.Max(1, updates);
}

static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

List<string> List(string name) => Array.IndexOf(args, name) is >= 0 and var i && i + 1 < args.Length ? [.. args[i + 1].Split(',')] : [];

int Number(string name, int otherwise) => List(name) is [var text, ..] ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;


/// <param name="FitSeconds">Processor time of a fit and its forecast, the time of the other core's collector and compiler included.</param>
/// <param name="UpdateMilliseconds">Time to take in one observation.</param>
/// <param name="WallSeconds">Time for all series on two threads.</param>
internal readonly record struct Cost(double FitSeconds, double UpdateMilliseconds, double WallSeconds);

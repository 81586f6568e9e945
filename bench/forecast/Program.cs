using System.Diagnostics;
using System.Globalization;
using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Accuracy;
using Foreflow.Core.Forecasting.Ensemble;

// Scores methods on sets of series and prints one markdown table a set.
// Usage: forecast-bench [--sets m4,nn5,…] [--methods auto,snaive,…] [--every N] [--back STEPS] [--season 24,168]
//   --every N     takes every Nth case, for a quick look
//   --back STEPS  moves every origin back, so that a change can be judged without looking at the test part
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
    Console.WriteLine("| method | MASE | sMAPE | OWA | pinball | cover 80 | cover 95 | MSIS | CPU ms a fit |");
    Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
    var (benchmarkMase, benchmarkSmape) = Benchmark(cases);
    foreach (var method in methods)
    {
        var (score, milliseconds, failed) = Evaluate(cases, method);
        var owa = set.Name == "m4" ? Text(ForecastAccuracy.Owa(score.Smape, score.Mase, benchmarkSmape, benchmarkMase), "0.0000") : "";
        Console.WriteLine(
            $"| {method} | {Text(score.Mase, "0.000")} | {Text(score.Smape, "0.00")} | {owa} | {Text(score.Pinball, "0.000")} " +
            $"| {Text(100 * score.Coverage80, "0.0")} | {Text(100 * score.Coverage95, "0.0")} | {Text(score.Msis, "0.00")} | {Text(milliseconds, "0")} |" +
            (failed > 0 ? $" {failed} not fitted" : ""));
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

(ForecastScore Score, double Milliseconds, int Failed) Evaluate(List<Case> cases, string method)
{
    var scores = new ForecastScore?[cases.Count];
    using var process = Process.GetCurrentProcess();
    var before = process.TotalProcessorTime;
    Parallel.For(0, cases.Count, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i =>
    {
        var (history, actual, likely, period) = cases[i];
        try
        {
            var options = new EnsembleOptions { Horizon = actual.Length, LikelyPeriods = likely, Periods = season.Length > 0 ? season : null };
            var forecast = ForecastMethods.Named(method).Fit(history, options).Forecast(actual.Length, ForecastScore.Levels);
            scores[i] = ForecastScore.Of(actual, forecast, ForecastAccuracy.SeasonalNaiveScale(history, period));
        }
        catch (ForecastFitException)
        {
            // Counted and said in the table.
        }
    });
    process.Refresh();
    var spent = (process.TotalProcessorTime - before).TotalMilliseconds / cases.Count;
    ForecastScore[] known = [.. scores.OfType<ForecastScore>()];
    return (ForecastScore.Mean(known), spent, cases.Count - known.Length);
}

static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

List<string> List(string name) => Array.IndexOf(args, name) is >= 0 and var i && i + 1 < args.Length ? [.. args[i + 1].Split(',')] : [];

int Number(string name, int otherwise) => List(name) is [var text, ..] ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

using System.Diagnostics;
using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Lstm;

namespace Foreflow.Bench.Lstm;

/// <summary>How one series went. Errors are over the in-sample error of the seasonal naive forecast of the shortest period (MASE).</summary>
internal sealed record Score(
    string Name, int Length, double Mase, double NaiveMase, double LongNaiveMase, double Smape, double Coverage95, double Pinball,
    TimeSpan Fit, TimeSpan Forecast, TimeSpan Update)
{
    public static Score Of(Case one, LstmModel model, ulong seed)
    {
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var forecaster = (LstmForecaster)model.Fit(one.History, new FitOptions(one.Periods, seed));
        var fit = Process.GetCurrentProcess().TotalProcessorTime - cpu;

        var clock = Stopwatch.StartNew();
        var quantiles = forecaster.ForecastQuantiles(one.Actual.Length);
        var forecastTime = clock.Elapsed;
        clock.Restart();
        forecaster.Clone().Update(one.Actual[0]);
        var update = clock.Elapsed;

        var filled = Filled(one.History, one.Periods[0]);
        var scale = Enumerable.Range(one.Periods[0], one.History.Length - one.Periods[0])
            .Select(t => Math.Abs(one.History[t] - one.History[t - one.Periods[0]])).Where(double.IsFinite).DefaultIfEmpty(1).Average();
        double Error(Func<int, double> forecast) => Mean(one.Actual, h => Math.Abs(one.Actual[h] - forecast(h))) / scale;
        double Naive(int period) => Error(h => filled[filled.Length - period + (h % period)]);
        var median = quantiles[forecaster.Levels.ToList().IndexOf(0.5)];
        return new Score(
            one.Name, one.History.Length, Error(h => median[h]), Naive(one.Periods[0]),
            Naive(one.Periods.Last(period => period <= one.History.Length)),
            Mean(one.Actual, h => Ratio(200 * Math.Abs(one.Actual[h] - median[h]), Math.Abs(one.Actual[h]) + Math.Abs(median[h]))),
            Mean(one.Actual, h => one.Actual[h] >= quantiles[0][h] && one.Actual[h] <= quantiles[^1][h] ? 1 : 0),
            Enumerable.Range(0, quantiles.Length).Average(q => Mean(one.Actual, h => Loss(one.Actual[h] - quantiles[q][h], forecaster.Levels[q]))) / scale,
            fit, forecastTime, update);
    }

    public static string Summary(IReadOnlyList<Score> scores)
    {
        var ratio = Math.Exp(scores.Average(score => Math.Log(Math.Max(1e-3, score.Mase) / Math.Max(1e-3, score.NaiveMase))));
        var fits = scores.Select(score => score.Fit.TotalSeconds).Order().ToArray();
        return $"""
            MASE {scores.Average(s => s.Mase):F3}; seasonal naive {scores.Average(s => s.NaiveMase):F3}, of the longest season {scores.Average(s => s.LongNaiveMase):F3}
            ratio to seasonal naive: {scores.Average(s => s.Mase) / scores.Average(s => s.NaiveMase):F3} of means, {ratio:F3} geometric mean, better on {scores.Count(s => s.Mase < s.NaiveMase)} of {scores.Count}
            sMAPE {scores.Average(s => s.Smape):F2}; inside the outer quantiles {scores.Average(s => s.Coverage95):P1}; pinball {scores.Average(s => s.Pinball):F4}
            fit {fits[fits.Length / 2]:F2} CPU-s median, {fits[^1]:F2} most; forecast {Median(scores, s => s.Forecast):F2} ms, clone and update {Median(scores, s => s.Update):F3} ms (medians)
            """;
    }

    public override string ToString() => $"{Name,-10} n {Length,4}  MASE {Mase:F3}  naive {NaiveMase:F3}  long {LongNaiveMase:F3}  inside {Coverage95:P0}  fit {Fit.TotalSeconds:F2} s";

    private static double Median(IReadOnlyList<Score> scores, Func<Score, TimeSpan> time) =>
        scores.Select(score => time(score).TotalMilliseconds).Order().ElementAt(scores.Count / 2);

    private static double Mean(double[] actual, Func<int, double> value) =>
        Enumerable.Range(0, actual.Length).Where(h => double.IsFinite(actual[h])).Select(value).DefaultIfEmpty(0).Average();

    private static double Ratio(double a, double b) => b == 0 ? 0 : a / b;

    private static double Loss(double error, double level) => error > 0 ? level * error : (level - 1) * error;

    private static double[] Filled(double[] history, int period)
    {
        var filled = (double[])history.Clone();
        for (var t = 0; t < filled.Length; t++)
        {
            if (!double.IsFinite(filled[t])) filled[t] = t >= period ? filled[t - period] : filled.First(double.IsFinite);
        }

        return filled;
    }
}

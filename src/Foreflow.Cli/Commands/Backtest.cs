using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Accuracy;
using Foreflow.Core.Forecasting.Ensemble;

namespace Foreflow.Cli.Commands;

/// <summary>One forecast to make and what it is scored by.</summary>
/// <param name="Id">Series it is of.</param>
/// <param name="History">Values before the origin, oldest first.</param>
/// <param name="Actual">What came after it.</param>
/// <param name="Likely">Seasons the clock suggests, in steps.</param>
/// <param name="Period">Season by whose naive error others are scaled; 1 for none.</param>
internal sealed record BacktestCase(string Id, double[] History, double[] Actual, IReadOnlyList<int> Likely, int Period);

/// <summary>How one method did.</summary>
/// <param name="Score">The mean over the forecasts it made.</param>
/// <param name="CpuSeconds">Processor time of all its forecasts, fits included.</param>
/// <param name="Failed">Histories it could not be fitted to.</param>
/// <param name="Reason">Why, for the first of them.</param>
internal sealed record MethodScore(string Method, ForecastScore Score, double CpuSeconds, int Failed, string? Reason);

/// <summary>Forecasts from known points and scores what methods say by what came. The scores do not depend on the number of processors.</summary>
internal sealed record Backtest(int Horizon, IReadOnlyList<int>? Periods, ulong Seed, IReadOnlyList<BacktestCase> Cases)
{
    /// <summary>Scores one method, several forecasts at a time; only one method at a time, so that the time of the processor is its own.</summary>
    public MethodScore Score(string method, CancellationToken cancel)
    {
        var model = SeriesOptions.MethodOf(method);
        var scores = new ForecastScore?[Cases.Count];
        var reasons = new string?[Cases.Count];
        var before = Environment.CpuUsage.TotalTime;
        Parallel.For(0, Cases.Count, new ParallelOptions { CancellationToken = cancel, MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            var (_, history, actual, likely, period) = Cases[i];
            try
            {
                var options = new EnsembleOptions { Horizon = Horizon, Periods = Periods, LikelyPeriods = likely, Seed = Seed };
                var forecast = model.Fit(history, options).Forecast(Horizon, ForecastScore.Levels);
                scores[i] = ForecastScore.Of(actual, forecast, ForecastAccuracy.SeasonalNaiveScale(history, period));
            }
            catch (ForecastFitException error)
            {
                reasons[i] = error.Message;
            }
        });
        var spent = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        ForecastScore[] known = [.. scores.OfType<ForecastScore>()];
        return new MethodScore(method, ForecastScore.Mean(known), spent, Cases.Count - known.Length, reasons.FirstOrDefault(reason => reason is not null));
    }
}

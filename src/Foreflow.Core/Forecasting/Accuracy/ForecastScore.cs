using Foreflow.Core.Forecasting.Intervals;

namespace Foreflow.Core.Forecasting.Accuracy;

/// <summary>How good one forecast was, or many on average.</summary>
/// <param name="Mase">Mean absolute scaled error; NaN where the history has no scale.</param>
/// <param name="Smape">Symmetric mean absolute percentage error, 0 to 200.</param>
/// <param name="Pinball">Mean pinball loss over <see cref="Levels"/>, over the MASE scale.</param>
/// <param name="Coverage80">Share of actual values within the 80 % interval.</param>
/// <param name="Coverage95">Share of actual values within the 95 % interval.</param>
/// <param name="Msis">Mean scaled interval score of the 95 % interval.</param>
public sealed record ForecastScore(double Mase, double Smape, double Pinball, double Coverage80, double Coverage95, double Msis)
{
    /// <summary>The levels a forecast must have to be scored: the ends of the 80 % and 95 % intervals, and the median.</summary>
    public static readonly IReadOnlyList<double> Levels = [0.025, 0.1, 0.5, 0.9, 0.975];

    /// <summary>Scores one forecast.</summary>
    /// <param name="actual">What came; NaN where it is not known.</param>
    /// <param name="forecast">With <see cref="Levels"/>, as long as <paramref name="actual"/>.</param>
    /// <param name="scale">From <see cref="ForecastAccuracy.SeasonalNaiveScale"/>.</param>
    public static ForecastScore Of(ReadOnlySpan<double> actual, QuantileForecast forecast, double scale)
    {
        if (!(scale > 0)) scale = double.NaN;
        double pinball = 0;
        foreach (var level in Levels) pinball += ForecastAccuracy.Pinball(actual, forecast.Quantile(level), level) / Levels.Count / scale;
        double[] lower = forecast.Quantile(0.025), upper = forecast.Quantile(0.975);
        return new ForecastScore(
            ForecastAccuracy.Mase(actual, forecast.Mean, scale),
            ForecastAccuracy.Smape(actual, forecast.Mean),
            pinball,
            ForecastAccuracy.Coverage(actual, forecast.Quantile(0.1), forecast.Quantile(0.9)),
            ForecastAccuracy.Coverage(actual, lower, upper),
            ForecastAccuracy.Msis(actual, lower, upper, 0.95, scale));
    }

    /// <summary>The mean of each measure, over the forecasts for which it is known.</summary>
    public static ForecastScore Mean(IReadOnlyCollection<ForecastScore> scores)
    {
        double Of(Func<ForecastScore, double> measure) =>
            scores.Select(measure).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();
        return new ForecastScore(
            Of(s => s.Mase), Of(s => s.Smape), Of(s => s.Pinball), Of(s => s.Coverage80), Of(s => s.Coverage95), Of(s => s.Msis));
    }
}

using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Linear;
using Foreflow.Core.Forecasting.Regression;

namespace Foreflow.Core.Tests.Forecasting;

public class ArmaProcessTests
{
    [Fact]
    public void Moving_averages_are_told_from_autoregressions()
    {
        var process = ArmaProcess.Fit(Simulate(3000, 1, [], [0.8]), 50);
        Assert.Equal(1, process.MovingAverage + process.Autoregressive);
        Assert.InRange(process.MovingAverageCoefficients[0], 0.74, 0.86);
        Assert.InRange(process.InnovationVariance, 0.93, 1.07);
    }

    [Fact]
    public void Coefficients_of_a_mixed_process_are_recovered()
    {
        var process = ArmaProcess.Fit(Simulate(4000, 2, [0.7], [0.6]), 50);
        Assert.Equal("ARMA(1,1)", process.ToString());
        Assert.InRange(process.AutoregressiveCoefficients[0], 0.63, 0.77);
        Assert.InRange(process.MovingAverageCoefficients[0], 0.52, 0.68);
    }

    [Fact]
    public void An_autoregression_stays_one()
    {
        var process = ArmaProcess.Fit(Simulate(2000, 3, [0.5, 0.3], []), 50);
        Assert.Equal(0, process.MovingAverage);
        Assert.Equal("AR(2)", process.ToString());
    }

    [Fact]
    public void Forecasts_and_their_deviations_are_those_of_theory()
    {
        var process = new ArmaProcess([0.5], [0.4], 4);
        Assert.Equal((0.5 * 10) + (0.4 * 3), process.Next([7, 10], [1, 3]), 12);
        Assert.Equal([6.2, 3.1, 1.55], process.Extend([7, 10], [1, 3], 3).Select(x => Math.Round(x, 12)));
        // ψ = 1, 0.9, 0.45
        var deviation = process.ForecastDeviation(3);
        Assert.Equal(2, deviation[0], 12);
        Assert.Equal(2 * Math.Sqrt(1 + 0.81), deviation[1], 12);
        Assert.Equal(2 * Math.Sqrt(1 + 0.81 + 0.2025), deviation[2], 12);
    }

    [Fact]
    public void A_season_with_moving_average_errors_is_forecast_with_them_and_updates_follow_a_refit()
    {
        double[] series = [.. Simulate(1300, 4, [], [0.9]).Select((x, t) => x + 20 + (5 * Math.Sin(2 * Math.PI * t / 24)))];
        var model = new HarmonicRegressionModel("harmonic", 3, 0);
        var forecaster = model.Fit(series.AsSpan(0, 1200), new FitOptions([24]));
        Assert.Contains("+ ARMA(", forecaster.Description, StringComparison.Ordinal);
        double squares = 0;
        for (var t = 1200; t < series.Length; t++)
        {
            squares += Math.Pow(series[t] - forecaster.Forecast(1).Mean[0], 2) / 100;
            forecaster.Update(series[t]);
        }
        // White errors of variance 1 are the best there is; without the moving average 1.81 would be left.
        Assert.InRange(squares, 0.7, 1.4);
    }

    private static double[] Simulate(int length, int seed, double[] autoregressive, double[] movingAverage)
    {
        var random = new SeededNormal((ulong)seed);
        var noise = new double[length + 200];
        var path = new double[noise.Length];
        for (var t = 0; t < path.Length; t++)
        {
            path[t] = noise[t] = random.Next();
            for (var j = 0; j < Math.Min(t, autoregressive.Length); j++) path[t] += autoregressive[j] * path[t - 1 - j];
            for (var j = 0; j < Math.Min(t, movingAverage.Length); j++) path[t] += movingAverage[j] * noise[t - 1 - j];
        }
        return path[200..];
    }
}

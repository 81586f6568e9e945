using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Theta;
using Foreflow.Core.Tests.Forecasting.Arima;

namespace Foreflow.Core.Tests.Forecasting.Theta;

public class ThetaModelTests
{
    [Fact]
    public void The_line_it_keeps_is_the_least_squares_line_of_all_observations()
    {
        // With α at 1 the level is the last observation; what the forecast adds is the trend share of the slope.
        double[] series = [3, 5, 4, 8, 9, 7, 12, 11];
        var state = new ThetaState(new ThetaParameters(0, 1, 4));
        foreach (var value in series) state.Step(value);

        var centre = (series.Length + 1) / 2.0;
        var slope = series.Select((y, i) => (i + 1 - centre) * y).Sum() / series.Select((_, i) => (i + 1 - centre) * (i + 1 - centre)).Sum();
        Assert.Equal(series[^1] + (0.75 * slope), state.Predict(), 1e-10);
    }

    [Fact]
    public void At_theta_1_it_is_simple_exponential_smoothing()
    {
        var state = new ThetaState(new ThetaParameters(10, 0.3, 1));
        var level = 10.0;
        foreach (var value in GaussianProcess.Normals(50, 1))
        {
            Assert.Equal(level, state.Predict(), 1e-10);
            state.Step(value);
            level += 0.3 * (value - level);
        }
    }

    [Fact]
    public void Recovers_the_smoothing_of_a_simulated_process()
    {
        var truth = new ThetaParameters(50, 0.35, 3);
        var series = Path(truth, 2000, seed: 2);
        var (parameters, sumOfSquares) = ThetaEstimator.Estimate(series);
        Assert.Equal(0.35, parameters.Alpha, 0.07);
        Assert.Equal(1, sumOfSquares / series.Length, 0.1);
    }

    [Fact]
    public void Deviations_are_those_of_simulated_futures()
    {
        const int horizon = 20, paths = 20_000;
        var truth = new ThetaParameters(50, 0.4, 5);
        var now = new ThetaState(truth);
        foreach (var value in Path(truth, 30, seed: 3)) now.Step(value);
        var (cycles, _) = SeasonalCycles.Of([], [], false);
        var forecast = new ThetaForecaster(truth, 1, now, cycles, 0, new ForecastBounds([], false)).Forecast(horizon);

        var normals = GaussianProcess.Normals(paths * horizon, seed: 4);
        var (sum, squares) = (new double[horizon], new double[horizon]);
        for (var path = 0; path < paths; path++)
        {
            var state = now;
            for (var h = 0; h < horizon; h++)
            {
                var value = state.Predict() + normals[(path * horizon) + h];
                state.Step(value);
                sum[h] += value;
                squares[h] += value * value;
            }
        }
        for (var h = 0; h < horizon; h++)
        {
            var mean = sum[h] / paths;
            var deviation = Math.Sqrt((squares[h] / paths) - (mean * mean));
            Assert.Equal(0, (mean - forecast.Mean[h]) / deviation, 0.04);
            Assert.Equal(1, forecast.StandardDeviation[h] / deviation, 0.03);
        }
    }

    [Fact]
    public void A_season_that_grows_with_the_level_is_taken_as_a_factor()
    {
        double[] series = [.. GaussianProcess.Normals(240, 5).Select((n, t) =>
            (100 + (3 * t)) * (1 + (0.4 * Math.Sin(2 * Math.PI * t / 12))) * (1 + (0.02 * n)))];
        var forecaster = new ThetaModel().Fit(series.AsSpan(0, 228), new FitOptions([12]));
        Assert.Contains("multiplicative", forecaster.Description);
        var mean = forecaster.Forecast(12).Mean;
        for (var h = 0; h < 12; h++) Assert.Equal(1, mean[h] / series[228 + h], 0.1);
    }

    [Fact]
    public void A_missing_observation_counts_as_it_was_expected()
    {
        var forecaster = new ThetaModel().Fit(Path(new ThetaParameters(50, 0.4, 2), 100, 6), new FitOptions([]));
        var before = forecaster.Forecast(2).Mean;
        forecaster.Update(double.NaN);
        Assert.Equal(before[1], forecaster.Forecast(1).Mean[0], 1e-9);
    }

    private static double[] Path(ThetaParameters parameters, int length, int seed)
    {
        var state = new ThetaState(parameters);
        var path = GaussianProcess.Normals(length, seed);
        for (var t = 0; t < length; t++)
        {
            path[t] += t < 2 ? parameters.Level : state.Predict();
            state.Step(path[t]);
        }
        return path;
    }
}

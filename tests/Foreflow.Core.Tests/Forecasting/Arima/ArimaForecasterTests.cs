using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Arima;

namespace Foreflow.Core.Tests.Forecasting.Arima;

public class ArimaForecasterTests
{
    private static readonly ArimaOrder Airline = new(0, 1, 1, 0, 1, 1, 12);
    private static readonly ArimaCoefficients AirlineCoefficients = new([], [-0.4], [], [-0.6], 0);

    public static TheoryData<string> Processes => ["AR(2) with mean", "ARIMA(1,1,1)", "airline"];

    /// <summary>
    /// Seeds 0 to 39: fitted to 500 observations each, then 80 times 12 steps forecast and taken in. 38,400 forecasts, of which the
    /// share covered has a standard error near 0.3 points, being correlated within twelve steps.
    /// </summary>
    [Theory, MemberData(nameof(Processes))]
    public void Intervals_of_95_percent_cover_94_to_96(string process)
    {
        var (order, coefficients) = process switch
        {
            "AR(2) with mean" => (new ArimaOrder(2, 0, 0, HasConstant: true), new ArimaCoefficients([0.9, -0.3], [], [], [], 20)),
            "ARIMA(1,1,1)" => (new ArimaOrder(1, 1, 1), new ArimaCoefficients([0.5], [-0.3], [], [], 0)),
            _ => (Airline, AirlineCoefficients),
        };
        const int length = 500, horizon = 12, origins = 80, paths = 40;
        var covered = 0;
        for (var seed = 0; seed < paths; seed++)
        {
            var path = GaussianProcess.Simulate(order, coefficients, length + (origins * horizon), seed, deviation: 3);
            var forecaster = new ArimaModel(new ArimaOptions { Order = order }).Fit(path.AsSpan(0, length), new FitOptions([]));
            for (var start = length; start < path.Length; start += horizon)
            {
                var forecast = forecaster.Forecast(horizon);
                for (var h = 0; h < horizon; h++)
                {
                    if (Math.Abs(path[start + h] - forecast.Mean[h]) <= 1.959964 * forecast.StandardDeviation[h]) covered++;
                    forecaster.Update(path[start + h]);
                }
            }
        }
        Assert.InRange(covered / (double)(paths * origins * horizon), 0.94, 0.96);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Updating_equals_starting_again_with_the_same_coefficients(bool withGaps)
    {
        var series = GaussianProcess.Simulate(Airline, AirlineCoefficients, 300, 1);
        if (withGaps) foreach (var t in (int[])[40, 150, 151, 205, 290, 299]) series[t] = double.NaN;
        var model = new ArimaModel(new ArimaOptions { Order = Airline });
        var updated = model.Fit(series.AsSpan(0, 200), new FitOptions([]));
        foreach (var value in series.AsSpan(200)) updated.Update(value);

        var restored = model.Restore(updated.Estimate, series, new FitOptions([]));

        AssertSame(restored.Forecast(24), updated.Forecast(24), 1e-6);
    }

    [Fact]
    public void A_budget_too_small_for_the_exact_filter_still_forecasts_nearly_the_same()
    {
        var series = GaussianProcess.Simulate(Airline, AirlineCoefficients, 400, 1);
        series[399] = double.NaN;
        var exact = new ArimaModel(new ArimaOptions { Order = Airline }).Fit(series, new FitOptions([]));
        var cheap = new ArimaModel(new ArimaOptions { Order = Airline, MaxFilterWork = 0 }).Fit(series, new FitOptions([]));

        AssertSame(exact.Forecast(24), cheap.Forecast(24), 0.2);
    }

    [Fact]
    public void A_missing_update_widens_the_next_interval()
    {
        var series = GaussianProcess.Simulate(Airline, AirlineCoefficients, 200, 1);
        var forecaster = new ArimaModel(new ArimaOptions { Order = Airline }).Fit(series, new FitOptions([]));
        var before = forecaster.Forecast(2);

        forecaster.Update(double.NaN);

        var after = forecaster.Forecast(1);
        Assert.Equal(before.Mean[1], after.Mean[0], 1e-9);
        Assert.Equal(before.StandardDeviation[1], after.StandardDeviation[0], 1e-9);
    }

    private static void AssertSame(PointForecast expected, PointForecast actual, double tolerance)
    {
        for (var h = 0; h < expected.Mean.Length; h++)
        {
            Assert.Equal(expected.Mean[h], actual.Mean[h], tolerance);
            Assert.Equal(expected.StandardDeviation[h], actual.StandardDeviation[h], tolerance);
        }
    }
}

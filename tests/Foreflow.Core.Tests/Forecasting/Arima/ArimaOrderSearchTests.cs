using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Arima;

namespace Foreflow.Core.Tests.Forecasting.Arima;

public class ArimaOrderSearchTests
{
    [Fact]
    public void White_noise_needs_no_difference_and_hardly_a_coefficient()
    {
        var coefficients = 0;
        for (var seed = 0; seed < 10; seed++)
        {
            var order = Choose(GaussianProcess.Normals(300, seed), []);
            Assert.Equal(0, order.Differences);
            coefficients += order.CoefficientCount;
        }
        Assert.True(coefficients <= 15, $"{coefficients} coefficients for ten series of white noise");
    }

    [Fact]
    public void A_random_walk_is_differenced_once()
    {
        var walks = Enumerable.Range(0, 10).Select(seed => Choose(Simulate(new(0, 1, 0), new([], [], [], [], 0), 300, seed), []));
        Assert.True(walks.Count(order => order.Differences == 1) >= 9);
    }

    [Fact]
    public void A_season_that_wanders_is_differenced_at_its_period()
    {
        var order = new ArimaOrder(0, 1, 1, 0, 1, 1, 12);
        var chosen = Choose(Simulate(order, new([], [-0.4], [], [-0.6], 0), 300, 3), [12]);
        Assert.Equal((1, 12), (chosen.SeasonalDifferences, chosen.Period));
    }

    [Fact]
    public void Noise_with_a_period_on_offer_is_not_differenced_seasonally() =>
        Assert.Equal(0, Choose(GaussianProcess.Normals(400, 2), [24]).SeasonalDifferences);

    [Theory]
    [InlineData(ArimaSearch.Quick)]
    [InlineData(ArimaSearch.Exact)]
    public void The_choice_is_no_worse_by_AICc_than_the_true_order(ArimaSearch search)
    {
        var truth = new ArimaOrder(2, 0, 1, HasConstant: true);
        var series = Simulate(truth, new([1.1, -0.4], [0.5], [], [], 7), 500, 4);

        var chosen = new ArimaModel(new ArimaOptions { Search = search }).Fit(series, new FitOptions([])).Estimate;
        var known = new ArimaModel(new ArimaOptions { Order = truth }).Fit(series, new FitOptions([])).Estimate;

        Assert.Equal(0, chosen.Order.Differences);
        Assert.True(chosen.Aicc <= known.Aicc + 0.5, $"{chosen.Order}: {chosen.Aicc}, true order: {known.Aicc}");
    }

    [Fact]
    public void Caps_on_the_orders_and_the_number_of_models_hold()
    {
        var series = Simulate(new(3, 0, 2), new([0.5, -0.3, 0.2], [0.5, 0.3], [], [], 0), 400, 5);
        var order = new ArimaModel(new ArimaOptions { MaxOrder = 1, MaxModels = 6 }).Fit(series, new FitOptions([])).Estimate.Order;
        Assert.True(order is { Autoregressive: <= 1, MovingAverage: <= 1 });
    }

    [Fact]
    public void The_longer_of_two_seasons_is_taken_where_it_forecasts_better()
    {
        var noise = GaussianProcess.Normals(600, 6);
        var weekly = new double[600];
        for (var t = 0; t < weekly.Length; t++)
            weekly[t] = 10 + (3 * Math.Sin(2 * Math.PI * t / 6)) + ((t / 6 % 7) >= 5 ? -8 : 0) + (0.3 * noise[t]);

        Assert.Equal(42, Choose(weekly, [6, 42]).Period);
        Assert.Equal(6, Choose(weekly, [6, 42], ArimaSeason.Shortest).Period);
    }

    [Fact]
    public void The_same_history_gives_the_same_forecaster()
    {
        var series = Simulate(new(2, 0, 1), new([1.1, -0.4], [0.5], [], [], 7), 300, 4);
        var model = new ArimaModel();
        Assert.Equal(
            model.Fit(series, new FitOptions([])).Forecast(10).Mean, model.Fit(series, new FitOptions([])).Forecast(10).Mean);
    }

    private static ArimaOrder Choose(double[] series, int[] periods, ArimaSeason season = ArimaSeason.Validated) =>
        new ArimaModel(new ArimaOptions { Season = season }).Fit(series, new FitOptions(periods)).Estimate.Order;

    private static double[] Simulate(ArimaOrder order, ArimaCoefficients coefficients, int length, int seed) =>
        GaussianProcess.Simulate(order, coefficients, length, seed);
}

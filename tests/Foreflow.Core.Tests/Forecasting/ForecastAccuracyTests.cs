using Foreflow.Core.Forecasting.Accuracy;

namespace Foreflow.Core.Tests.Forecasting;

public class ForecastAccuracyTests
{
    [Fact]
    public void Mase_is_one_where_the_error_equals_that_of_the_seasonal_naive_forecast()
    {
        double[] history = [1, 5, 2, 7, 4, 6];
        var scale = ForecastAccuracy.SeasonalNaiveScale(history, 2);
        Assert.Equal((1 + 2 + 2 + 1) / 4.0, scale, 12);
        Assert.Equal(1, ForecastAccuracy.Mase([10, 10], [10 + scale, 10 - scale], scale), 12);
    }

    [Fact]
    public void Smape_counts_two_zeros_as_no_error_and_opposite_signs_as_200() =>
        Assert.Equal(100, ForecastAccuracy.Smape([0, 3], [0, -3]), 12);

    [Fact]
    public void Pinball_at_one_half_is_half_the_absolute_error() =>
        Assert.Equal(ForecastAccuracy.MeanAbsoluteError([1, 4], [3, 1]) / 2, ForecastAccuracy.Pinball([1, 4], [3, 1], 0.5), 12);

    [Fact]
    public void Pinball_asks_more_of_the_side_its_level_is_on()
    {
        Assert.Equal(0.9, ForecastAccuracy.Pinball([2], [1], 0.9), 12);
        Assert.Equal(0.1, ForecastAccuracy.Pinball([1], [2], 0.9), 12);
    }

    [Fact]
    public void Msis_adds_forty_times_what_lies_outside_a_95_percent_interval() =>
        Assert.Equal((2 + (40 * 0.5)) / 4, ForecastAccuracy.Msis([3.5], [1], [3], 0.95, scale: 4), 9);

    [Fact]
    public void Missing_actual_values_are_left_out()
    {
        Assert.Equal(1, ForecastAccuracy.MeanAbsoluteError([1, double.NaN], [2, 9]), 12);
        Assert.Equal(1, ForecastAccuracy.Coverage([1, double.NaN], [0, 0], [2, 2]), 12);
        Assert.Equal(2, ForecastAccuracy.SeasonalNaiveScale([1, 3, double.NaN, 5], 1), 12);
    }

    [Fact]
    public void Naive2_repeats_a_multiplicative_season_exactly()
    {
        double[] season = [0.5, 1.0, 1.5, 1.0];
        double[] history = [.. Enumerable.Range(0, 40).Select(t => 10 * season[t % 4])];
        var forecast = Naive2.Forecast(history, 4, 8);
        for (var i = 0; i < 8; i++) Assert.Equal(10 * season[i % 4], forecast[i], 9);
    }

    [Fact]
    public void Naive2_is_the_last_value_where_no_season_is_significant()
    {
        double[] history = [.. Enumerable.Range(0, 60).Select(t => (double)t)];
        Assert.All(Naive2.Forecast([4, 4, 4, 4, 4, 9], 2, 3), value => Assert.Equal(9, value));
        Assert.All(Naive2.Forecast(history, 1, 3), value => Assert.Equal(59, value));
    }
}

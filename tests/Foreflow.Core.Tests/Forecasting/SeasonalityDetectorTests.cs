using Foreflow.Core.Forecasting.Seasonality;

namespace Foreflow.Core.Tests.Forecasting;

public class SeasonalityDetectorTests
{
    [Theory]
    [InlineData(24, 700), InlineData(7, 120), InlineData(48, 1000), InlineData(12, 60), InlineData(288, 1500), InlineData(10, 500)]
    public void One_season_under_noise_is_found(int period, int length)
    {
        var random = new Random(period);
        double[] shape = [.. Enumerable.Range(0, period).Select(_ => 10 * random.NextDouble())];
        double[] series = [.. Enumerable.Range(0, length).Select(t => shape[t % period] + (2 * random.NextDouble()))];
        Assert.Equal([period], SeasonalityDetector.Detect(series, []).Found);
    }

    [Fact]
    public void A_day_and_a_week_are_found_both() =>
        Assert.Equal([24, 168], SeasonalityDetector.Detect(DayAndWeek(1000), []).Found);

    [Fact]
    public void Half_a_day_does_not_pass_for_the_season_of_a_curve_with_two_humps()
    {
        var random = new Random(3);
        double[] series = [.. Enumerable.Range(0, 700).Select(t =>
            (10 * Math.Sin(4 * Math.PI * t / 24)) + (6 * Math.Sin(2 * Math.PI * t / 24)) + random.NextDouble())];
        Assert.Equal([24], SeasonalityDetector.Detect(series, []).Found);
    }

    [Fact]
    public void A_trend_and_a_level_shift_do_not_hide_a_season()
    {
        var series = DayAndWeek(1000);
        for (var t = 0; t < series.Length; t++) series[t] += (0.2 * t) + (t > 600 ? 150 : 0);
        Assert.Equal(24, SeasonalityDetector.Detect(series, []).Found[0]);
    }

    [Fact]
    public void Noise_has_none_and_a_random_walk_hardly_ever()
    {
        int inNoise = 0, inWalks = 0;
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            double[] noise = [.. Enumerable.Range(0, 100 + (seed * 10)).Select(_ => random.NextDouble())];
            var level = 0.0;
            double[] walk = [.. noise.Select(step => level += step - 0.5)];
            inNoise += SeasonalityDetector.Detect(noise, [24, 168]).Found.Count;
            inWalks += SeasonalityDetector.Detect(walk, [24, 168]).Found.Count;
        }
        Assert.Equal(0, inNoise);
        Assert.InRange(inWalks, 0, 3);
    }

    [Theory]
    [InlineData(0), InlineData(5)]
    public void A_constant_has_none(double value) =>
        Assert.Empty(SeasonalityDetector.Detect([.. Enumerable.Repeat(value, 300)], [24]).Found);

    [Fact]
    public void Nothing_is_found_in_what_is_shorter_than_three_seasons() =>
        Assert.Empty(SeasonalityDetector.Detect(DayAndWeek(60), [24]).Found);

    private static double[] DayAndWeek(int length)
    {
        var random = new Random(11);
        return [.. Enumerable.Range(0, length).Select(t =>
            100 + (30 * Math.Sin(2 * Math.PI * t / 24)) - (t / 24 % 7 >= 5 ? 40 : 0) + (10 * random.NextDouble()))];
    }
}

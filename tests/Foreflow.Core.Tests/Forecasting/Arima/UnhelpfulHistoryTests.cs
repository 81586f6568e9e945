using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Arima;

namespace Foreflow.Core.Tests.Forecasting.Arima;

public class UnhelpfulHistoryTests
{
    private static readonly double[] Noise = GaussianProcess.Normals(400, 9);

    [Theory]
    [InlineData(0)]
    [InlineData(42.5)]
    [InlineData(-1e9)]
    public void A_constant_series_stays_constant_with_certainty(double level)
    {
        var series = new double[100];
        Array.Fill(series, level);
        var forecast = Fit(series, 7).Forecast(5);
        Assert.All(forecast.Mean, mean => Assert.Equal(level, mean));
        Assert.All(forecast.StandardDeviation, deviation => Assert.Equal(0, deviation));
    }

    [Fact]
    public void An_exact_line_is_continued()
    {
        double[] line = [.. Enumerable.Range(0, 50).Select(t => 3.0 + (2 * t))];
        var forecast = Fit(line).Forecast(4);
        Assert.Equal([103, 105, 107, 109], forecast.Mean.Select(mean => Math.Round(mean, 6)));
    }

    [Fact]
    public void An_exact_season_is_repeated()
    {
        double[] season = [.. Enumerable.Range(0, 70).Select(t => (double)((t % 7) * (t % 7)))];
        var forecast = Fit(season, 7).Forecast(7);
        for (var h = 0; h < 7; h++) Assert.Equal(season[h], forecast.Mean[h], 1e-6);
    }

    public static TheoryData<string> Refused => ["empty", "two values", "all missing", "infinite"];

    [Theory, MemberData(nameof(Refused))]
    public void What_carries_no_model_is_refused_with_a_reason(string kind)
    {
        double[] series = kind switch
        {
            "empty" => [],
            "two values" => [1, double.NaN, 2],
            "all missing" => [.. Enumerable.Repeat(double.NaN, 50)],
            _ => [1, 2, double.PositiveInfinity, 4, 5],
        };
        var refusal = Assert.Throws<ForecastFitException>(() => Fit(series));
        Assert.NotEmpty(refusal.Message);
        if (kind == "infinite") Assert.Contains("value 3", refusal.Message);
    }

    public static TheoryData<string> Odd =>
    [
        "three values", "eight values", "half missing", "mostly missing", "missing at both ends", "one spike", "level shift",
        "explosive", "huge", "tiny", "alternating", "counts with zeros", "a season longer than the series", "shorter than three seasons",
    ];

    [Theory, MemberData(nameof(Odd))]
    public void Odd_series_get_a_finite_forecast(string kind)
    {
        var forecaster = Fit(Series(kind), kind.Contains("season") ? 24 : 7);
        forecaster.Update(double.NaN);
        forecaster.Update(Noise[0]);
        var forecast = forecaster.Forecast(30);
        Assert.All(forecast.Mean, mean => Assert.True(double.IsFinite(mean)));
        Assert.All(forecast.StandardDeviation, deviation => Assert.True(double.IsFinite(deviation) && deviation >= 0));
    }

    private static double[] Series(string kind) => kind switch
    {
        "three values" => [3, 1, 2],
        "eight values" => [3, 1, 2, 5, 4, 4, 6, 2],
        "half missing" => Noise.Index().Select(n => n.Index % 2 == 0 ? n.Item : double.NaN).ToArray(),
        "mostly missing" => Noise.Index().Select(n => n.Index % 13 == 0 ? n.Item : double.NaN).ToArray(),
        "missing at both ends" => [.. Enumerable.Repeat(double.NaN, 20), .. Noise[..100], .. Enumerable.Repeat(double.NaN, 20)],
        "one spike" => Enumerable.Range(0, 100).Select(t => t == 60 ? 1e6 : 1.0).ToArray(),
        "level shift" => Noise.Index().Select(n => n.Item + (n.Index > 250 ? 1000 : 0)).ToArray(),
        "explosive" => Enumerable.Range(0, 60).Select(t => Math.Pow(1.5, t)).ToArray(),
        "huge" => Noise.Select(n => 1e15 * (n + 5)).ToArray(),
        "tiny" => Noise.Select(n => 1e-15 * (n + 5)).ToArray(),
        "alternating" => Enumerable.Range(0, 99).Select(t => t % 2 == 0 ? 1.0 : -1.0).ToArray(),
        "counts with zeros" => Noise.Select(n => n > 1.5 ? Math.Ceiling(n) : 0).ToArray(),
        "a season longer than the series" => Noise[..20],
        _ => Noise[..60],
    };

    private static ArimaForecaster Fit(double[] series, int period = 1) =>
        new ArimaModel().Fit(series, new FitOptions(period > 1 ? [period] : []));
}

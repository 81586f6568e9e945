using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Arima;
using Foreflow.Core.Forecasting.Ets;
using Foreflow.Core.Forecasting.Theta;
using Foreflow.Core.Tests.Forecasting.Arima;

namespace Foreflow.Core.Tests.Forecasting;

/// <summary>What ARIMA, ETS and theta must make of histories that are not what the textbook has.</summary>
public class ClassicalModelTests
{
    private static readonly IForecastModel[] Models = [new ArimaModel(), new EtsModel(), new ThetaModel()];

    private static readonly double[] Noise = GaussianProcess.Normals(400, 9);

    private static readonly string[] Odd =
    [
        "five values", "eight values", "half missing", "mostly missing", "missing at both ends", "one spike", "level shift",
        "explosive", "huge", "tiny", "alternating", "counts with zeros", "a season longer than the series", "shorter than three seasons",
    ];

    public static TheoryData<IForecastModel> All => new(Models);

    public static TheoryData<IForecastModel, string> AllOdd => new(Models.SelectMany(model => Odd.Select(kind => (model, kind))));

    public static TheoryData<IForecastModel, double> AllLevels =>
        new(Models.SelectMany(model => new[] { 0, 42.5, -1e9 }.Select(level => (model, level))));

    public static TheoryData<IForecastModel, string> AllRefused =>
        new(Models.SelectMany(model => new[] { "empty", "two values", "all missing", "infinite" }.Select(kind => (model, kind))));

    [Theory, MemberData(nameof(AllLevels))]
    public void A_constant_series_stays_constant_with_certainty(IForecastModel model, double level)
    {
        var series = new double[100];
        Array.Fill(series, level);
        var forecast = model.Fit(series, new FitOptions([7])).Forecast(5);
        var rounding = 1e-9 * Math.Max(1, Math.Abs(level));
        Assert.All(forecast.Mean, mean => Assert.Equal(level, mean, rounding));
        Assert.All(forecast.StandardDeviation, deviation => Assert.Equal(0, deviation, rounding));
    }

    [Theory, MemberData(nameof(All))]
    public void An_exact_line_is_continued(IForecastModel model)
    {
        double[] line = [.. Enumerable.Range(0, 50).Select(t => 3.0 + (2 * t))];
        var mean = model.Fit(line, new FitOptions([])).Forecast(4).Mean;
        for (var h = 0; h < 4; h++) Assert.Equal(103 + (2 * h), mean[h], 0.2);
    }

    [Theory, MemberData(nameof(All))]
    public void An_exact_season_is_repeated(IForecastModel model)
    {
        double[] season = [.. Enumerable.Range(0, 70).Select(t => (double)((t % 7) * (t % 7)))];
        var mean = model.Fit(season, new FitOptions([7])).Forecast(7).Mean;
        for (var h = 0; h < 7; h++) Assert.Equal(season[h], mean[h], 1e-3);
    }

    [Theory, MemberData(nameof(AllRefused))]
    public void What_carries_no_model_is_refused_with_a_reason(IForecastModel model, string kind)
    {
        double[] series = kind switch
        {
            "empty" => [],
            "two values" => [1, double.NaN, 2],
            "all missing" => [.. Enumerable.Repeat(double.NaN, 50)],
            _ => [1, 2, double.PositiveInfinity, 4, 5],
        };
        var refusal = Assert.Throws<ForecastFitException>(() => model.Fit(series, new FitOptions([])));
        Assert.NotEmpty(refusal.Message);
        if (kind == "infinite") Assert.Contains("value 3", refusal.Message);
    }

    [Theory, MemberData(nameof(AllOdd))]
    public void Odd_series_get_a_finite_forecast(IForecastModel model, string kind)
    {
        var forecaster = model.Fit(Series(kind), new FitOptions([kind.Contains("season") ? 24 : 7]));
        forecaster.Update(double.NaN);
        forecaster.Update(Noise[0]);
        var forecast = forecaster.Forecast(30);
        Assert.All(forecast.Mean, mean => Assert.True(double.IsFinite(mean)));
        Assert.All(forecast.StandardDeviation, deviation => Assert.True(double.IsFinite(deviation) && deviation >= 0));
    }

    [Theory, MemberData(nameof(All))]
    public void A_longer_and_a_shorter_season_at_once_are_taken(IForecastModel model)
    {
        double[] series = [.. Noise.Select((n, t) => 50 + (5 * Math.Sin(2 * Math.PI * t / 6)) + ((t / 6 % 7) >= 5 ? -8 : 0) + (0.3 * n))];
        var mean = model.Fit(series.AsSpan(0, 378), new FitOptions([6, 42])).Forecast(22).Mean;
        Assert.True(Enumerable.Range(0, 22).Average(h => Math.Abs(mean[h] - series[378 + h])) < 2);
    }

    [Theory, MemberData(nameof(All))]
    public void A_copy_goes_its_own_way(IForecastModel model)
    {
        double[] series = [.. Noise.Take(200).Select((n, t) => t == 190 ? double.NaN : 50 + (5 * Math.Sin(2 * Math.PI * t / 6)) + n)];
        var original = model.Fit(series, new FitOptions([6]));
        var before = original.Forecast(5).Mean;
        var copy = original.Clone();
        for (var i = 0; i < 20; i++) copy.Update(100 + i);
        Assert.Equal(before, original.Forecast(5).Mean);
        Assert.NotEqual(before[0], copy.Forecast(5).Mean[0]);
    }

    [Theory, MemberData(nameof(All))]
    public void Means_of_counts_do_not_go_below_zero(IForecastModel model)
    {
        double[] falling = [.. Enumerable.Range(0, 60).Select(t => 60 - t + (0.1 * (t % 3)))];
        var forecast = model.Fit(falling, new FitOptions([], NonNegative: true)).Forecast(30);
        Assert.All(forecast.Mean, mean => Assert.True(mean >= 0));
    }

    [Theory, MemberData(nameof(All))]
    public void An_infinite_observation_is_refused(IForecastModel model) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Fit(Noise, new FitOptions([])).Update(double.PositiveInfinity));

    private static double[] Series(string kind) => kind switch
    {
        "five values" => [3, 1, 2, 4, 2],
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
}

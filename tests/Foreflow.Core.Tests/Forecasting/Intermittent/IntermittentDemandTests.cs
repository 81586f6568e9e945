using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Intermittent;

namespace Foreflow.Core.Tests.Forecasting.Intermittent;

public class IntermittentDemandTests
{
    private static readonly FitOptions Options = new([]);

    public static TheoryData<IForecastModel> Models => new((IForecastModel[])[new CrostonModel(corrected: false), new CrostonModel(), new TsbModel()]);

    [Fact]
    public void Six_every_third_step_is_two_a_step()
    {
        double[] series = [.. Enumerable.Range(0, 90).Select(t => t % 3 == 2 ? 6.0 : 0)];
        Assert.Equal(2, Rate(new CrostonModel(corrected: false), series), 1e-9);
        Assert.Equal(2, Rate(new TsbModel(), series), 0.1);
    }

    [Fact]
    public void The_correction_takes_half_the_smoothing_off_the_ratio()
    {
        double[] series = [0, 0, 4, 0, 7, 0, 0, 0, 5];
        Assert.Equal(
            new CrostonState(0.2, false, series).Rate * 0.9, new CrostonState(0.2, true, series).Rate, 1e-12);
    }

    /// <summary>Croston by hand, α = 0.5: sizes 4, 8 and intervals 2, 4 from a start at the mean of the first demands.</summary>
    [Fact]
    public void Croston_smooths_sizes_and_intervals_apart()
    {
        double[] series = [0, 4, 0, 0, 0, 8];
        var state = new CrostonState(0.5, false, series); // size 6, interval 3
        foreach (var value in series) state.Step(value);
        // size: 6 → 5 → 6.5; interval: 3 → 2.5 → 3.25
        Assert.Equal(2, state.Rate, 1e-12);
    }

    /// <summary>Bernoulli(0.2) demands of mean 10: the truth is 2 a step; seeds 0 to 199, smoothing 0.3.</summary>
    [Fact]
    public void Croston_is_biased_and_its_correction_is_not()
    {
        double plain = 0, corrected = 0;
        for (var seed = 0; seed < 200; seed++)
        {
            var series = Demands(new Random(seed), 400);
            var states = new[] { new CrostonState(0.3, false, series), new CrostonState(0.3, true, series) };
            foreach (var value in series) foreach (var state in states) state.Step(value);
            plain += states[0].Rate / 200;
            corrected += states[1].Rate / 200;
        }
        Assert.True(plain > 2.2, $"{plain}");
        Assert.Equal(2, corrected, 0.15);
    }

    [Fact]
    public void Only_TSB_forgets_what_is_no_longer_asked_for()
    {
        var demands = Demands(new Random(1), 200);
        var (croston, tsb) = (new CrostonModel().Fit(demands, Options), new TsbModel().Fit(demands, Options));
        var (crostonBefore, tsbBefore) = (croston.Forecast(1).Mean[0], tsb.Forecast(1).Mean[0]);
        for (var i = 0; i < 500; i++)
        {
            croston.Update(0);
            tsb.Update(0);
        }
        Assert.Equal(crostonBefore, croston.Forecast(1).Mean[0]);
        Assert.True(tsb.Forecast(1).Mean[0] < 0.1 * tsbBefore);
    }

    [Theory, MemberData(nameof(Models))]
    public void The_spread_is_that_of_single_steps(IForecastModel model)
    {
        var series = Demands(new Random(2), 2000);
        var forecast = model.Fit(series, Options).Forecast(3);
        var variance = series.Select(y => (y - 2) * (y - 2)).Average();
        Assert.Equal(1, forecast.StandardDeviation[2] / Math.Sqrt(variance), 0.05);
        Assert.Equal(forecast.Mean[0], forecast.Mean[2]);
    }

    [Theory, MemberData(nameof(Models))]
    public void No_demand_or_a_negative_one_is_refused(IForecastModel model)
    {
        Assert.Throws<ForecastFitException>(() => model.Fit(new double[50], Options));
        Assert.Throws<ForecastFitException>(() => model.Fit([0, 3, 0, -1, 0, 2], Options));
    }

    [Theory, MemberData(nameof(Models))]
    public void Missing_steps_change_nothing(IForecastModel model)
    {
        var forecaster = model.Fit(Demands(new Random(3), 100), Options);
        var before = forecaster.Forecast(1).Mean[0];
        forecaster.Update(double.NaN);
        Assert.Equal(before, forecaster.Forecast(1).Mean[0]);
    }

    private static double Rate(IForecastModel model, double[] series) => model.Fit(series, Options).Forecast(1).Mean[0];

    private static double[] Demands(Random random, int length) =>
        [.. Enumerable.Range(0, length).Select(_ => random.NextDouble() < 0.2 ? 5.0 + random.Next(11) : 0)];
}

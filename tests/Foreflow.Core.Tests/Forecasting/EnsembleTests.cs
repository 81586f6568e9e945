using CsCheck;
using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Ensemble;
using Foreflow.Core.Forecasting.Intervals;
using Foreflow.Core.Forecasting.Seasonal;

namespace Foreflow.Core.Tests.Forecasting;

public class EnsembleTests
{
    private static readonly double[] Levels = [0.025, 0.1, 0.5, 0.9, 0.975];

    [Fact]
    public void The_same_series_gives_the_same_forecast_bit_for_bit_on_any_thread()
    {
        var series = DailyLoad(500, 1);
        var results = new double[8][];
        Parallel.For(0, 8, i => results[i] = [.. Fit(series).Forecast(48, Levels).Quantiles.SelectMany(path => path)]);
        Assert.All(results, result => Assert.Equal(results[0], result));
    }

    [Fact]
    public void Weights_sum_to_one_and_every_model_left_out_has_a_reason()
    {
        var forecaster = Fit(DailyLoad(600, 2));
        Assert.Equal(1, forecaster.Reports.Sum(report => report.Weight), 9);
        Assert.All(forecaster.Reports, report => Assert.Equal(report.Weight == 0, report.Reason.Length > 0));
    }

    [Fact]
    public void A_model_that_diverges_or_throws_is_dropped_with_its_reason()
    {
        var ensemble = new EnsembleModel(_ => [new PoolMember(new NaiveModel()), new PoolMember(new Broken(throws: true)), new PoolMember(new Broken(throws: false))]);
        var forecaster = ensemble.Fit(DailyLoad(300, 3), new EnsembleOptions());
        Assert.Contains(forecaster.Reports, report => report is { Weight: 0, Reason: "out of order" });
        Assert.Contains(forecaster.Reports, report => report is { Weight: 0, Reason: "its forecast diverged" });
        Assert.Equal(1, forecaster.Reports.Single(report => report.Name == "naive").Weight);
    }

    [Fact]
    public void A_challenger_that_does_not_win_is_not_fitted_to_the_whole_history()
    {
        var challenger = new Counting(new NaiveModel());
        var ensemble = new EnsembleModel(_ => [new PoolMember(new SeasonalNaiveModel(24)), new PoolMember(challenger, Trial.Challenger)]);
        ensemble.Fit(DailyLoad(400, 4), new EnsembleOptions());
        Assert.Equal(1, challenger.Fits);
    }

    [Fact]
    public void A_challenger_that_wins_is_admitted_with_what_its_trial_chose()
    {
        var challenger = new Counting(new SeasonalNaiveModel(24));
        var settled = new Counting(new SeasonalNaiveModel(24));
        var ensemble = new EnsembleModel(_ => [new PoolMember(challenger, Trial.Challenger, Settled: _ => settled), new PoolMember(new NaiveModel())]);
        var forecaster = ensemble.Fit(DailyLoad(400, 4), new EnsembleOptions());
        Assert.True(forecaster.Reports.Single(report => report.Name == "counting").Weight > 0.5);
        Assert.Equal((1, 1), (challenger.Fits, settled.Fits));
    }

    [Fact]
    public void Models_that_are_refused_or_left_out_are_not_tried_and_say_why()
    {
        var (dear, refused) = (new Counting(new NaiveModel()), new Counting(new NaiveModel()));
        var ensemble = new EnsembleModel(_ => [new PoolMember(new SeasonalNaiveModel(24)), new PoolMember(dear), new PoolMember(refused, Refusal: "too long")]);
        var forecaster = ensemble.Fit(DailyLoad(400, 4), new EnsembleOptions { LeftOut = new HashSet<string> { "counting" } });
        Assert.Equal(["left out to stay within the budget", "left out to stay within the budget"],
            forecaster.Reports.Where(report => report.Name == "counting").Select(report => report.Reason));
        Assert.Equal(0, dear.Fits);
        Assert.Contains(ensemble.Fit(DailyLoad(400, 4), new EnsembleOptions()).Reports, report => report.Reason == "too long");
        Assert.True(dear.Fits > 0);
        Assert.Equal(0, refused.Fits);
    }

    [Fact]
    public void Arima_ets_and_theta_challenge_and_one_wins_where_a_series_is_of_its_kind()
    {
        var wins = 0;
        for (ulong seed = 1; seed <= 10; seed++)
        {
            var random = new SeededNormal(seed);
            double level = 100;
            double[] wandering = [.. Enumerable.Range(0, 160).Select(_ => (level += 0.5 * random.Next()) + (2 * random.Next()))];
            var reports = new EnsembleModel().Fit(wandering, new EnsembleOptions { Periods = [], Horizon = 12 }).Reports;
            foreach (var report in reports.Where(report => report.Name is "arima" or "ets" or "theta"))
            {
                Assert.False(double.IsNaN(report.Error), report.Reason);
                Assert.Equal(report.Weight == 0, report.Reason.Length > 0);
                if (report.Weight == 0) continue;
                wins++;
                Assert.All(reports.Where(other => other.Name is not ("arima" or "ets" or "theta")), other => Assert.True(!(other.Error < report.Error)));
            }
        }
        Assert.InRange(wins, 1, 25);
    }

    [Fact]
    public void A_seasonal_arima_of_a_long_season_is_left_out_for_its_cost()
    {
        double[] series = [.. Enumerable.Range(0, 600).Select(t => 10 + Math.Sin(2 * Math.PI * t / 100) + (0.01 * (t * 7919 % 13)))];
        var report = new EnsembleModel().Fit(series, new EnsembleOptions { Periods = [100] }).Reports.Single(report => report.Name == "arima");
        Assert.Equal("a seasonal ARIMA with a season of 100 steps is over the budget of a refit", report.Reason);
    }

    [Fact]
    public void It_beats_the_seasonal_naive_forecast_on_average_over_noisy_seasons()
    {
        double ensemble = 0, naive = 0;
        for (var seed = 0; seed < 6; seed++)
        {
            var series = DailyLoad(648, 10 + seed);
            var history = series.AsSpan(0, 600);
            ensemble += Error(Fit(history).Forecast(48).Mean, series[600..]);
            naive += Error(new SeasonalNaiveModel(24).Fit(history, new FitOptions([24])).Forecast(48).Mean, series[600..]);
        }
        Assert.True(ensemble < 0.85 * naive, $"{ensemble} against {naive}");
    }

    [Fact]
    public void Quantiles_do_not_cross_and_the_median_lies_between() =>
        Gen.Select(Gen.Double[-50, 50].Array[3, 200], Gen.Int[1, 30]).Sample((history, horizon) =>
        {
            var forecast = new EnsembleModel().Fit(history, new EnsembleOptions { Horizon = horizon }).Forecast(horizon, Levels);
            return Enumerable.Range(0, horizon).All(step => Enumerable.Range(1, Levels.Length - 1)
                .All(i => forecast.Quantiles[i][step] >= forecast.Quantiles[i - 1][step]));
        }, iter: 40, seed: "9r-_ebWYiQX4");

    [Fact]
    public void Ninety_five_percent_intervals_cover_a_gaussian_season_in_94_to_96_percent_or_near()
    {
        double covered = 0;
        const int series = 24;
        for (var seed = 0; seed < series; seed++)
        {
            var values = Gaussian(648, seed);
            var forecast = Fit(values.AsSpan(0, 600)).Forecast(48, Levels);
            for (var i = 0; i < 48; i++)
                covered += values[600 + i] >= forecast.Quantile(0.025)[i] && values[600 + i] <= forecast.Quantile(0.975)[i] ? 1.0 / (48 * series) : 0;
        }
        Assert.InRange(covered, 0.93, 0.985);
    }

    [Fact]
    public void Updating_adapts_intervals_when_a_series_grows_wilder()
    {
        var forecaster = Fit(Gaussian(600, 5));
        var before = Width(forecaster);
        var random = new Random(5);
        for (var t = 600; t < 1000; t++)
            forecaster.Update(100 + (20 * Math.Sin(2 * Math.PI * t / 24)) + (40 * (random.NextDouble() - 0.5)));
        Assert.True(Width(forecaster) > 1.8 * before, $"{before} then {Width(forecaster)}");
    }

    [Fact]
    public void Sums_of_sample_paths_are_more_uncertain_than_independent_steps_would_be_where_errors_hang_together()
    {
        var random = new SeededNormal(9);
        var level = 0.0;
        double[] walk = [.. Enumerable.Range(0, 500).Select(_ => 1000 + (level += random.Next()))];
        var forecaster = new EnsembleModel().Fit(walk, new EnsembleOptions { Horizon = 24 });
        var paths = forecaster.SamplePaths(24, 2000, seed: 1);
        var sums = Deviation([.. paths.Select(path => path.Sum())]);
        var independent = Math.Sqrt(Enumerable.Range(0, 24).Sum(step => Math.Pow(Deviation([.. paths.Select(path => path[step])]), 2)));
        Assert.True(sums > 2 * independent, $"{sums} against {independent}");
        Assert.Equal(paths, forecaster.SamplePaths(24, 2000, seed: 1));
        Assert.NotEqual(paths[0], forecaster.SamplePaths(24, 1, seed: 2)[0]);
    }

    [Fact]
    public void Sample_paths_have_the_quantiles_of_the_forecast()
    {
        var forecaster = Fit(Gaussian(600, 6));
        var forecast = forecaster.Forecast(12, Levels);
        var paths = forecaster.SamplePaths(12, 4000, seed: 3);
        for (var step = 0; step < 12; step++)
        {
            double[] ascending = [.. paths.Select(path => path[step]).Order()];
            var width = forecast.Quantile(0.975)[step] - forecast.Quantile(0.025)[step];
            Assert.InRange(ascending[3600] - forecast.Quantile(0.9)[step], -0.1 * width, 0.1 * width);
            Assert.InRange(ascending[400] - forecast.Quantile(0.1)[step], -0.1 * width, 0.1 * width);
        }
    }

    [Theory]
    [InlineData(1), InlineData(2), InlineData(5), InlineData(20), InlineData(47)]
    public void Short_histories_are_forecast_too(int length)
    {
        var forecast = new EnsembleModel().Fit(DailyLoad(length, 7), new EnsembleOptions()).Forecast(48, Levels);
        Assert.All(forecast.Quantiles.SelectMany(path => path).Concat(forecast.Mean), value => Assert.True(double.IsFinite(value)));
        Assert.True(forecast.Quantile(0.975)[0] > forecast.Quantile(0.025)[0]);
    }

    [Fact]
    public void Constants_zeros_and_counts_are_forecast_as_such()
    {
        var zeros = Fit(new double[300]).Forecast(24, Levels);
        Assert.All(zeros.Mean, value => Assert.Equal(0, value, 9));
        var constant = Fit([.. Enumerable.Repeat(7.0, 300)]).Forecast(24, Levels);
        Assert.All(constant.Mean, value => Assert.Equal(7, value, 6));

        var random = new Random(8);
        double[] counts = [.. Enumerable.Range(0, 400).Select(_ => random.NextDouble() < 0.2 ? random.Next(1, 4) : 0.0)];
        var sparse = Fit(counts).Forecast(24, Levels);
        Assert.All(sparse.Quantiles.SelectMany(path => path), value => Assert.True(value >= 0));
    }

    [Fact]
    public void Missing_values_and_a_long_gap_cost_little()
    {
        double error = 0, reference = 0;
        for (var seed = 12; seed < 18; seed++)
        {
            var random = new Random(seed);
            var whole = DailyLoad(648, seed);
            double[] gapped = [.. whole.Select((x, t) => random.NextDouble() < 0.2 || t is >= 300 and < 330 ? double.NaN : x)];
            error += Error(Fit(gapped.AsSpan(0, 600)).Forecast(48).Mean, whole[600..]);
            reference += Error(Fit(whole.AsSpan(0, 600)).Forecast(48).Mean, whole[600..]);
        }
        Assert.True(error < 1.3 * reference, $"{error} against {reference}");
    }

    [Fact]
    public void A_level_that_shifted_days_ago_is_the_level_that_is_forecast()
    {
        double[] series = [.. DailyLoad(648, 13).Select((x, t) => x + (t >= 500 ? 150 : 0))];
        var error = Error(Fit(series.AsSpan(0, 600)).Forecast(48).Mean, series[600..]);
        Assert.True(error < 25, $"{error} where the shift was 150");
    }

    [Fact]
    public void Updating_through_an_outage_and_back_does_not_lose_the_season()
    {
        var series = DailyLoad(720, 14);
        var outage = series.ToArray();
        Array.Clear(outage, 400, 12);
        var forecaster = Fit(outage.AsSpan(0, 600));
        for (var t = 600; t < 672; t++) forecaster.Update(t is 640 or 641 ? 0 : series[t]);
        Assert.True(Error(forecaster.Forecast(48).Mean, series[672..]) < 20);
    }

    [Fact]
    public void Many_series_give_the_same_forecasts_on_one_thread_as_on_many()
    {
        double[][] Forecasts(int threads)
        {
            var results = new double[6][];
            Parallel.For(0, 6, new ParallelOptions { MaxDegreeOfParallelism = threads },
                i => results[i] = [.. Fit(DailyLoad(200 + (50 * i), i)).SamplePaths(24, 5, seed: 9).SelectMany(path => path)]);
            return results;
        }
        Assert.Equal(Forecasts(1), Forecasts(6));
    }

    [Fact]
    public void An_lstm_that_is_asked_to_challenge_is_admitted_only_where_it_wins()
    {
        foreach (var series in (double[][])[DailyLoad(150, 1), Gaussian(150, 2)])
        {
            var options = new EnsembleOptions { Horizon = 12, Periods = [24], Origins = 4, Seed = 5 };
            var reports = ForecastMethods.Named(ForecastMethods.AutoLstm).Fit(series, options).Reports;
            var lstm = reports.Single(report => report.Name == "lstm");
            var best = reports.Where(report => report.Name != "lstm" && !double.IsNaN(report.Error)).Min(report => report.Error);
            Assert.False(double.IsNaN(lstm.Error), lstm.Reason);
            Assert.Equal(lstm.Error < best, lstm.Weight > 0);
            Assert.Equal(lstm.Weight == 0, lstm.Reason.Length > 0);
            Assert.DoesNotContain(new EnsembleModel().Fit(series, options).Reports, report => report.Name == "lstm");
        }
    }

    [Fact]
    public void An_empty_history_is_refused_in_words() =>
        Assert.Contains("missing", Assert.Throws<ForecastFitException>(() => Fit([double.NaN, double.NaN])).Message);

    private static EnsembleForecaster Fit(ReadOnlySpan<double> history) => new EnsembleModel().Fit(history, new EnsembleOptions());

    private static double Error(double[] forecast, double[] actual) => forecast.Zip(actual, (f, y) => Math.Abs(f - y)).Average();

    private static double Width(EnsembleForecaster forecaster)
    {
        var forecast = forecaster.Forecast(48, Levels);
        return forecast.Quantile(0.975).Zip(forecast.Quantile(0.025), (upper, lower) => upper - lower).Average();
    }

    private static double Deviation(double[] values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
    }

    private static double[] DailyLoad(int length, int seed)
    {
        var random = new Random(seed);
        var drift = 0.0;
        return [.. Enumerable.Range(0, length).Select(t =>
            Math.Max(0, 100 + (30 * Math.Sin(2 * Math.PI * t / 24)) + (drift = (0.9 * drift) + (8 * (random.NextDouble() - 0.5)))))];
    }

    private static double[] Gaussian(int length, int seed)
    {
        var random = new SeededNormal((ulong)seed);
        return [.. Enumerable.Range(0, length).Select(t => 100 + (20 * Math.Sin(2 * Math.PI * t / 24)) + (3 * random.Next()))];
    }

    private sealed class Broken(bool throws) : IForecastModel
    {
        public string Name => "broken";

        public IForecaster Fit(ReadOnlySpan<double> history, FitOptions options) =>
            throws ? throw new ForecastFitException("out of order") : new Diverging();

        private sealed class Diverging : IForecaster
        {
            public string Description => "diverging";

            public void Update(double observation)
            {
            }

            public PointForecast Forecast(int horizon) => new([.. Enumerable.Repeat(double.PositiveInfinity, horizon)], new double[horizon]);

            public IForecaster Clone() => this;
        }
    }

    private sealed class Counting(IForecastModel inner) : IForecastModel
    {
        public int Fits { get; private set; }

        public string Name => "counting";

        public IForecaster Fit(ReadOnlySpan<double> history, FitOptions options)
        {
            Fits++;
            return inner.Fit(history, options);
        }
    }
}

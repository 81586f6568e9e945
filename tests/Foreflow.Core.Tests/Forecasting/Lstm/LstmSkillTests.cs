using System.Globalization;
using System.IO.Compression;
using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Ensemble;
using Foreflow.Core.Forecasting.Lstm;
using Foreflow.Core.Forecasting.Seasonal;

namespace Foreflow.Core.Tests.Forecasting.Lstm;

/// <summary>Does it forecast better than repeating the last day? Trained per series, within a bound on epochs that keeps this quick.</summary>
public class LstmSkillTests
{
    private const int Horizon = 48;
    private static readonly FitOptions Hourly = new([24, 168], Seed: 1);
    private static readonly LstmOptions Bounded = new() { MaxEpochs = 20, Patience = 4 };

    [Fact]
    public void On_twenty_generated_seasonal_series_the_mean_error_is_below_that_of_seasonal_naive()
    {
        var ratio = MeanErrorRatio([.. SeasonalSeries.Twenty().Select(y => (y[..^Horizon], y[^Horizon..]))]);
        Assert.True(ratio < 0.95, $"ratio {ratio}");
    }

    [Fact]
    public void On_twenty_hourly_series_of_the_m4_competition_the_mean_error_is_below_that_of_seasonal_naive()
    {
        if (Environment.GetEnvironmentVariable("FOREFLOW_DATA") is not { } data) { Assert.Skip("FOREFLOW_DATA is not set"); return; }
        var folder = Path.Combine(data, "series", "m4-hourly");
        var histories = Rows(Path.Combine(folder, "hourly-train-odd.csv.gz")).ToArray();
        var actuals = Rows(Path.Combine(folder, "hourly-test-odd.csv.gz")).ToArray();
        var ratio = MeanErrorRatio([.. Enumerable.Range(0, 20).Select(i => (histories[i * 10], actuals[i * 10]))]);
        Assert.True(ratio < 0.95, $"ratio {ratio}");
    }

    [Fact]
    public void One_network_for_many_series_beats_seasonal_naive_on_series_it_never_saw()
    {
        var series = SeasonalSeries.Twenty(500).ToArray();
        var trained = TrainedLstm.Train(series[..10], Hourly, Bounded with { MaxWindowsPerEpoch = 1024 });
        var ratio = MeanErrorRatio([.. series[10..].Select(y => (y[..^Horizon], y[^Horizon..]))], trained);
        Assert.True(ratio < 0.95, $"ratio {ratio}");
    }

    [Fact]
    public void The_ensemble_takes_the_network_in_where_it_wins_and_only_there()
    {
        var history = SeasonalSeries.Of(seed: 3, length: 400);
        var network = new PoolMember(new LstmModel(Bounded), Trial.Challenger);
        var options = new EnsembleOptions { Horizon = 24, Periods = [24], Seed = 1 };

        var won = new EnsembleModel(_ => [new PoolMember(new NaiveModel()), network]).Fit(history, options).Reports.Single(report => report.Name == network.Model.Name);
        Assert.True(won.Weight > 0.5, $"{won}");

        var cheap = new EnsembleModel(ForecastPool.For).Fit(history, options);
        var all = new EnsembleModel(seasons => [.. ForecastPool.For(seasons), network]).Fit(history, options);
        var lost = all.Reports.Single(report => report.Name == network.Model.Name);
        Assert.True(lost is { Weight: 0, Reason: not "" }, $"{lost}");
        Assert.Equal(cheap.Forecast(24).Mean, all.Forecast(24).Mean);
    }

    // Both errors in units of the in-sample error of seasonal naive, so that every series counts alike.
    private static double MeanErrorRatio((double[] History, double[] Actual)[] cases, TrainedLstm? trained = null)
    {
        double learned = 0, naive = 0;
        var model = new LstmModel(Bounded, trained);
        foreach (var (history, actual) in cases)
        {
            var scale = Enumerable.Range(24, history.Length - 24).Average(t => Math.Abs(history[t] - history[t - 24]));
            var forecast = model.Fit(history, Hourly).Forecast(Horizon).Mean;
            learned += Enumerable.Range(0, Horizon).Average(h => Math.Abs(actual[h] - forecast[h])) / scale;
            naive += Enumerable.Range(0, Horizon).Average(h => Math.Abs(actual[h] - history[^(24 - (h % 24))])) / scale;
        }

        return learned / naive;
    }

    private static IEnumerable<double[]> Rows(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
            yield return [.. line.Replace("\"", "").Split(',').Skip(1).Where(cell => cell.Length > 0).Select(cell => double.Parse(cell, CultureInfo.InvariantCulture))];
    }
}

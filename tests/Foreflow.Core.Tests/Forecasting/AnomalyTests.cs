using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Ensemble;
using Foreflow.Core.Forecasting.Preparation;

namespace Foreflow.Core.Tests.Forecasting;

public class AnomalyTests
{
    private static readonly int[] Day = [24];

    [Fact]
    public void A_series_without_anomalies_is_left_as_it_is()
    {
        for (var seed = 1; seed <= 20; seed++)
            Assert.Null(Anomalies.Find(Load(480, seed), Day, nonNegative: true));
    }

    [Fact]
    public void Wild_values_are_found_and_nothing_else()
    {
        var series = Load(480, 1);
        series[100] += 400;
        series[250] += 300;
        series[251] += 300;
        var found = Anomalies.Find(series, Day, nonNegative: true)!;
        Assert.Equal([100, 250, 251], Missing(found.Clean));
        Assert.Empty(Missing(found.WithoutOutages));
        Assert.Equal((3, 0), (found.WildCount, found.OffCount));
    }

    [Fact]
    public void An_outage_of_zeros_is_found_whole()
    {
        var series = Load(480, 2);
        Array.Clear(series, 200, 38);
        var found = Anomalies.Find(series, Day, nonNegative: true)!;
        Assert.Equal(Enumerable.Range(200, 38), Missing(found.WithoutOutages));
        Assert.Equal(38, found.OffCount);
    }

    [Fact]
    public void A_shift_of_the_level_an_outage_that_goes_on_and_a_heavy_tail_are_no_anomalies()
    {
        var shifted = Load(480, 3);
        for (var t = 300; t < shifted.Length; t++) shifted[t] += 200;
        Assert.True((Anomalies.Find(shifted, Day, nonNegative: true)?.WildCount ?? 0) <= 3);

        var off = Load(480, 4);
        Array.Clear(off, 460, 20);
        Assert.Null(Anomalies.Find(off, Day, nonNegative: true));

        var random = new Random(5);
        var heavy = Load(480, 5);
        for (var t = 0; t < heavy.Length; t++)
        {
            if (random.NextDouble() < 0.08) heavy[t] += 500;
        }
        Assert.Null(Anomalies.Find(heavy, Day, nonNegative: true));
    }

    [Fact]
    public void Too_short_constant_zero_and_unknown_series_hold_none()
    {
        double[][] series = [[], [1, 2, 3], [.. Enumerable.Repeat(5.0, 200)], new double[200], [.. Enumerable.Repeat(double.NaN, 200)]];
        Assert.All(series, values => Assert.Null(Anomalies.Find(values, Day, nonNegative: true)));
    }

    [Fact]
    public void An_outage_and_wild_values_hardly_move_the_forecast()
    {
        var clean = Load(528, 6);
        var broken = clean.ToArray();
        Array.Clear(broken, 430, 20);
        broken[478] += 600;
        var fitted = new EnsembleModel().Fit(broken.AsSpan(0, 480), new EnsembleOptions());
        Assert.Contains(fitted.Notes, note => note.Contains("outages", StringComparison.Ordinal));
        Assert.Contains(fitted.Notes, note => note.Contains("wild", StringComparison.Ordinal));

        var untouched = new EnsembleModel().Fit(clean.AsSpan(0, 480), new EnsembleOptions());
        Assert.Empty(untouched.Notes);
        double Error(EnsembleForecaster forecaster) =>
            forecaster.Forecast(48).Mean.Zip(clean[480..], (forecast, actual) => Math.Abs(forecast - actual)).Average();
        Assert.True(Error(fitted) < 1.3 * Error(untouched), $"{Error(fitted)} against {Error(untouched)}");
    }

    [Fact]
    public void The_guard_passes_over_a_few_wild_values_and_gives_in_to_a_shift()
    {
        var series = Load(480, 7);
        series[100] += 400;
        var found = Anomalies.Find(series, Day, nonNegative: true)!;
        var guard = new AnomalyGuard(found.Norm, found.Norm.NewestSeason(found.Clean), Anomalies.Patience(Day));
        Assert.Equal(series[456], guard.Pass(480, series[456]));
        var copy = guard.Clone();
        double[] passed = [.. Enumerable.Range(481, 5).Select(t => guard.Pass(t, 900))];
        Assert.Equal([double.NaN, double.NaN, double.NaN, 900, 900], passed);
        Assert.Equal(double.NaN, copy.Pass(481, 900));
        Assert.Equal(double.NaN, copy.Pass(482, double.NaN));
    }

    private static int[] Missing(double[] values) => [.. Enumerable.Range(0, values.Length).Where(t => double.IsNaN(values[t]))];

    private static double[] Load(int length, int seed)
    {
        var random = new SeededNormal((ulong)seed);
        return [.. Enumerable.Range(0, length).Select(t => Math.Max(0, 100 + (30 * Math.Sin(2 * Math.PI * t / 24)) + (4 * random.Next())))];
    }
}

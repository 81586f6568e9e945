using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Lstm;

namespace Foreflow.Core.Tests.Forecasting.Lstm;

/// <summary>What a network is shown of a series.</summary>
public class WindowTests
{
    private static readonly int[] Periods = [4, 12];
    private static readonly WindowFeatures Features = new(Periods, window: 8, horizon: 6);

    [Fact]
    public void Nothing_after_the_origin_is_shown()
    {
        var values = SeasonalSeries.Of(1, 80);
        var before = Shown(new FilledSeries(values, Periods, 100), 50);
        for (var t = 50; t < 80; t++) values[t] = 9e9;
        // The series' overall deviation and phase are the history's, not the window's; they stay those of the original.
        var after = Shown(new FilledSeries(values.AsSpan(0, 50), Periods, 100), 50);
        var truncated = Shown(new FilledSeries(SeasonalSeries.Of(1, 80).AsSpan(0, 50), Periods, 100), 50);
        Assert.Equal(truncated, after);
        Assert.Equal(before.Length, after.Length);
    }

    [Fact]
    public void Targets_are_what_came_after_in_units_of_the_window()
    {
        var series = new FilledSeries(SeasonalSeries.Of(1, 54), Periods, 100);
        var batch = Batch();
        var scale = Features.Write(series, 50, batch, 0);
        for (var h = 0; h < 4; h++) Assert.Equal(series[50 + h], scale.Restore(batch.Targets[h]), 1e-3);
        Assert.True(float.IsNaN(batch.Targets[4]) && float.IsNaN(batch.Targets[5]));
    }

    [Fact]
    public void Scaling_and_shifting_a_series_shows_the_same()
    {
        var values = SeasonalSeries.Of(2, 60);
        double[] moved = [.. values.Select(y => (1e4 * y) + 7e5)];
        var plain = Shown(new FilledSeries(values, Periods, 100), 60);
        var shown = Shown(new FilledSeries(moved, Periods, 100), 60);
        Assert.Equal(plain, shown, (a, b) => Math.Abs(a - b) < 1e-4);
    }

    [Fact]
    public void The_naive_features_are_the_values_of_one_season_ago()
    {
        double[] values = [.. Enumerable.Range(0, 60).Select(t => (double)((t * t) % 37))];
        var series = new FilledSeries(values, Periods, 100);
        var batch = Batch();
        var scale = Features.Write(series, 60, batch, 0);
        double Naive(int h, int period) => scale.Restore(batch.StepInputs[(h * Features.StepInputs) + WindowFeatures.NaiveFeature(period)]);
        for (var h = 0; h < Features.Horizon; h++)
        {
            Assert.Equal(values[56 + (h % 4)], Naive(h, 0), 1e-4);
            Assert.Equal(values[48 + h], Naive(h, 1), 1e-4);
            Assert.Equal(values[59], Naive(h, -1), 1e-4);
        }
    }

    [Fact]
    public void Appending_and_forgetting_shows_the_same_as_the_whole_series()
    {
        var values = SeasonalSeries.Of(3, 400);
        var whole = new FilledSeries(values.AsSpan(0, 100), Periods, 1000);
        var forgetful = new FilledSeries(values.AsSpan(0, 100), Periods, Features.Reach);
        for (var t = 100; t < 400; t++)
        {
            whole.Append(values[t]);
            forgetful.Append(values[t]);
            Assert.Equal(Shown(whole, whole.Count), Shown(forgetful, forgetful.Count));
        }

        Assert.True(forgetful.Count < 2 * Features.Reach);
    }

    [Fact]
    public void A_missing_value_is_that_of_one_season_ago_and_marked()
    {
        double[] values = [double.NaN, 2, 3, 4, 5, double.NaN, double.PositiveInfinity, 8, 9, double.NaN];
        var series = new FilledSeries(values, [4], 10);
        Assert.Equal([2, 2, 3, 4, 5, 2, 3, 8, 9, 2], Enumerable.Range(0, 10).Select(t => series[t]));
        Assert.Equal([0, 5, 6, 9], Enumerable.Range(0, 10).Where(t => !series.IsKnown(t)));
        Assert.Throws<ForecastFitException>(() => new FilledSeries([double.NaN, double.NaN], [4], 10));
    }

    [Fact]
    public void The_phase_is_zero_at_the_crest_wherever_the_series_begins()
    {
        for (var shift = 0; shift < 12; shift++)
        {
            double[] values = [.. Enumerable.Range(0, 60).Select(t => Math.Cos(2 * Math.PI * (t + shift) / 12))];
            var series = new FilledSeries(values, [12], 60);
            Assert.Equal(1, Math.Cos(series.Phase(60 - shift, 0)), 1e-9);
        }
    }

    [Fact]
    public void The_held_out_tail_is_never_learned_from_and_always_judged()
    {
        var series = new FilledSeries(SeasonalSeries.Of(1, 60), Periods, 100);
        var windows = TrainingWindows.Of([series, series], Features, [6, 20]);
        int[] firstHeldOut = [54, 40];
        Assert.All(windows.Learned, window => Assert.True(window.Origin + Features.Horizon <= firstHeldOut[window.Series]));
        Assert.All(windows.HeldOut, window => Assert.True(window.Origin + Features.Horizon > firstHeldOut[window.Series]));
        Assert.All(windows.All, window => Assert.InRange(window.Origin, Features.Window, 54));
        Assert.Equal([0, 1], windows.HeldOut.Select(window => window.Series).Distinct());
        Assert.Contains(new TrainingWindow(1, 54), windows.HeldOut);
    }

    private static LstmBatch Batch() => new(new LstmShape(Features.Inputs, 16, Features.StepInputs, 16, 1), Features.Window, Features.Horizon, 1);

    private static float[] Shown(FilledSeries series, int origin)
    {
        var batch = Batch();
        Features.Write(series, origin, batch, 0);
        return [.. batch.Inputs, .. batch.StepInputs];
    }
}

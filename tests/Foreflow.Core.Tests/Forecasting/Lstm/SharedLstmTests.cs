using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Lstm;

namespace Foreflow.Core.Tests.Forecasting.Lstm;

/// <summary>One network for many series, in two editions.</summary>
public class SharedLstmTests
{
    private const int HeldOut = 60;
    private static readonly FitOptions Daily = new([24], Seed: 7, Horizon: 24);
    private static readonly LstmOptions Small = new() { HiddenUnits = 16, DecoderUnits = 16, MaxEpochs = 3, MaxWindowsPerEpoch = 256, Window = 24 };
    private static readonly double[][] Series = [.. Enumerable.Range(1, 4).Select(seed => SeasonalSeries.Of(seed, 300))];
    private static readonly Lazy<SharedLstm> Trained = new(() => Train(Series));

    [Fact]
    public void The_trial_edition_learns_nothing_from_the_held_out_values()
    {
        // How long to train is chosen by the held-out values; what is learned must not depend on them.
        double[][] changed = [.. Series.Select(values => (double[])values.Clone())];
        foreach (var values in changed) values.AsSpan(300 - HeldOut).Fill(1e6);
        SharedLstm Linear(double[][] series) => Train(series, Small with { MaxEpochs = 0 });
        Assert.Equal(Linear(Series).Trial.Save(), Linear(changed).Trial.Save());
        Assert.NotEqual(Linear(Series).Final.Save(), Linear(changed).Final.Save());
    }

    [Fact]
    public void Part_of_a_history_is_continued_by_the_trial_edition_and_the_whole_by_the_final_one()
    {
        var model = Trained.Value.ModelOf(2);
        var trial = (LstmForecaster)model.Fit(Series[2].AsSpan(0, 240), Daily);
        var final = (LstmForecaster)model.Fit(Series[2], Daily);
        Assert.Same(Trained.Value.Trial, trial.Trained);
        Assert.Same(Trained.Value.Final, final.Trained);
        Assert.NotEqual(trial.Trained.Save(), final.Trained.Save());
    }

    [Fact]
    public void Equal_seeds_give_equal_bits()
    {
        Assert.Equal(Trained.Value.Trial.Save(), Train(Series).Trial.Save());
        Assert.Equal(Trained.Value.Final.Save(), Train(Series).Final.Save());
    }

    [Fact]
    public void Series_without_a_value_or_too_short_for_a_window_teach_nothing_and_harm_nothing()
    {
        double[][] mixed = [.. Series, [.. Enumerable.Repeat(double.NaN, 300)], [1, 2, 3], []];
        var shared = Train(mixed);
        Assert.Equal(Trained.Value.Final.Save(), shared.Final.Save());
    }

    [Fact]
    public void A_held_out_count_is_needed_for_each_series() =>
        Assert.Throws<ArgumentException>(() => SharedLstm.Train(Series, Daily, [HeldOut], Small));

    private static SharedLstm Train(double[][] series, LstmOptions? options = null) =>
        SharedLstm.Train(series, Daily, [.. series.Select(_ => HeldOut)], options ?? Small);
}

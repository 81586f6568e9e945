using System.ComponentModel.DataAnnotations;
using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Lstm;

namespace Foreflow.Core.Tests.Forecasting.Lstm;

public class LstmModelTests
{
    private static readonly FitOptions Daily = new([24], Seed: 7);

    // Small and quick: what these tests state does not depend on skill.
    private static readonly LstmOptions Small = new() { HiddenUnits = 16, DecoderUnits = 16, MaxEpochs = 2, Horizon = 24, Window = 24 };

    private static readonly Lazy<TrainedLstm> Shared = new(() => TrainedLstm.Train([SeasonalSeries.Of(5, 400)], Daily, Small));

    [Fact]
    public void Equal_seeds_give_equal_bits_and_others_do_not()
    {
        double[][] history = [SeasonalSeries.Of(5, 400)];
        Assert.Equal(Shared.Value.Save(), TrainedLstm.Train(history, Daily, Small).Save());
        Assert.NotEqual(Shared.Value.Save(), TrainedLstm.Train(history, Daily with { Seed = 8 }, Small).Save());
    }

    [Fact]
    public void A_saved_network_forecasts_the_same_to_the_bit_when_loaded()
    {
        var history = SeasonalSeries.Of(6, 300);
        var loaded = TrainedLstm.Load(Shared.Value.Save());
        Assert.Equal(Shared.Value.Description, loaded.Description);
        Assert.Equal(Shared.Value.Continue(history).ForecastQuantiles(60), loaded.Continue(history).ForecastQuantiles(60));
    }

    [Fact]
    public void Bytes_that_are_no_saved_network_are_refused_with_the_reason()
    {
        var saved = Shared.Value.Save();
        Assert.Contains("not a saved LSTM", Refusal([1, 2, 3]));
        for (var length = 6; length < saved.Length; length += 997) Assert.Contains("cut off", Refusal(saved[..length]));
        Assert.Contains("left over", Refusal([.. saved, 0]));
        byte[] newer = [.. saved];
        newer[6] = 2;
        Assert.Contains("version 2", Refusal(newer));
        for (var at = 8; at < 60; at++)
        {
            byte[] damaged = [.. saved];
            damaged[at] ^= 0x80;
            // Whatever is changed, it is read as another network or refused in words; nothing else.
            try { TrainedLstm.Load(damaged); }
            catch (FormatException) { }
        }

        static string Refusal(byte[] bytes) => Assert.Throws<FormatException>(() => TrainedLstm.Load(bytes)).Message;
    }

    [Fact]
    public void Horizons_beyond_the_trained_one_are_forecast_from_forecasts_and_get_wider()
    {
        var forecaster = Shared.Value.Continue(SeasonalSeries.Of(5, 400));
        var near = forecaster.ForecastQuantiles(24);
        var far = forecaster.ForecastQuantiles(100);
        for (var q = 0; q < near.Length; q++) Assert.Equal(near[q], far[q][..24]);
        Assert.All(Enumerable.Range(0, 76), h => Assert.True(far[^1][h + 24] - far[0][h + 24] > 0));
        double Width(int first) => Enumerable.Range(first, 24).Average(h => far[^1][h] - far[0][h]);
        Assert.True(Width(24) > Width(0) && Width(72) > Width(48));
        Assert.Equal(near[2], forecaster.Forecast(24).Mean);
        Assert.Equal(far[2], forecaster.Forecast(100).Mean);
    }

    [Fact]
    public void Quantiles_never_cross_and_deviations_are_never_negative()
    {
        foreach (var seed in (int[])[5, 11, 12])
        {
            var forecaster = Shared.Value.Continue(SeasonalSeries.Of(seed, 200));
            var quantiles = forecaster.ForecastQuantiles(80);
            for (var q = 1; q < quantiles.Length; q++)
            {
                for (var h = 0; h < 80; h++) Assert.True(quantiles[q][h] >= quantiles[q - 1][h]);
            }

            Assert.All(forecaster.Forecast(80).StandardDeviation, deviation => Assert.True(deviation >= 0));
        }
    }

    [Fact]
    public void Updating_a_copy_leaves_the_original_as_it_was()
    {
        var original = Shared.Value.Continue(SeasonalSeries.Of(5, 400));
        var before = original.Forecast(30).Mean;
        var copy = original.Clone();
        for (var i = 0; i < 500; i++) copy.Update(i);
        Assert.Equal(before, original.Forecast(30).Mean);
        Assert.NotEqual(before, copy.Forecast(30).Mean);
    }

    [Fact]
    public void An_observation_taken_in_moves_the_forecast_one_step_on()
    {
        var history = SeasonalSeries.Of(5, 400);
        var forecaster = Shared.Value.Continue(history.AsSpan(0, 390));
        for (var t = 390; t < 400; t++) forecaster.Update(history[t]);
        var whole = Shared.Value.Continue(history).Forecast(24).Mean;
        var updated = forecaster.Forecast(24).Mean;
        for (var h = 0; h < 24; h++) Assert.Equal(whole[h], updated[h], 0.02 * whole.Max());
    }

    [Fact]
    public void Counts_are_never_forecast_negative()
    {
        double[] history = [.. SeasonalSeries.Of(5, 300).Select(y => y < 250 ? 0 : y)];
        var forecaster = (LstmForecaster)new LstmModel(Small).Fit(history, Daily with { NonNegative = true });
        Assert.All(forecaster.ForecastQuantiles(60), row => Assert.All(row, value => Assert.True(value >= 0)));
    }

    [Fact]
    public void Gaps_in_the_history_and_in_updates_are_bridged()
    {
        var history = SeasonalSeries.Of(5, 400);
        var (low, high) = (history.Min(), history.Max());
        for (var t = 100; t < 160; t++) history[t] = double.NaN;
        history[0] = history[^1] = double.NaN;
        var forecaster = new LstmModel(Small).Fit(history, Daily);
        for (var i = 0; i < 10; i++) forecaster.Update(double.NaN);
        Assert.All(forecaster.Forecast(48).Mean, value => Assert.InRange(value, low - (high - low), high + (high - low)));
    }

    [Theory, InlineData(0), InlineData(42), InlineData(-1e12)]
    public void A_constant_stays_constant(double value)
    {
        double[] history = [.. Enumerable.Repeat(value, 200)];
        var forecast = new LstmModel(Small).Fit(history, Daily).Forecast(48);
        Assert.All(forecast.Mean, mean => Assert.Equal(value, mean, 1e-5 * Math.Max(1e-3, Math.Abs(value))));
    }

    [Fact]
    public void A_series_without_season_is_forecast_too()
    {
        double[] history = [.. Enumerable.Range(0, 200).Select(t => 10 + Math.Sin(0.3 * t * t))];
        Assert.All(new LstmModel(Small).Fit(history, new FitOptions([])).Forecast(40).Mean, value => Assert.InRange(value, 7, 13));
    }

    [Theory, InlineData(0), InlineData(31)]
    public void Too_short_a_history_is_refused_with_the_length_needed(int length)
    {
        var refusal = Assert.Throws<ForecastFitException>(() => new LstmModel().Fit(new double[length], Daily));
        Assert.Contains("32", refusal.Message);
    }

    [Fact]
    public void Short_histories_get_smaller_windows_and_no_season_they_do_not_hold_twice()
    {
        var forecaster = (LstmForecaster)new LstmModel(Small with { Window = null }).Fit(SeasonalSeries.Of(1, 50), new FitOptions([24, 168]));
        Assert.Equal([], forecaster.Trained.Periods);
        Assert.InRange(forecaster.Trained.Window, 4, 16);
        Assert.All(forecaster.Forecast(48).Mean, value => Assert.True(double.IsFinite(value)));
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        Assert.Contains(nameof(LstmOptions.BatchSize), Refusal(new LstmOptions { BatchSize = 0 }));
        Assert.Contains(nameof(LstmOptions.HiddenUnits), Refusal(new LstmOptions { HiddenUnits = 20 }));
        Assert.Contains(nameof(LstmOptions.Levels), Refusal(new LstmOptions { Levels = [0.1, 0.9] }));
        Assert.Contains(nameof(LstmOptions.Levels), Refusal(new LstmOptions { Levels = [0.5, 0.1] }));

        static string Refusal(LstmOptions options) => Assert.Throws<ValidationException>(() => new LstmModel(options)).Message;
    }
}

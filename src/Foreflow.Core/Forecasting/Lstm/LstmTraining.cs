namespace Foreflow.Core.Forecasting.Lstm;

/// <summary>Settles the sizes of a network for a set of series and trains its members.</summary>
internal static class LstmTraining
{
    private const int MaxHorizon = 96;
    private const int MinimumLength = 32;

    /// <summary>Trains two editions of a network: one that knows nothing of the tails, and one that knows everything.</summary>
    /// <param name="tails">How many of the newest values of each series to hold out, in the order of <paramref name="series"/>; null for one horizon.</param>
    /// <exception cref="ForecastFitException">No series is long enough; the message says how long it has to be.</exception>
    public static (TrainedLstm Trial, TrainedLstm Final) Run(
        IReadOnlyList<double[]> series, FitOptions options, LstmOptions lstm, IReadOnlyList<int>? tails = null)
    {
        lstm.Validated();
        var longest = series.Count == 0 ? 0 : series.Max(values => values.Length);
        if (longest < MinimumLength)
            throw new ForecastFitException($"an LSTM needs {MinimumLength} values to learn from; there are {longest}");

        int[] periods = [.. options.Periods.Where(period => 5L * period <= 2L * longest)];
        var window = Math.Min(lstm.Window ?? Math.Clamp(2 * periods.FirstOrDefault(1), 16, 96), longest / 3);
        var horizon = Math.Min(lstm.Horizon ?? Math.Clamp(options.Horizon, 1, MaxHorizon), Math.Max(1, (longest - window) / 4));
        var features = new WindowFeatures(periods, window, horizon);
        var shape = new LstmShape(features.Inputs, lstm.HiddenUnits, features.StepInputs, lstm.DecoderUnits, lstm.Levels.Count);

        int[] usable = [.. Enumerable.Range(0, series.Count).Where(s => series[s].Any(double.IsFinite))];
        if (usable.Length == 0) throw new ForecastFitException("every value of the history is missing");
        int[] heldOut = [.. usable.Select(s => Math.Max(horizon, tails?[s] ?? 0))];
        FilledSeries[] filled = [.. usable.Select((s, i) => new FilledSeries(series[s], periods, features.Reach, heldOut[i]))];
        var windows = TrainingWindows.Of(filled, features, heldOut);

        var trainer = new LstmTrainer(lstm, features, shape, filled, NaivePrior.Weights(filled, features, periods, heldOut));
        var seeds = new SplitMix64(options.Seed);
        var results = new TrainingResult[lstm.Members];
        for (var i = 0; i < results.Length; i++) results[i] = trainer.Train(windows, seeds.Next());
        TrainedLstm Edition(Func<TrainingResult, float[]> weights) => new(shape, features, periods, [.. lstm.Levels], [.. results.Select(weights)]);
        return (Edition(result => result.Trial), Edition(result => result.Final));
    }
}

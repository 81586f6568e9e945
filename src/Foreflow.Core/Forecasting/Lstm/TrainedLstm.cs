using System.Globalization;

namespace Foreflow.Core.Forecasting.Lstm;

/// <summary>
/// A trained network, immutable: shared by every forecaster made of it, saved and loaded as bytes. Trained on one series or on
/// many; either way it continues any series with the same seasons, because it sees each window in units of its own level and spread.
/// </summary>
public sealed class TrainedLstm
{
    private const int MaxHorizon = 96;
    private const int MinimumLength = 32;

    internal TrainedLstm(LstmShape shape, WindowFeatures features, IReadOnlyList<int> periods, IReadOnlyList<double> levels, IReadOnlyList<float[]> members)
    {
        (Shape, Features, Periods, Levels, Members) = (shape, features, periods, levels, members);
    }

    /// <summary>Seasonal periods it was trained with, in steps, ascending.</summary>
    public IReadOnlyList<int> Periods { get; }

    /// <summary>Probability levels of its quantiles, ascending.</summary>
    public IReadOnlyList<double> Levels { get; }

    /// <summary>Steps it looks back over one by one.</summary>
    public int Window => Features.Window;

    /// <summary>Steps ahead it puts out at once.</summary>
    public int Horizon => Features.Horizon;

    /// <summary>For people: <c>LSTM(32, window 48, horizon 48)[24,168]</c>.</summary>
    public string Description
    {
        get
        {
            var times = Members.Count > 1 ? $"{Members.Count} x " : "";
            return string.Create(
                CultureInfo.InvariantCulture, $"LSTM({times}{Shape.Hidden}, window {Window}, horizon {Horizon})[{string.Join(',', Periods)}]");
        }
    }

    internal LstmShape Shape { get; }

    internal WindowFeatures Features { get; }

    internal IReadOnlyList<float[]> Members { get; }

    /// <summary>Trains a network on the windows of one series or of many, on this thread.</summary>
    /// <param name="series">Histories, oldest value first, NaN where missing. Those too short to give a window teach nothing.</param>
    /// <param name="options">Seasons common to all series, the horizon and the seed.</param>
    /// <param name="lstm">Size and bounds; null for the defaults.</param>
    /// <exception cref="ForecastFitException">No series is long enough; the message says how long it has to be.</exception>
    public static TrainedLstm Train(IReadOnlyList<double[]> series, FitOptions options, LstmOptions? lstm = null)
    {
        lstm = (lstm ?? new LstmOptions()).Validated();
        var longest = series.Count == 0 ? 0 : series.Max(values => values.Length);
        if (longest < MinimumLength)
            throw new ForecastFitException($"an LSTM needs {MinimumLength} values to learn from; there are {longest}");

        int[] periods = [.. options.Periods.Where(period => 5L * period <= 2L * longest)];
        var window = Math.Min(lstm.Window ?? Math.Clamp(2 * periods.FirstOrDefault(1), 16, 96), longest / 3);
        var horizon = Math.Min(lstm.Horizon ?? Math.Clamp(options.Horizon, 1, MaxHorizon), Math.Max(1, (longest - window) / 4));
        var features = new WindowFeatures(periods, window, horizon);
        var shape = new LstmShape(features.Inputs, lstm.HiddenUnits, features.StepInputs, lstm.DecoderUnits, lstm.Levels.Count);
        FilledSeries[] filled = [.. series.Where(HasValue).Select(values => new FilledSeries(values, periods, features.Reach))];
        if (filled.Length == 0) throw new ForecastFitException("every value of the history is missing");

        var windows = TrainingWindows.Of(filled, features);
        var trainer = new LstmTrainer(lstm, features, shape, filled, NaivePrior.Weights(filled, features, periods));
        var seeds = new SplitMix64(options.Seed);
        var members = new float[lstm.Members][];
        for (var i = 0; i < members.Length; i++) members[i] = trainer.Train(windows, seeds.Next()).Parameters;
        return new TrainedLstm(shape, features, periods, [.. lstm.Levels], members);
    }

    /// <summary>A forecaster of a series, whether the network was trained on it or not. Costs next to nothing.</summary>
    /// <param name="history">Oldest first, NaN where missing; at least <see cref="Window"/> values.</param>
    /// <param name="nonNegative">True for counts and rates: forecasts are floored at zero.</param>
    /// <exception cref="ForecastFitException">The history is shorter than the window.</exception>
    public LstmForecaster Continue(ReadOnlySpan<double> history, bool nonNegative = false)
    {
        if (history.Length < Window)
            throw new ForecastFitException($"this LSTM looks back over {Window} values; there are {history.Length}");
        return new LstmForecaster(this, new FilledSeries(history, Periods, Features.Reach), Bounds(history, nonNegative));
    }

    /// <summary>The network as bytes, in a versioned binary form that <see cref="Load"/> reads on any machine.</summary>
    public byte[] Save() => LstmFile.Write(this);

    /// <summary>Reads what <see cref="Save"/> wrote; forecasts are the same to the bit.</summary>
    /// <exception cref="FormatException">The bytes are no saved LSTM, are cut off, or come from a newer version; the message says which.</exception>
    public static TrainedLstm Load(ReadOnlySpan<byte> bytes) => LstmFile.Read(bytes);

    private static ForecastBounds Bounds(ReadOnlySpan<double> history, bool nonNegative)
    {
        var bounds = new ForecastBounds([], nonNegative);
        foreach (var value in history)
        {
            if (double.IsFinite(value)) bounds.Observe(value);
        }

        return bounds;
    }

    private static bool HasValue(double[] values) => values.Any(double.IsFinite);
}

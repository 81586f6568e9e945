using System.Globalization;

namespace Foreflow.Core.Forecasting.Lstm;

/// <summary>
/// A trained network, immutable: shared by every forecaster made of it, saved and loaded as bytes. Trained on one series or on
/// many; either way it continues any series with the same seasons, because it sees each window in units of its own level and spread.
/// </summary>
public sealed class TrainedLstm
{
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
    public static TrainedLstm Train(IReadOnlyList<double[]> series, FitOptions options, LstmOptions? lstm = null) =>
        LstmTraining.Run(series, options, lstm ?? new LstmOptions()).Final;

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
}

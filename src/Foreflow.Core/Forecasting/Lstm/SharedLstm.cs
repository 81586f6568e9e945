namespace Foreflow.Core.Forecasting.Lstm;

/// <summary>
/// One network for many series of a kind: what one series shows too seldom to be learned, hundreds together show often. It comes in two editions, so
/// that it can be judged like any other model: one to be tried on the newest values of each series, which it has never
/// seen, and one trained on everything, to forecast with.
/// </summary>
/// <remarks>
/// Source: Salinas, Flunkert, Gasthaus and Januschowski (2020), "DeepAR: Probabilistic forecasting with autoregressive recurrent networks", for
/// one recurrent network over many series, each scaled by itself.
/// </remarks>
public sealed class SharedLstm
{
    private readonly int[] _lengths;

    private SharedLstm(TrainedLstm trial, TrainedLstm final, int[] lengths)
    {
        (Trial, Final, _lengths) = (trial, final, lengths);
    }

    /// <summary>The edition that has not seen the held-out values of any series; only how long it was trained was chosen by them.</summary>
    public TrainedLstm Trial { get; }

    /// <summary>The edition trained on everything.</summary>
    public TrainedLstm Final { get; }

    /// <summary>Trains both editions on this thread.</summary>
    /// <param name="series">Histories, oldest value first, NaN where missing.</param>
    /// <param name="options">Seasons common to all series, the horizon and the seed.</param>
    /// <param name="heldOut">How many of the newest values of each series the trial edition must not see, in the order of <paramref name="series"/>.</param>
    /// <param name="lstm">Size and bounds; null for the defaults.</param>
    /// <exception cref="ForecastFitException">No series is long enough; the message says how long it has to be.</exception>
    public static SharedLstm Train(IReadOnlyList<double[]> series, FitOptions options, IReadOnlyList<int> heldOut, LstmOptions? lstm = null)
    {
        if (heldOut.Count != series.Count) throw new ArgumentException($"{heldOut.Count} held-out counts for {series.Count} series", nameof(heldOut));
        var (trial, final) = LstmTraining.Run(series, options, lstm ?? new LstmOptions(), heldOut);
        return new SharedLstm(trial, final, [.. series.Select(values => values.Length)]);
    }

    /// <summary>
    /// The network as a model of one of the series. A part of its history is continued by the trial edition, the whole by the final one; fitting costs nothing.
    /// </summary>
    /// <param name="index">Position of the series among those trained on.</param>
    public IForecastModel ModelOf(int index) => new OneSeries(this, _lengths[index]);

    private sealed class OneSeries(SharedLstm shared, int length) : IForecastModel
    {
        public string Name => "lstm-shared";

        public IForecaster Fit(ReadOnlySpan<double> history, FitOptions options) =>
            (history.Length < length ? shared.Trial : shared.Final).Continue(history, options.NonNegative);
    }
}

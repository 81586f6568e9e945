namespace Foreflow.Core.Forecasting.Lstm;

/// <summary>
/// A recurrent network that learns quantiles of the next steps from the recent past and the seasons before, trained on the series itself,
/// or taken ready trained on many.
/// </summary>
/// <remarks>
/// Sources: Hochreiter and Schmidhuber (1997), "Long short-term memory"; Wen, Torkkola, Narayanaswamy and Madeka (2017), "A multi-horizon
/// quantile recurrent forecaster"; Lai, Chang, Yang and Liu (2018), "Modeling long- and short-term temporal patterns with deep neural networks",
/// for the linear path beside the network.
/// </remarks>
/// <param name="options">Size and bounds of training; null for the defaults.</param>
/// <param name="trained">A network to use as it is, without training; null to train on each history.</param>
public sealed class LstmModel(LstmOptions? options = null, TrainedLstm? trained = null) : IForecastModel
{
    private readonly LstmOptions _options = (options ?? new LstmOptions()).Validated();

    /// <inheritdoc/>
    public string Name => "lstm";

    /// <inheritdoc/>
    public IForecaster Fit(ReadOnlySpan<double> history, FitOptions options)
    {
        var network = trained ?? TrainedLstm.Train([history.ToArray()], options, _options);
        return network.Continue(history, options.NonNegative);
    }
}

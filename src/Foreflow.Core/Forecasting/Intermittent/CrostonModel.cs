using Foreflow.Core.Forecasting.Estimation;

namespace Foreflow.Core.Forecasting.Intermittent;

/// <summary>
/// Croston's method for demand that is mostly zero: smooths the size of demands and the interval between them apart, and forecasts
/// their ratio.
/// </summary>
/// <remarks>
/// Sources: Croston (1972), "Forecasting and stock control for intermittent demands"; with <paramref name="corrected"/>, Syntetos and
/// Boylan (2005), "The accuracy of intermittent demand estimates", equation 4: the ratio of two smoothed values is too high by the
/// factor 1/(1 − α/2). The smoothing parameter has the least squared one-step error.
/// </remarks>
/// <param name="corrected">True for the Syntetos-Boylan approximation.</param>
public sealed class CrostonModel(bool corrected = true) : IForecastModel
{
    /// <inheritdoc/>
    public string Name => corrected ? "sba" : "croston";

    /// <inheritdoc/>
    /// <exception cref="ForecastFitException">Fewer than two demands are known, or a value is negative.</exception>
    public IForecaster Fit(ReadOnlySpan<double> history, FitOptions options)
    {
        var series = DemandHistory.Prepare(history, fewestDemands: 2);
        return SmoothingSearch.Best(series, parameters => new CrostonState(parameters.Alpha, corrected, series), searchBeta: false);
    }
}

/// <summary>
/// The method of Teunter, Syntetos and Babai: like Croston's, but the chance of a demand is smoothed at every step, so that the
/// forecast falls while nothing is asked for.
/// </summary>
/// <remarks>
/// Source: Teunter, Syntetos and Babai (2011), "Intermittent demand: linking forecasting to inventory obsolescence", equations 2 to 4.
/// Both smoothing parameters have the least squared one-step error.
/// </remarks>
public sealed class TsbModel : IForecastModel
{
    /// <inheritdoc/>
    public string Name => "tsb";

    /// <inheritdoc/>
    /// <exception cref="ForecastFitException">No demand is known, or a value is negative.</exception>
    public IForecaster Fit(ReadOnlySpan<double> history, FitOptions options)
    {
        var series = DemandHistory.Prepare(history, fewestDemands: 1);
        return SmoothingSearch.Best(series, parameters => new TsbState(parameters.Alpha, parameters.Beta, series), searchBeta: true);
    }
}

/// <summary>What the intermittent methods ask of a history.</summary>
internal static class DemandHistory
{
    private const int MaxObservations = 20_000;
    private const int FewestObservations = 3;

    public static double[] Prepare(ReadOnlySpan<double> history, int fewestDemands)
    {
        var series = History.Prepare(history, MaxObservations, FewestObservations);
        var demands = 0;
        foreach (var value in series)
        {
            if (value < 0) throw new ForecastFitException("a demand is negative");
            if (value > 0) demands++;
        }
        return demands >= fewestDemands
            ? series
            : throw new ForecastFitException($"{demands} demands are too few: at least {fewestDemands} are needed");
    }
}

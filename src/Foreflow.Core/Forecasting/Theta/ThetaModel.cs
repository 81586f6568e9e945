using Foreflow.Core.Forecasting.Estimation;
using Foreflow.Core.Forecasting.Preparation;

namespace Foreflow.Core.Forecasting.Theta;

/// <summary>
/// The dynamic optimised theta model on the seasonally adjusted series: half a smoothed level, half the line through the data, with
/// the halves and the smoothing estimated.
/// </summary>
/// <remarks>
/// Sources: Assimakopoulos and Nikolopoulos (2000), "The theta model: a decomposition approach to forecasting"; Fiorucci et al. (2016),
/// "Models for optimising the theta method and their relationship to state space models". The season is a factor or a sum, whichever
/// leaves the smaller one-step errors, found by STL rather than by the classical decomposition of the papers, and by MSTL where there
/// are several periods.
/// </remarks>
/// <param name="maxObservations">Latest observations used, 10 or more.</param>
public sealed class ThetaModel(int maxObservations = 5000) : IForecastModel
{
    private const int FewestObservations = 5;

    /// <inheritdoc/>
    public string Name => "theta";

    /// <inheritdoc/>
    IForecaster IForecastModel.Fit(ReadOnlySpan<double> history, FitOptions options) => Fit(history, options);

    /// <summary>Fits the model to a history, oldest first, NaN where a value is missing.</summary>
    /// <exception cref="ForecastFitException">Fewer than five values are known, or one is infinite.</exception>
    public ThetaForecaster Fit(ReadOnlySpan<double> history, FitOptions options)
    {
        var series = History.Prepare(history, maxObservations, FewestObservations);
        int[] periods = [.. options.Periods.Where(period => period >= 2 && series.Length >= (2 * period) + 1)];
        var filled = Gaps.Fill(series, periods);

        var best = Fit(series, filled, periods, isMultiplicative: false, options);
        if (periods.Length == 0 || filled.AsSpan().ContainsAnyExceptInRange(double.Epsilon, double.MaxValue)) return best;
        var multiplicative = Fit(series, filled, periods, isMultiplicative: true, options);
        return multiplicative.InnovationVariance < best.InnovationVariance ? multiplicative : best;
    }

    private static ThetaForecaster Fit(double[] series, double[] filled, int[] periods, bool isMultiplicative, FitOptions options)
    {
        var (cycles, adjusted) = SeasonalCycles.Of(filled, periods, isMultiplicative);
        var (parameters, _) = ThetaEstimator.Estimate(adjusted);
        var state = new ThetaState(parameters);
        double sum = 0;
        var counted = 0;
        for (var t = 0; t < adjusted.Length; t++)
        {
            var mean = state.Predict();
            var missing = double.IsNaN(series[t]);
            if (t >= ThetaEstimator.WarmUp && !missing)
            {
                // Of the series itself, so that both kinds of season compare.
                var scale = isMultiplicative ? filled[t] / adjusted[t] : 1;
                sum += (adjusted[t] - mean) * (adjusted[t] - mean) * scale * scale;
                counted++;
            }
            state.Step(missing ? mean : adjusted[t]);
        }
        var variance = sum / Math.Max(1, counted - 3);
        return new ThetaForecaster(parameters, variance, state, cycles, 0, new ForecastBounds(filled, options.NonNegative));
    }
}

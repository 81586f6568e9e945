using Foreflow.Core.Forecasting.Preparation;

namespace Foreflow.Core.Forecasting.Ensemble;

/// <summary>
/// Decides whether models do better on a history without its wild values and outages: a cheap model is tried both ways on
/// what came after earlier origins, as it was.
/// </summary>
internal static class Cleaning
{
    /// <summary>Cleaning must bring the error below this share of what it is without.</summary>
    private const double MustReach = 0.99;

    /// <summary>The anomalies to take out.</summary>
    /// <returns>Null where there are none, or where taking them out does not help.</returns>
    public static Anomalies? Choose(IForecastModel model, ReadOnlySpan<double> history, FitOptions options, ValidationPlan plan)
    {
        if (plan.IsEmpty || Anomalies.Find(history, options.Periods, options.NonNegative) is not { } found) return null;
        try
        {
            var raw = new double[plan.Scored.Length];
            var clean = new double[plan.Scored.Length];
            for (var k = 0; k < plan.Scored.Length; k++)
            {
                var past = history[..plan.Scored[k]];
                // An outage is no demand that could have been foretold.
                var actual = found.WithoutOutages.AsSpan(plan.Scored[k], plan.Horizon);
                raw[k] = Error(model, past, actual, options);
                // Found anew in each past: what came later must not tell.
                var known = Anomalies.Find(past, options.Periods, options.NonNegative);
                clean[k] = known is null ? raw[k] : Error(model, known.Clean, actual, options);
            }
            return EnsembleWeights.DiscountedError(clean) < MustReach * EnsembleWeights.DiscountedError(raw) ? found : null;
        }
        catch (ForecastFitException)
        {
            return null;
        }
    }

    private static double Error(IForecastModel model, ReadOnlySpan<double> past, ReadOnlySpan<double> actual, FitOptions options)
    {
        var error = Accuracy.ForecastAccuracy.MeanAbsoluteError(actual, model.Fit(past, options).Forecast(actual.Length).Mean);
        return double.IsNaN(error) ? 0 : error;
    }
}

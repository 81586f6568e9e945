namespace Foreflow.Core.Forecasting.Ensemble;

/// <summary>What one model forecast at every origin of a validation.</summary>
/// <param name="Paths">One forecast per origin of <see cref="ValidationPlan.Forecasts"/>; element 0 is one step after the origin.</param>
/// <param name="ScoredErrors">Mean absolute error at each of <see cref="ValidationPlan.Scored"/>.</param>
/// <param name="Last">The forecaster as fitted last, at the newest origin that it was fitted at.</param>
internal sealed record ModelTrial(double[][] Paths, double[] ScoredErrors, IForecaster Last)
{
    /// <summary>Tries a model on a history.</summary>
    /// <param name="history">May hold NaN.</param>
    /// <param name="refit">True to fit at every scored origin; false to fit once, at the oldest, and only update from there on.</param>
    /// <exception cref="ForecastFitException">The model cannot be fitted, or a forecast is not a number.</exception>
    public static ModelTrial Run(
        IForecastModel model, ReadOnlySpan<double> history, FitOptions options, ValidationPlan plan, bool refit)
    {
        var paths = new double[plan.Forecasts.Length][];
        var errors = new double[plan.Scored.Length];
        IForecaster? forecaster = null;
        var taken = 0;
        var scored = 0;
        for (var i = 0; i < paths.Length; i++)
        {
            var origin = plan.Forecasts[i];
            var isScored = scored < errors.Length && plan.Scored[scored] == origin;
            if (forecaster is null || (isScored && refit))
            {
                forecaster = model.Fit(history[..origin], options);
                taken = origin;
            }
            for (; taken < origin; taken++) forecaster.Update(history[taken]);

            paths[i] = CheckedForecast(forecaster, plan.Horizon);
            if (isScored) errors[scored++] = MeanAbsoluteError(history.Slice(origin, plan.Horizon), paths[i]);
        }
        return new ModelTrial(paths, errors, forecaster!);
    }

    /// <summary>A forecast that holds only numbers.</summary>
    /// <exception cref="ForecastFitException">It does not: the model has diverged.</exception>
    public static double[] CheckedForecast(IForecaster forecaster, int horizon)
    {
        var mean = forecaster.Forecast(horizon).Mean;
        foreach (var value in mean)
        {
            if (!double.IsFinite(value)) throw new ForecastFitException("its forecast diverged");
        }
        return mean;
    }

    private static double MeanAbsoluteError(ReadOnlySpan<double> actual, double[] forecast)
    {
        var error = Accuracy.ForecastAccuracy.MeanAbsoluteError(actual, forecast);
        return double.IsNaN(error) ? 0 : error;
    }
}

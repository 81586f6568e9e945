using Foreflow.Core.Forecasting.Estimation;
using Foreflow.Core.Forecasting.Preparation;

namespace Foreflow.Core.Forecasting.Ets;

/// <summary>
/// Exponential smoothing in state space form, with error, trend and season chosen by AICc among fifteen forms.
/// </summary>
/// <remarks>
/// Sources: Hyndman, Koehler, Snyder and Grose (2002), "A state space framework for automatic forecasting using exponential smoothing
/// methods"; Hyndman, Koehler, Ord and Snyder (2008), "Forecasting with Exponential Smoothing". Of several periods the one season takes
/// that which forecasts the end of the history best, as for ARIMA.
/// </remarks>
public sealed class EtsModel(EtsOptions? options = null) : IForecastModel
{
    private const int FewestObservations = 4;

    private readonly EtsOptions _options = options ?? new EtsOptions();

    /// <inheritdoc/>
    public string Name => "ets";

    /// <inheritdoc/>
    IForecaster IForecastModel.Fit(ReadOnlySpan<double> history, FitOptions options) => Fit(history, options);

    /// <summary>Fits the model to a history, oldest first, NaN where a value is missing.</summary>
    /// <exception cref="ForecastFitException">Fewer than four values are known, one is infinite, or no form carries the series.</exception>
    public EtsForecaster Fit(ReadOnlySpan<double> history, FitOptions options)
    {
        var series = History.Prepare(history, _options.MaxObservations, FewestObservations);
        var period = _options.Form?.Period ?? new PeriodChoice(FitSeason, _options.MaxPeriod).Choose(series, options.Periods);
        var filled = Gaps.Fill(series, [period]);
        return new Fitting(_options, series, filled, period).Run(options);
    }

    /// <summary>A forecaster with parameters estimated before, at the end of the history they were estimated on and what followed.</summary>
    public static EtsForecaster Restore(EtsEstimate estimate, ReadOnlySpan<double> history, FitOptions options)
    {
        var state = new EtsState(estimate.Form);
        state.Reset(estimate.Smoothing, estimate.Level, estimate.Slope, estimate.Season);
        foreach (var value in history) state.Step(value);
        return new EtsForecaster(estimate, state, new ForecastBounds(history, options.NonNegative));
    }

    private IForecaster FitSeason(double[] series, int period) =>
        new EtsModel(_options with { Finalists = 1, MaxEstimatedSeason = 0 }).Fit(series, new FitOptions([period]));

    /// <summary>One choice among the forms.</summary>
    private sealed class Fitting(EtsOptions options, double[] series, double[] filled, int period)
    {
        private readonly EtsEstimator _estimator = new(series);
        private readonly Dictionary<EtsKind, EtsStart> _starts = [];

        public EtsForecaster Run(FitOptions fit)
        {
            var estimate = History.IsConstant(filled) ? Constant() : options.Form is { } form ? Refine(form, null) : Choose();
            if (estimate is null) throw new ForecastFitException("no exponential smoothing model could be estimated");
            return Restore(estimate, series, fit);
        }

        private EtsEstimate? Choose()
        {
            var positive = filled.All(value => value > 0);
            var longEnough = filled.Length >= (2 * period) + 1;
            var ranked = EtsForm.Candidates(positive, longEnough ? period : 1)
                .Select(form => _estimator.Estimate(form, Start(form), withStates: false))
                .OfType<EtsEstimate>()
                .OrderBy(estimate => estimate.Aicc)
                .Take(options.Finalists)
                .ToList();
            return ranked.Select(estimate => Refine(estimate.Form, estimate)).OfType<EtsEstimate>().MinBy(estimate => estimate.Aicc);
        }

        private EtsEstimate? Refine(EtsForm form, EtsEstimate? rough)
        {
            rough ??= _estimator.Estimate(form, Start(form), withStates: false);
            if (form.HasSeason && form.Period > options.MaxEstimatedSeason) return rough;
            return _estimator.Estimate(form, Start(form), withStates: true, rough?.Smoothing) ?? rough;
        }

        private EtsStart Start(EtsForm form)
        {
            if (!_starts.TryGetValue(form.Season, out var start))
                _starts[form.Season] = start = EtsStart.Of(filled, form.Season, form.Period);
            return start;
        }

        private EtsEstimate Constant() =>
            new(new EtsForm(EtsKind.Additive, EtsTrend.None, EtsKind.None, 1), new EtsSmoothing(0.5, 0, 0, 1), filled[0], 0, [], 0,
                double.PositiveInfinity, series.Length);
    }
}

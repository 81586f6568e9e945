using Foreflow.Core.Forecasting.Estimation;
using Foreflow.Core.Forecasting.Preparation;

namespace Foreflow.Core.Forecasting.Arima;

/// <summary>
/// Seasonal ARIMA with automatic order: seasonal differences by seasonal strength, ordinary ones by the KPSS test, the rest stepwise
/// by AICc; coefficients by exact maximum likelihood through the Kalman filter, kept stationary and invertible.
/// </summary>
/// <remarks>
/// Sources: Box and Jenkins (1970), "Time Series Analysis"; Hyndman and Khandakar (2008), "Automatic time series forecasting: the
/// forecast package for R"; each step names its own. Intervals are the model's own: they hold the uncertainty of the future
/// innovations and of missing values, not that of the coefficients.
/// </remarks>
public sealed class ArimaModel(ArimaOptions? options = null) : IForecastModel
{
    private const int FewestObservations = 3;

    private readonly ArimaOptions _options = options ?? new ArimaOptions();

    /// <inheritdoc/>
    public string Name => "arima";

    /// <inheritdoc/>
    IForecaster IForecastModel.Fit(ReadOnlySpan<double> history, FitOptions options) => Fit(history, options);

    /// <summary>Fits the model to a history, oldest first, NaN where a value is missing.</summary>
    /// <exception cref="ForecastFitException">Fewer than three values are known, one is infinite, or no model can be estimated.</exception>
    public ArimaForecaster Fit(ReadOnlySpan<double> history, FitOptions options)
    {
        var series = History.Prepare(history, _options.MaxObservations, FewestObservations);
        var period = _options.Order?.Period ?? ChoosePeriod(series, options.Periods);
        var filled = Gaps.Fill(series, [period]);
        if (History.IsConstant(filled)) return Constant(series, filled, options);

        var order = _options.Order ?? ChooseDifferencing(filled, period);
        order.Validate();
        if (filled.Length - order.DifferencingSpan < FewestObservations)
            throw new ForecastFitException($"{filled.Length} observations are too few for {order}");
        var differenced = Differencing.Apply(filled, order.Differences, order.SeasonalDifferences, order.Period);
        var estimator = new ArimaEstimator(differenced);
        if (estimator.IsConstant) return Deterministic(series, filled, differenced, order, options);

        var chosen = _options.Order is null
            ? new ArimaOrderSearch(estimator, _options, order, differenced.Length).Run()
            : estimator.Best(order);
        if (chosen is null)
            throw new ForecastFitException($"no ARIMA model with d={order.Differences}, D={order.SeasonalDifferences} could be estimated");
        return Finish(series, filled, chosen, options);
    }

    /// <summary>
    /// A forecaster with coefficients estimated before, at the end of a history: what a refit amounts to when only the newest
    /// observations changed, and how a recorded model is brought back.
    /// </summary>
    /// <exception cref="ForecastFitException">The history is shorter than the model's differences reach.</exception>
    public ArimaForecaster Restore(ArimaEstimate estimate, ReadOnlySpan<double> history, FitOptions options)
    {
        var series = History.Prepare(history, _options.MaxObservations, FewestObservations);
        if (series.Length <= estimate.Order.DifferencingSpan)
            throw new ForecastFitException($"{series.Length} observations are too few for {estimate.Order}");
        var filled = Gaps.Fill(series, [estimate.Order.Period]);
        return Forecaster(series, filled, estimate, options);
    }

    private int ChoosePeriod(double[] series, IReadOnlyList<int> periods)
    {
        var choice = new PeriodChoice(FitSeason, _options.MaxPeriod);
        return _options.Season switch
        {
            ArimaSeason.Shortest => choice.Usable(series, periods).FirstOrDefault(1),
            ArimaSeason.Longest => choice.Usable(series, periods).LastOrDefault(1),
            _ => choice.Choose(series, periods),
        };
    }

    private IForecaster FitSeason(double[] series, int period) => Fit(series, new FitOptions([period]));

    private ArimaOrder ChooseDifferencing(double[] filled, int period)
    {
        var seasonal = period > 1 && _options.MaxSeasonalDifferences > 0
            && SeasonalStrength.Of(filled, period) > SeasonalStrength.DifferenceAbove
                ? 1
                : 0;
        var differenced = Differencing.Apply(filled, 0, seasonal, period);
        return new ArimaOrder(0, UnitRootTest.DifferencesNeeded(differenced, _options.MaxDifferences), 0, 0, seasonal, 0, period);
    }

    private ArimaForecaster Finish(double[] series, double[] filled, ArimaCandidate chosen, FitOptions options)
    {
        if (series.AsSpan().HasGaps() && FilterWork(series, chosen.Estimate.Order) <= _options.MaxFilterWork)
            chosen = new GappedLikelihood(series, filled).Refine(chosen) ?? chosen;
        return Forecaster(series, filled, chosen.Estimate, options);
    }

    private ArimaForecaster Forecaster(double[] series, double[] filled, ArimaEstimate estimate, FitOptions options) =>
        new(estimate, RunFilter(series, filled, estimate), new ForecastBounds(filled, options.NonNegative));

    /// <summary>A filter at the end of the series: with its exact covariance where that is cheap, else as if it had converged.</summary>
    private ArimaFilter RunFilter(double[] series, double[] filled, ArimaEstimate estimate)
    {
        var polynomials = new ArmaPolynomials(estimate.Order);
        polynomials.MoveTo(estimate.Coefficients);
        if (FilterWork(series, estimate.Order) <= _options.MaxFilterWork
            && GappedLikelihood.Run(polynomials, series, filled, new double[series.Length]) is { } exact)
        {
            return exact;
        }
        var known = Array.FindLastIndex(series, value => !double.IsNaN(value)) + 1;
        if (known <= estimate.Order.DifferencingSpan) known = series.Length;
        var likelihood = new ExactLikelihood(polynomials, known);
        var differenced = Differencing.Apply(
            filled.AsSpan(0, known), estimate.Order.Differences, estimate.Order.SeasonalDifferences, estimate.Order.Period);
        if (!likelihood.TryInnovations(differenced, new double[differenced.Length], out _))
            throw new ForecastFitException($"{estimate.Order}: the coefficients are not stationary");
        var filter = ArimaFilter.Steady(polynomials, filled.AsSpan(0, known), likelihood.StateAt(differenced.Length));
        for (var t = known; t < series.Length; t++) filter.Step(double.NaN);
        return filter;
    }

    private static long FilterWork(double[] series, ArimaOrder order)
    {
        long state = Math.Max(order.LongestAutoregressiveLag, order.LongestMovingAverageLag + 1);
        return series.Length * state * state;
    }

    private ArimaForecaster Constant(double[] series, double[] filled, FitOptions options) =>
        Deterministic(series, filled, filled, new ArimaOrder(0, 0, 0), options);

    /// <summary>What differencing alone explains: no innovation is left, and every forecast is certain.</summary>
    private ArimaForecaster Deterministic(
        double[] series, double[] filled, double[] differenced, ArimaOrder order, FitOptions options)
    {
        var constant = order.Differences + order.SeasonalDifferences <= 1;
        order = order with
        {
            Autoregressive = 0, MovingAverage = 0, SeasonalAutoregressive = 0, SeasonalMovingAverage = 0, HasConstant = constant,
        };
        var coefficients = new ArimaCoefficients([], [], [], [], constant ? differenced.Average() : 0);
        var estimate = new ArimaEstimate(order, coefficients, 0, double.PositiveInfinity, differenced.Length);
        return Forecaster(series, filled, estimate, options);
    }
}

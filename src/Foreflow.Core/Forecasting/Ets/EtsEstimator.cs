using System.Numerics.Tensors;
using Foreflow.Core.Forecasting.Estimation;

namespace Foreflow.Core.Forecasting.Ets;

/// <summary>Estimates exponential smoothing models of one series by maximum likelihood.</summary>
/// <remarks>
/// Smoothing parameters stay in their usual region (0 ≤ β ≤ α ≤ 1, 0 ≤ γ ≤ 1 − α, 0.8 ≤ φ ≤ 0.98) by a logistic map: within it each
/// state is a weighted mean of the past. The likelihood is, up to constants, that of a sum of squares, so Gauss-Newton steps find it.
/// Source: Hyndman, Koehler, Ord and Snyder (2008), chapter 5.
/// </remarks>
/// <param name="series">The series, NaN where missing; the first value is known.</param>
internal sealed class EtsEstimator(double[] series)
{
    private const double LowestDamping = 0.8;
    private const double HighestDamping = 0.98;
    private const double Margin = 1e-4;

    /// <summary>Smallest innovation variance told apart from 0, as a share of the series' own.</summary>
    private const double SmallestVariance = 1e-10;

    private readonly double[] _series = series;
    private readonly double _scale = Scale(series);
    private readonly int _known = series.Count(value => !double.IsNaN(value));

    /// <summary>Maximum likelihood of the smoothing parameters alone, or of the initial states too.</summary>
    /// <returns>Null where the form does not carry the series.</returns>
    public EtsEstimate? Estimate(EtsForm form, EtsStart start, bool withStates, EtsSmoothing? from = null)
    {
        var state = new EtsState(form);
        var season = (double[])start.Season.Clone();
        var count = form.SmoothingCount + (withStates ? form.StateCount : 0);

        bool Residuals(ReadOnlySpan<double> point, Span<double> residuals)
        {
            if (!Place(form, start, point, state, season)) return false;
            return TryInnovations(form, state, residuals, out var sumLogMean) && Balance(residuals, sumLogMean);
        }

        var point = Point(form, start, count, from ?? new EtsSmoothing(0.3, 0.03, 0.07, 0.95));
        var result = NonlinearLeastSquares.Minimise(Residuals, point, _series.Length, maxIterations: withStates ? 30 : 20, tolerance: 1e-6);
        return double.IsFinite(result.SumOfSquares) ? Score(form, start, result.Point, state, season) : null;
    }

    /// <summary>
    /// Multiplicative innovations have the density of e over μ: each residual takes the geometric mean of the means as its weight.
    /// </summary>
    private bool Balance(Span<double> residuals, double sumLogMean)
    {
        if (sumLogMean != 0) TensorPrimitives.Multiply(residuals, Math.Exp(sumLogMean / _known), residuals);
        return true;
    }

    /// <summary>Runs the recursions over the series.</summary>
    /// <param name="sumLogMean">Σ log μₜ for multiplicative innovations, 0 for additive ones.</param>
    private bool TryInnovations(EtsForm form, EtsState state, Span<double> residuals, out double sumLogMean)
    {
        var relative = form.Error == EtsKind.Multiplicative;
        sumLogMean = 0;
        for (var t = 0; t < _series.Length; t++)
        {
            var mean = state.Predict();
            var observation = _series[t];
            if (double.IsNaN(observation))
            {
                residuals[t] = 0;
            }
            else if (relative)
            {
                if (!(mean > Margin * _scale)) return false;
                sumLogMean += Math.Log(mean / _scale);
                residuals[t] = (observation - mean) / mean;
            }
            else
            {
                residuals[t] = (observation - mean) / _scale;
            }
            state.Step(observation);
        }
        return true;
    }

    private EtsEstimate? Score(EtsForm form, EtsStart start, double[] point, EtsState state, double[] season)
    {
        Place(form, start, point, state, season);
        var smoothing = state.Smoothing;
        var (level, slope) = InitialLevel(form, start, point);
        var residuals = new double[_series.Length];
        if (!TryInnovations(form, state, residuals, out var sumLogMean)) return null;

        // A form that fits without error is not better for an error of 1e-20 than for one of 1e-12.
        var floor = SmallestVariance * Math.Exp(-2 * sumLogMean / _known);
        var variance = Math.Max(floor, TensorPrimitives.SumOfSquares<double>(residuals) / _known);
        var logScale = _known * Math.Log(_scale);
        var logLikelihood = (-0.5 * _known * (Math.Log(2 * Math.PI * variance) + 1)) - sumLogMean - logScale;
        if (!double.IsFinite(logLikelihood)) return null;
        if (form.Error == EtsKind.Additive) variance *= _scale * _scale;
        return new EtsEstimate(form, smoothing, level, slope, form.HasSeason ? [.. season] : [], variance, logLikelihood, _known);
    }

    /// <summary>Sets the state to a point of the optimiser's space.</summary>
    private bool Place(EtsForm form, EtsStart start, ReadOnlySpan<double> point, EtsState state, double[] season)
    {
        var (level, slope) = InitialLevel(form, start, point);
        if (form.HasSeason && point.Length > form.SmoothingCount)
        {
            var states = point[(form.SmoothingCount + 1 + (form.HasTrend ? 1 : 0))..];
            var multiplicative = form.Season == EtsKind.Multiplicative;
            var rest = multiplicative ? form.Period : 0.0;
            for (var i = 0; i < states.Length; i++)
            {
                season[i] = multiplicative ? states[i] : states[i] * _scale;
                rest -= season[i];
            }
            season[^1] = rest;
            if (multiplicative && TensorPrimitives.Min<double>(season) <= Margin) return false;
        }
        state.Reset(Smoothing(form, point), level, slope, season);
        return true;
    }

    private (double Level, double Slope) InitialLevel(EtsForm form, EtsStart start, ReadOnlySpan<double> point)
    {
        if (point.Length == form.SmoothingCount) return (form.HasTrend ? start.Intercept : start.Mean, form.HasTrend ? start.Slope : 0);
        var states = point[form.SmoothingCount..];
        return (states[0] * _scale, form.HasTrend ? states[1] * _scale : 0);
    }

    private static EtsSmoothing Smoothing(EtsForm form, ReadOnlySpan<double> point)
    {
        var at = 0;
        var alpha = Logistic(point[at++], Margin, 1 - Margin);
        var beta = form.HasTrend ? alpha * Logistic(point[at++], Margin, 1) : 0;
        var gamma = form.HasSeason ? (1 - alpha) * Logistic(point[at++], Margin, 1) : 0;
        var phi = form.Trend == EtsTrend.Damped ? Logistic(point[at], LowestDamping, HighestDamping) : 1;
        return new EtsSmoothing(alpha, beta, gamma, phi);
    }

    private double[] Point(EtsForm form, EtsStart start, int count, EtsSmoothing from)
    {
        var point = new List<double> { Logit(from.Alpha, Margin, 1 - Margin) };
        if (form.HasTrend) point.Add(Logit(from.Beta / from.Alpha, Margin, 1));
        if (form.HasSeason) point.Add(Logit(from.Gamma / (1 - from.Alpha), Margin, 1));
        if (form.Trend == EtsTrend.Damped) point.Add(Logit(from.Phi, LowestDamping, HighestDamping));
        if (count > point.Count)
        {
            point.Add((form.HasTrend ? start.Intercept : start.Mean) / _scale);
            if (form.HasTrend) point.Add(start.Slope / _scale);
            var unit = form.Season == EtsKind.Multiplicative ? 1 : _scale;
            if (form.HasSeason) point.AddRange(start.Season[..^1].Select(value => value / unit));
        }
        return [.. point];
    }

    private static double Logistic(double u, double low, double high) => low + ((high - low) / (1 + Math.Exp(-u)));

    private static double Logit(double value, double low, double high)
    {
        var share = Math.Clamp((value - low) / (high - low), 0.002, 0.998);
        return Math.Log(share / (1 - share));
    }

    private static double Scale(double[] series)
    {
        double[] known = [.. series.Where(value => !double.IsNaN(value))];
        var mean = known.Average();
        var deviation = Math.Sqrt(known.Sum(value => (value - mean) * (value - mean)) / known.Length);
        return deviation > 0 ? deviation : 1;
    }
}

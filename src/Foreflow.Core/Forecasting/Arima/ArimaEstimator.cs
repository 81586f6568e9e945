using System.Numerics.Tensors;
using Foreflow.Core.Forecasting.Estimation;

namespace Foreflow.Core.Forecasting.Arima;

/// <summary>An estimate and the point of the unbounded parameter space it came from, for others to start at.</summary>
internal sealed record ArimaCandidate(ArimaEstimate Estimate, double[] Point);

/// <summary>
/// Estimates ARMA models of one differenced series without missing values: conditional least squares to start, maximum likelihood
/// to finish.
/// </summary>
internal sealed class ArimaEstimator
{
    private readonly double[] _series;
    private readonly double[] _residuals;
    private readonly double _scale;
    private readonly double _mean;

    /// <param name="differenced">The differenced series. It is brought to unit variance, so that all tolerances are relative.</param>
    public ArimaEstimator(ReadOnlySpan<double> differenced)
    {
        var mean = TensorPrimitives.Sum(differenced) / Math.Max(1, differenced.Length);
        _series = differenced.ToArray();
        TensorPrimitives.Subtract<double>(_series, mean, _residuals = new double[_series.Length]);
        var deviation = Math.Sqrt(TensorPrimitives.SumOfSquares<double>(_residuals) / Math.Max(1, _series.Length));
        _scale = deviation > 1e-12 * Math.Abs(mean) ? deviation : 0;
        _mean = _scale > 0 ? mean / _scale : mean;
        if (_scale > 0) TensorPrimitives.Multiply<double>(_series, 1 / _scale, _series);
    }

    /// <summary>True where nothing is left to explain.</summary>
    public bool IsConstant => _scale == 0;

    /// <summary>Conditional least squares from a start, scored by the exact likelihood at the point found.</summary>
    /// <returns>Null where no admissible point was found.</returns>
    public ArimaCandidate? Quick(ArimaOrder order, double[] start)
    {
        var polynomials = new ArmaPolynomials(order);
        var point = ConditionalPoint(polynomials, start, maxIterations: 8, tolerance: 1e-4);
        return Score(polynomials, point);
    }

    /// <summary>Maximum likelihood, started by conditional least squares.</summary>
    /// <returns>Null where no admissible point was found.</returns>
    public ArimaCandidate? Exact(ArimaOrder order, double[] start)
    {
        var polynomials = new ArmaPolynomials(order);
        var conditional = ConditionalPoint(polynomials, start, maxIterations: 20, tolerance: 1e-6);
        return MaximiseLikelihood(polynomials, conditional);
    }

    /// <summary>
    /// Maximum likelihood of a known order, from two sides: where autoregressive and moving-average coefficients nearly cancel
    /// the likelihood has several maxima.
    /// </summary>
    /// <returns>The better; null where no admissible point was found.</returns>
    public ArimaCandidate? Best(ArimaOrder order)
    {
        var start = DefaultStart(order);
        var near = Exact(order, start);
        if (order.Autoregressive + order.SeasonalAutoregressive == 0 || order.MovingAverage + order.SeasonalMovingAverage == 0) return near;

        // The second start remembers, and takes back most of each shock: what a difference too many leaves behind.
        const double persistent = 1, nearlyUnit = 2;
        if (order.Autoregressive > 0) start[0] = persistent;
        if (order.MovingAverage > 0) start[order.Autoregressive] = nearlyUnit;
        var far = MaximiseLikelihood(new ArmaPolynomials(order), start);
        return near is null || far?.Estimate.LogLikelihood > near.Estimate.LogLikelihood ? far : near;
    }

    /// <summary>Maximum likelihood from a point that conditional least squares has already found.</summary>
    public ArimaCandidate? Refine(ArimaCandidate candidate) =>
        MaximiseLikelihood(new ArmaPolynomials(candidate.Estimate.Order), candidate.Point);

    /// <summary>A point to start from where nothing better is known.</summary>
    public double[] DefaultStart(ArimaOrder order)
    {
        // Not 0: there an autoregressive and a moving-average coefficient of the same lag have the same derivative.
        var point = new double[order.CoefficientCount];
        Array.Fill(point, 0.1);
        if (order.HasConstant) point[^1] = _mean;
        return point;
    }

    /// <summary>A start for one order from the point found for another: shared coefficients keep their values.</summary>
    public double[] StartFrom(ArimaCandidate known, ArimaOrder order)
    {
        var start = DefaultStart(order);
        var from = known.Estimate.Order;
        var (source, target) = (0, 0);
        foreach (var (have, want) in ((int, int)[])
                 [
                     (from.Autoregressive, order.Autoregressive), (from.MovingAverage, order.MovingAverage),
                     (from.SeasonalAutoregressive, order.SeasonalAutoregressive),
                     (from.SeasonalMovingAverage, order.SeasonalMovingAverage),
                 ])
        {
            for (var i = 0; i < Math.Min(have, want); i++) start[target + i] = Math.Clamp(known.Point[source + i], -3, 3);
            source += have;
            target += want;
        }
        if (order.HasConstant && from.HasConstant) start[^1] = known.Point[^1];
        return start;
    }

    private double[] ConditionalPoint(ArmaPolynomials polynomials, double[] start, int maxIterations, double tolerance)
    {
        bool Residuals(ReadOnlySpan<double> point, Span<double> residuals)
        {
            polynomials.MoveTo(point);
            ConditionalResiduals.Compute(polynomials, _series, residuals);
            return true;
        }
        return NonlinearLeastSquares.Minimise(Residuals, start, _series.Length, maxIterations, tolerance).Point;
    }

    private ArimaCandidate? MaximiseLikelihood(ArmaPolynomials polynomials, double[] start)
    {
        var likelihood = new ExactLikelihood(polynomials, _series.Length);

        // log L is, up to constants, −n/2 · log Σ uₜ² with uₜ = vₜ/√Fₜ · (Π F)^(1/2n): a sum of squares after all.
        bool Residuals(ReadOnlySpan<double> point, Span<double> residuals)
        {
            polynomials.MoveTo(point);
            if (!likelihood.TryInnovations(_series, residuals, out var sumLogVariance)) return false;
            TensorPrimitives.Multiply(residuals, Math.Exp(sumLogVariance / (2.0 * _series.Length)), residuals);
            return true;
        }
        var result = NonlinearLeastSquares.Minimise(Residuals, start, _series.Length, maxIterations: 50, tolerance: 1e-9);
        return double.IsFinite(result.SumOfSquares) ? Score(polynomials, result.Point) : null;
    }

    private ArimaCandidate? Score(ArmaPolynomials polynomials, double[] point)
    {
        polynomials.MoveTo(point);
        var likelihood = new ExactLikelihood(polynomials, _series.Length);
        if (!likelihood.TryInnovations(_series, _residuals, out var sumLogVariance)) return null;
        double n = _series.Length;
        var variance = TensorPrimitives.SumOfSquares<double>(_residuals) / n;
        var logLikelihood = -0.5 * ((n * (Math.Log(2 * Math.PI * variance * _scale * _scale) + 1)) + sumLogVariance);
        if (!double.IsFinite(logLikelihood)) return null;

        var coefficients = polynomials.Coefficients();
        coefficients = coefficients with { Constant = coefficients.Constant * _scale };
        return new ArimaCandidate(
            new ArimaEstimate(polynomials.Order, coefficients, variance * _scale * _scale, logLikelihood, _series.Length), point);
    }
}

using System.Numerics.Tensors;
using Foreflow.Core.Forecasting.Estimation;

namespace Foreflow.Core.Forecasting.Arima;

/// <summary>Maximum likelihood for a series with missing values: by the filter on the series itself.</summary>
/// <param name="series">The series, NaN where missing.</param>
/// <param name="filled">The same with a guess where missing.</param>
internal sealed class GappedLikelihood(double[] series, double[] filled)
{
    /// <summary>Improves an estimate made on the filled series.</summary>
    /// <returns>The estimate by the likelihood of what was really observed; null where the filter could not be run.</returns>
    public ArimaCandidate? Refine(ArimaCandidate candidate)
    {
        // In units of one innovation, so that the prior of a missing start is wide for any series.
        var scale = Math.Sqrt(candidate.Estimate.InnovationVariance);
        if (!(scale > 0)) return null;
        var (scaled, guessed) = (Scaled(series, scale), Scaled(filled, scale));
        var order = candidate.Estimate.Order;
        var polynomials = new ArmaPolynomials(order);

        bool Residuals(ReadOnlySpan<double> point, Span<double> residuals)
        {
            polynomials.MoveTo(point);
            if (Run(polynomials, scaled, guessed, residuals) is not { Counted: > 0 } filter) return false;
            TensorPrimitives.Multiply(residuals, Math.Exp(filter.SumLogVariance / (2.0 * filter.Counted)), residuals);
            return true;
        }

        var start = (double[])candidate.Point.Clone();
        if (order.HasConstant) start[^1] = candidate.Estimate.Coefficients.Constant / scale;
        var result = NonlinearLeastSquares.Minimise(Residuals, start, series.Length, maxIterations: 10, tolerance: 1e-5);
        polynomials.MoveTo(result.Point);
        if (Run(polynomials, scaled, guessed, new double[series.Length]) is not { Counted: > 0 } final) return null;
        return new ArimaCandidate(Estimate(polynomials, final, scale), result.Point);
    }

    /// <summary>The likelihood of given polynomials, in the units of the series.</summary>
    internal static ArimaEstimate Estimate(ArmaPolynomials polynomials, ArimaFilter filter, double scale)
    {
        double n = filter.Counted;
        var variance = filter.SumOfSquares / n * scale * scale;
        var logLikelihood = -0.5 * ((n * (Math.Log(2 * Math.PI * variance) + 1)) + filter.SumLogVariance);
        var coefficients = polynomials.Coefficients();
        coefficients = coefficients with { Constant = coefficients.Constant * scale };
        return new ArimaEstimate(polynomials.Order, coefficients, variance, logLikelihood, filter.Counted);
    }

    /// <summary>Runs the filter over a series.</summary>
    /// <param name="residuals">Standardised innovations; 0 where there is none.</param>
    internal static ArimaFilter? Run(ArmaPolynomials polynomials, double[] series, double[] filled, Span<double> residuals)
    {
        residuals.Clear();
        var filter = ArimaFilter.Start(polynomials, series, filled);
        if (filter is null) return null;
        for (var t = polynomials.Order.DifferencingSpan; t < series.Length; t++)
        {
            filter.Step(series[t]);
            if (!double.IsNaN(filter.LastStandardised)) residuals[t] = filter.LastStandardised;
        }
        return filter;
    }

    private static double[] Scaled(double[] values, double scale)
    {
        var result = new double[values.Length];
        TensorPrimitives.Multiply<double>(values, 1 / scale, result);
        return result;
    }
}

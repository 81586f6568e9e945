using System.Numerics.Tensors;
using Foreflow.Core.Forecasting.Estimation;

namespace Foreflow.Core.Forecasting.Theta;

/// <summary>Least-squares estimate of the theta model on a seasonally adjusted series without missing values.</summary>
internal static class ThetaEstimator
{
    private const double LowestAlpha = 0.01;
    private const double HighestAlpha = 0.99;

    /// <summary>Observations whose innovations are not counted: the trend is not defined before them.</summary>
    public const int WarmUp = 2;

    /// <returns>The parameters, and the sum of squared one-step errors at them.</returns>
    public static (ThetaParameters Parameters, double SumOfSquares) Estimate(double[] series)
    {
        var mean = TensorPrimitives.Sum<double>(series) / series.Length;
        var scale = Math.Sqrt(Math.Max(0, (TensorPrimitives.SumOfSquares<double>(series) / series.Length) - (mean * mean)));
        if (!(scale > 0)) return (new ThetaParameters(series[0], 0.5, 1), 0);

        bool Residuals(ReadOnlySpan<double> point, Span<double> residuals)
        {
            var state = new ThetaState(Parameters(point, scale));
            for (var t = 0; t < residuals.Length; t++)
            {
                residuals[t] = t < WarmUp ? 0 : (series[t] - state.Predict()) / scale;
                state.Step(series[t]);
            }
            return true;
        }

        // The level to start at is last: it matters least, and nothing at all for a long series.
        var best = new LeastSquaresResult([], double.PositiveInfinity);
        foreach (var alpha in (double[])[0.15, 0.6])
        {
            double[] start = [Logit((alpha - LowestAlpha) / (HighestAlpha - LowestAlpha)), 0, series[0] / scale];
            var result = NonlinearLeastSquares.Minimise(Residuals, start, series.Length, maxIterations: 25, tolerance: 1e-6);
            if (result.SumOfSquares < best.SumOfSquares) best = result;
        }
        return (Parameters(best.Point, scale), best.SumOfSquares * scale * scale);
    }

    private static ThetaParameters Parameters(ReadOnlySpan<double> point, double scale)
    {
        var alpha = LowestAlpha + ((HighestAlpha - LowestAlpha) / (1 + Math.Exp(-point[0])));
        var trendShare = Math.Min(1 / (1 + Math.Exp(-point[1])), 0.999);
        return new ThetaParameters(point[2] * scale, alpha, 1 / (1 - trendShare));
    }

    private static double Logit(double share) => Math.Log(share / (1 - share));
}

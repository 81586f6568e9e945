using System.Numerics.Tensors;

namespace Foreflow.Core.Forecasting.Estimation;

/// <summary>Residuals at a point; false where the point is not admissible.</summary>
internal delegate bool ResidualFunction(ReadOnlySpan<double> point, Span<double> residuals);

/// <summary>What a minimisation found.</summary>
/// <param name="Point">The best point.</param>
/// <param name="SumOfSquares">Sum of squared residuals there; infinite where even the start was not admissible.</param>
internal readonly record struct LeastSquaresResult(double[] Point, double SumOfSquares);

/// <summary>
/// Levenberg-Marquardt for the likelihoods of this module: each is, up to constants, the logarithm of a sum of squares, and a
/// Gauss-Newton step on that sum needs a handful of iterations where a general optimiser needs dozens.
/// </summary>
/// <remarks>
/// Source: Marquardt (1963), "An algorithm for least-squares estimation of nonlinear parameters". Written here because a step into
/// an inadmissible point must be refused and shortened, which the library's minimiser answers with an exception, and because a
/// search over models calls this hundreds of times a fit.
/// </remarks>
internal static class NonlinearLeastSquares
{
    private const double DifferenceStep = 1e-6;
    private const double LargestDamping = 1e10;

    /// <summary>Minimises the sum of squared residuals.</summary>
    /// <param name="start">Where to begin.</param>
    /// <param name="residualCount">How many residuals the function fills.</param>
    /// <param name="maxIterations">Jacobians at most.</param>
    /// <param name="tolerance">Relative fall of the sum of squares below which it counts as converged.</param>
    public static LeastSquaresResult Minimise(
        ResidualFunction function, ReadOnlySpan<double> start, int residualCount, int maxIterations, double tolerance)
    {
        var point = start.ToArray();
        var residuals = new double[residualCount];
        if (!function(point, residuals)) return new LeastSquaresResult(point, double.PositiveInfinity);
        var sum = TensorPrimitives.SumOfSquares<double>(residuals);
        if (point.Length == 0 || !double.IsFinite(sum)) return new LeastSquaresResult(point, double.IsNaN(sum) ? double.PositiveInfinity : sum);

        var workspace = new Workspace(point.Length, residualCount);
        var damping = 1e-3;
        for (var iteration = 0; iteration < maxIterations && sum > 0; iteration++)
        {
            if (!workspace.TryLinearise(function, point, residuals)) break;
            var before = sum;
            while (damping <= LargestDamping)
            {
                if (workspace.TryStep(point, damping) && function(workspace.Trial, workspace.TrialResiduals))
                {
                    var trial = TensorPrimitives.SumOfSquares<double>(workspace.TrialResiduals);
                    if (trial < sum)
                    {
                        sum = trial;
                        workspace.Trial.CopyTo(point, 0);
                        workspace.TrialResiduals.CopyTo(residuals, 0);
                        damping = Math.Max(damping * 0.1, 1e-9);
                        break;
                    }
                }
                damping *= 10;
            }
            if (before - sum <= tolerance * before) break;
        }
        return new LeastSquaresResult(point, sum);
    }

    /// <summary>Jacobian, normal equations and the trial point, kept between iterations.</summary>
    private sealed class Workspace(int parameters, int residualCount)
    {
        private readonly double[][] _jacobian = Rows(parameters, residualCount);
        private readonly double[][] _normal = Rows(parameters, parameters);
        private readonly double[][] _factor = Rows(parameters, parameters);
        private readonly double[] _gradient = new double[parameters];
        private readonly double[] _step = new double[parameters];

        public double[] Trial { get; } = new double[parameters];

        public double[] TrialResiduals { get; } = new double[residualCount];

        public bool TryLinearise(ResidualFunction function, double[] point, double[] residuals)
        {
            point.CopyTo(Trial, 0);
            for (var j = 0; j < parameters; j++)
            {
                var step = DifferenceStep * Math.Max(1, Math.Abs(point[j]));
                Trial[j] = point[j] + step;
                if (!function(Trial, _jacobian[j]))
                {
                    Trial[j] = point[j] - step;
                    step = -step;
                    if (!function(Trial, _jacobian[j])) return false;
                }
                Trial[j] = point[j];
                TensorPrimitives.Subtract(_jacobian[j], residuals, _jacobian[j]);
                TensorPrimitives.Multiply(_jacobian[j], 1 / step, _jacobian[j]);
            }
            for (var i = 0; i < parameters; i++)
            {
                _gradient[i] = TensorPrimitives.Dot<double>(_jacobian[i], residuals);
                for (var j = 0; j <= i; j++) _normal[i][j] = TensorPrimitives.Dot<double>(_jacobian[i], _jacobian[j]);
            }
            return true;
        }

        /// <summary>Solves (JᵀJ + damping·diag JᵀJ)·step = −Jᵀr by Cholesky and sets the trial point.</summary>
        public bool TryStep(double[] point, double damping)
        {
            for (var i = 0; i < parameters; i++)
            {
                for (var j = 0; j <= i; j++)
                {
                    var rest = _normal[i][j] - TensorPrimitives.Dot<double>(_factor[i].AsSpan(0, j), _factor[j].AsSpan(0, j));
                    if (i == j)
                    {
                        rest += (damping * _normal[i][i]) + double.Epsilon;
                        if (!(rest > 0)) return false;
                        _factor[i][i] = Math.Sqrt(rest);
                    }
                    else
                    {
                        _factor[i][j] = rest / _factor[j][j];
                    }
                }
            }
            for (var i = 0; i < parameters; i++)
            {
                var known = TensorPrimitives.Dot<double>(_factor[i].AsSpan(0, i), _step.AsSpan(0, i));
                _step[i] = (-_gradient[i] - known) / _factor[i][i];
            }
            for (var i = parameters - 1; i >= 0; i--)
            {
                _step[i] /= _factor[i][i];
                for (var k = 0; k < i; k++) _step[k] -= _factor[i][k] * _step[i];
            }
            for (var i = 0; i < parameters; i++) Trial[i] = point[i] + _step[i];
            return true;
        }

        private static double[][] Rows(int rows, int columns)
        {
            var result = new double[rows][];
            for (var i = 0; i < rows; i++) result[i] = new double[columns];
            return result;
        }
    }
}

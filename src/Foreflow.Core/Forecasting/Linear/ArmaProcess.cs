using System.Numerics.Tensors;

namespace Foreflow.Core.Forecasting.Linear;

/// <summary>
/// A zero-mean process x(t) = Σ φ(j) x(t−j) + e(t) + Σ θ(j) e(t−j): a long autoregression by Burg's method, or a short one with
/// moving-average terms where these say the same with less.
/// </summary>
/// <remarks>
/// Source: Hannan and Rissanen (1982), "Recursive estimation of mixed autoregressive-moving average order": innovations from a
/// long autoregression, then least squares on lags of both. Orders are compared by AICc on the innovations that each process
/// leaves of the same values. A mixed process is taken only where both its polynomials are stable.
/// </remarks>
internal sealed class ArmaProcess
{
    private const int MostAutoregressive = 3;
    private const int MostMovingAverage = 3;
    private const double Penalty = 1e-8;

    private readonly double[] _autoregressive;
    private readonly double[] _movingAverage;

    internal ArmaProcess(double[] autoregressive, double[] movingAverage, double variance)
    {
        (_autoregressive, _movingAverage, InnovationVariance) = (autoregressive, movingAverage, variance);
    }

    /// <summary>Lags of the series.</summary>
    public int Autoregressive => _autoregressive.Length;

    /// <summary>Lags of the innovations.</summary>
    public int MovingAverage => _movingAverage.Length;

    /// <summary>Variance of e(t).</summary>
    public double InnovationVariance { get; }

    /// <summary>φ(1), φ(2), …</summary>
    public ReadOnlySpan<double> AutoregressiveCoefficients => _autoregressive;

    /// <summary>θ(1), θ(2), …</summary>
    public ReadOnlySpan<double> MovingAverageCoefficients => _movingAverage;

    /// <summary>Chooses and fits a process.</summary>
    /// <param name="longestOrder">Largest order of a pure autoregression.</param>
    public static ArmaProcess Fit(ReadOnlySpan<double> sample, int longestOrder)
    {
        var pure = AutoregressiveProcess.Fit(sample, longestOrder);
        var best = new ArmaProcess(pure.Coefficients.ToArray(), [], pure.InnovationVariance);
        var skipped = longestOrder + MostMovingAverage;
        // What a long autoregression explains in a few lags no moving average says in fewer.
        if (pure.Order <= 2 || sample.Length < 4 * skipped) return best;

        var innovations = best.Innovations(sample);
        var bestScore = Score(innovations, skipped, pure.Order);
        var products = new LagProducts(sample, innovations, skipped);
        for (var p = 0; p <= MostAutoregressive; p++)
        {
            for (var q = 1; q <= MostMovingAverage; q++)
            {
                var solution = products.Solve(p, q);
                if (!IsStable(solution.AsSpan(0, p), sign: 1) || !IsStable(solution.AsSpan(p), sign: -1)) continue;
                var candidate = new ArmaProcess(solution[..p], solution[p..], 0);
                var left = candidate.Innovations(sample);
                var score = Score(left, skipped, p + q);
                if (!(score < bestScore)) continue;
                var variance = TensorPrimitives.SumOfSquares<double>(left.AsSpan(skipped)) / (left.Length - skipped);
                (best, bestScore) = (new ArmaProcess(solution[..p], solution[p..], variance), score);
            }
        }
        return best;
    }

    /// <summary>What the process did not expect of a series: e(t), with all before the series taken as 0.</summary>
    public double[] Innovations(ReadOnlySpan<double> series)
    {
        var innovations = series.ToArray();
        for (var j = 0; j < Math.Min(_autoregressive.Length, series.Length); j++)
        {
            var lagged = series[..^(j + 1)];
            TensorPrimitives.MultiplyAdd(lagged, -_autoregressive[j], innovations.AsSpan(j + 1), innovations.AsSpan(j + 1));
        }
        if (_movingAverage.Length == 0) return innovations;
        for (var t = 1; t < innovations.Length; t++)
        {
            var reach = Math.Min(_movingAverage.Length, t);
            for (var j = 0; j < reach; j++) innovations[t] -= _movingAverage[j] * innovations[t - 1 - j];
        }
        return innovations;
    }

    /// <summary>The expected next value after a past and its innovations, both newest last.</summary>
    public double Next(ReadOnlySpan<double> past, ReadOnlySpan<double> innovations) =>
        Sum(_autoregressive, past) + Sum(_movingAverage, innovations);

    /// <summary>The expected next values.</summary>
    public double[] Extend(ReadOnlySpan<double> past, ReadOnlySpan<double> innovations, int horizon)
    {
        var reach = Math.Min(_autoregressive.Length, past.Length);
        var path = new double[reach + horizon];
        past[^reach..].CopyTo(path);
        for (var i = 0; i < horizon; i++)
        {
            var next = Sum(_autoregressive, path.AsSpan(0, reach + i));
            // Innovations to come are expected to be 0; those known fall behind step by step.
            for (var j = i; j < _movingAverage.Length && j - i < innovations.Length; j++)
                next += _movingAverage[j] * innovations[innovations.Length - 1 - (j - i)];
            path[reach + i] = next;
        }
        return path[reach..];
    }

    /// <summary>Standard deviation of the forecast error per step, from the weights ψ (Box and Jenkins, 1970, section 5.1).</summary>
    public double[] ForecastDeviation(int horizon)
    {
        var weights = new double[horizon];
        var deviation = new double[horizon];
        double variance = 0;
        for (var i = 0; i < horizon; i++)
        {
            weights[i] = i == 0 ? 1 : i <= _movingAverage.Length ? _movingAverage[i - 1] : 0;
            for (var j = 0; j < Math.Min(_autoregressive.Length, i); j++) weights[i] += _autoregressive[j] * weights[i - 1 - j];
            variance += weights[i] * weights[i];
            deviation[i] = Math.Sqrt(variance * InnovationVariance);
        }
        return deviation;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        _movingAverage.Length == 0 ? $"AR({_autoregressive.Length})" : $"ARMA({_autoregressive.Length},{_movingAverage.Length})";

    private static double Sum(double[] coefficients, ReadOnlySpan<double> newestLast)
    {
        double sum = 0;
        var reach = Math.Min(coefficients.Length, newestLast.Length);
        for (var j = 0; j < reach; j++) sum += coefficients[j] * newestLast[newestLast.Length - 1 - j];
        return sum;
    }

    private static double Score(double[] innovations, int skipped, int order)
    {
        var n = innovations.Length - skipped;
        var variance = TensorPrimitives.SumOfSquares<double>(innovations.AsSpan(skipped)) / n;
        if (!double.IsFinite(variance)) return double.PositiveInfinity;
        return (n * Math.Log(Math.Max(variance, double.Epsilon))) + (2.0 * (order + 1) * n / Math.Max(1, n - order - 2));
    }

    /// <summary>
    /// True where 1 − Σ c(j) zʲ (for <paramref name="sign"/> −1: 1 + Σ) has its roots outside a circle somewhat wider than the unit
    /// one, by stepping the Durbin–Levinson recursion down: every partial autocorrelation lies within (−1, 1).
    /// </summary>
    private static bool IsStable(ReadOnlySpan<double> coefficients, int sign)
    {
        const double widest = 0.98;
        var current = coefficients.ToArray();
        for (var j = 0; j < current.Length; j++) current[j] *= sign;
        for (var order = current.Length; order > 0; order--)
        {
            var partial = current[order - 1];
            if (!(Math.Abs(partial) < widest)) return false;
            var lower = new double[order - 1];
            for (var j = 0; j < lower.Length; j++)
                lower[j] = (current[j] + (partial * current[order - 2 - j])) / (1 - (partial * partial));
            current = lower;
        }
        return true;
    }

    /// <summary>Products of the lags of a series and of its innovations, for least squares on any of the first few.</summary>
    private sealed class LagProducts
    {
        private readonly double[,] _products;
        private readonly double[] _moments;

        public LagProducts(ReadOnlySpan<double> sample, double[] innovations, int skipped)
        {
            const int size = MostAutoregressive + MostMovingAverage;
            (_products, _moments) = (new double[size, size], new double[size]);
            var n = sample.Length - skipped;
            for (var i = 0; i < size; i++)
            {
                var row = Lagged(sample, innovations, i, skipped, n);
                _moments[i] = TensorPrimitives.Dot(row, sample[skipped..]);
                for (var j = 0; j <= i; j++)
                    _products[i, j] = _products[j, i] = TensorPrimitives.Dot(row, Lagged(sample, innovations, j, skipped, n));
            }
        }

        /// <summary>φ(1…p) followed by θ(1…q).</summary>
        public double[] Solve(int p, int q)
        {
            int[] chosen = [.. Enumerable.Range(0, p), .. Enumerable.Range(MostAutoregressive, q)];
            var equations = new NormalEquations(chosen.Length);
            for (var i = 0; i < chosen.Length; i++)
            {
                equations.SetMoment(i, _moments[chosen[i]]);
                for (var j = 0; j <= i; j++) equations.SetProduct(i, j, _products[chosen[i], chosen[j]]);
            }
            return equations.Solve(_ => Penalty);
        }

        private static ReadOnlySpan<double> Lagged(ReadOnlySpan<double> sample, double[] innovations, int column, int skipped, int n) =>
            column < MostAutoregressive
                ? sample.Slice(skipped - 1 - column, n)
                : innovations.AsSpan(skipped - 1 - (column - MostAutoregressive), n);
    }
}

namespace Foreflow.Core.Forecasting.Linear;

/// <summary>
/// A zero-mean autoregressive process x(t) = Σ φ(j) x(t−j) + e(t), fitted by Burg's method with the order of least AICc.
/// </summary>
/// <remarks>
/// Sources: Burg (1975), "Maximum entropy spectral analysis"; Hurvich and Tsai (1989), "Regression and time series model
/// selection in small samples" (AICc). Burg's method keeps every reflection coefficient within (−1, 1), so the process is
/// always stable, and it does not taper a short sample towards zero as Yule–Walker does.
/// </remarks>
internal sealed class AutoregressiveProcess
{
    private readonly double[] _coefficients;

    private AutoregressiveProcess(double[] coefficients, double variance)
    {
        _coefficients = coefficients;
        InnovationVariance = variance;
    }

    /// <summary>Number of lags.</summary>
    public int Order => _coefficients.Length;

    /// <summary>φ(1), φ(2), …</summary>
    public ReadOnlySpan<double> Coefficients => _coefficients;

    /// <summary>Variance of e(t).</summary>
    public double InnovationVariance { get; }

    /// <summary>Fits orders 0 to <paramref name="maximumOrder"/> and keeps the best.</summary>
    public static AutoregressiveProcess Fit(ReadOnlySpan<double> sample, int maximumOrder)
    {
        var n = sample.Length;
        var forward = sample.ToArray();
        var backward = sample.ToArray();
        var variance = 0.0;
        foreach (var x in sample) variance += x * x / Math.Max(1, n);
        var best = new AutoregressiveProcess([], variance);
        if (variance <= 0 || !double.IsFinite(variance)) return best;

        var negligible = variance * 1e-12;
        var bestScore = CorrectedInformation(n, variance, 0);
        var coefficients = new double[maximumOrder + 1];
        var previous = new double[maximumOrder + 1];
        for (var order = 1; order <= maximumOrder && order + 3 < n; order++)
        {
            double product = 0, energy = 0;
            for (var t = order; t < n; t++)
            {
                product += forward[t] * backward[t - 1];
                energy += (forward[t] * forward[t]) + (backward[t - 1] * backward[t - 1]);
            }
            if (energy <= 0) break;
            var reflection = 2 * product / energy;

            coefficients.AsSpan(0, order).CopyTo(previous);
            coefficients[order - 1] = reflection;
            for (var j = 0; j < order - 1; j++) coefficients[j] = previous[j] - (reflection * previous[order - 2 - j]);
            for (var t = n - 1; t >= order; t--)
            {
                var f = forward[t];
                forward[t] = f - (reflection * backward[t - 1]);
                backward[t] = backward[t - 1] - (reflection * f);
            }

            variance *= 1 - (reflection * reflection);
            if (variance <= negligible) break;
            var score = CorrectedInformation(n, variance, order);
            if (score >= bestScore) continue;
            bestScore = score;
            best = new AutoregressiveProcess(coefficients[..order], variance);
        }
        return best;
    }

    /// <summary>The expected next value after <paramref name="past"/>, newest last.</summary>
    public double Next(ReadOnlySpan<double> past)
    {
        double sum = 0;
        var reach = Math.Min(Order, past.Length);
        for (var j = 0; j < reach; j++) sum += _coefficients[j] * past[past.Length - 1 - j];
        return sum;
    }

    /// <summary>Appends <paramref name="horizon"/> expected values to a past, and returns only those.</summary>
    public double[] Extend(ReadOnlySpan<double> past, int horizon)
    {
        var reach = Math.Min(Order, past.Length);
        var path = new double[reach + horizon];
        past[^reach..].CopyTo(path);
        for (var i = reach; i < path.Length; i++) path[i] = Next(path.AsSpan(0, i));
        return path[reach..];
    }

    /// <summary>
    /// Standard deviation of the forecast error per step: the innovations weighted by the moving-average form ψ
    /// (Box and Jenkins, 1970, section 5.1), or by its running sum where the process describes changes.
    /// </summary>
    public double[] ForecastDeviation(int horizon, bool ofChanges)
    {
        var weights = new double[horizon];
        var deviation = new double[horizon];
        double variance = 0, total = 0;
        for (var i = 0; i < horizon; i++)
        {
            weights[i] = i == 0 ? 1 : 0;
            for (var j = 0; j < Math.Min(Order, i); j++) weights[i] += _coefficients[j] * weights[i - 1 - j];
            total += weights[i];
            variance += ofChanges ? total * total : weights[i] * weights[i];
            deviation[i] = Math.Sqrt(variance * InnovationVariance);
        }
        return deviation;
    }

    private static double CorrectedInformation(int n, double variance, int order)
    {
        var parameters = order + 1;
        return (n * Math.Log(variance)) + (2.0 * parameters * n / Math.Max(1, n - parameters - 1));
    }
}

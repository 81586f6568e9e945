namespace Foreflow.Core.Forecasting.Arima;

/// <summary>
/// Autocovariances of a stationary ARMA process with innovations of variance 1, and from them the covariance of its state vector
/// with its next observation, which is all that the likelihood needs to start from the stationary distribution.
/// </summary>
/// <remarks>
/// The autocovariances of the autoregressive part come from its partial autocorrelations (Levinson's recursion run down and up),
/// O(p²) where solving the Yule-Walker equations takes O(p³); the moving average is a convolution on top. See McLeod (1975),
/// "Derivation of the theoretical autocovariance function of autoregressive-moving average time series".
/// </remarks>
internal static class ArmaAutocovariance
{
    /// <summary>Autocovariances at lags 0 to <paramref name="longestLag"/>.</summary>
    /// <returns>Null where the autoregressive part is not stationary.</returns>
    public static double[]? Of(ArmaPolynomials polynomials, int longestLag)
    {
        var theta = polynomials.MovingAverage;
        var rho = OfAutoregression(polynomials, longestLag + theta.Length);
        if (rho is null) return null;

        var b = OfMovingAverage(polynomials);
        var gamma = new double[longestLag + 1];
        for (var j = 0; j < b.Length; j++)
        {
            if (b[j] == 0) continue;
            for (var k = 0; k <= longestLag; k++)
                gamma[k] += j == 0 ? b[0] * rho[k] : b[j] * (rho[Math.Abs(k - j)] + rho[k + j]);
        }
        return gamma;
    }

    /// <summary>
    /// Covariance of every element of the stationary state (Harvey's form: element 0 is the observation itself) with the
    /// observation: the first column of the state's covariance.
    /// </summary>
    /// <returns>Null where the autoregressive part is not stationary.</returns>
    public static double[]? OfStateWithObservation(ArmaPolynomials polynomials)
    {
        var phi = polynomials.Autoregressive;
        var theta = polynomials.MovingAverage;
        var gamma = Of(polynomials, phi.Length);
        if (gamma is null) return null;
        var psi = PsiWeights(polynomials, theta.Length + 1);

        var column = new double[polynomials.StateLength];
        column[0] = psi[0];
        foreach (var lag in polynomials.AutoregressiveLags)
        {
            for (var i = 0; i < lag; i++) column[i] += phi[lag - 1] * gamma[lag - i];
        }
        foreach (var lag in polynomials.MovingAverageLags)
        {
            for (var i = 0; i <= lag; i++) column[i] += theta[lag - 1] * psi[lag - i];
        }
        return column;
    }

    /// <summary>Weights ψ₀ = 1, ψ₁, … of the process as an infinite moving average.</summary>
    public static double[] PsiWeights(ArmaPolynomials polynomials, int count)
    {
        var psi = new double[count];
        if (count == 0) return psi;
        psi[0] = 1;
        foreach (var lag in polynomials.MovingAverageLags)
        {
            if (lag < count) psi[lag] += polynomials.MovingAverage[lag - 1];
        }
        for (var k = 1; k < count; k++)
        {
            foreach (var lag in polynomials.AutoregressiveLags)
            {
                if (lag > k) break;
                psi[k] += polynomials.Autoregressive[lag - 1] * psi[k - lag];
            }
        }
        return psi;
    }

    private static double[]? OfAutoregression(ArmaPolynomials polynomials, int longestLag)
    {
        var order = polynomials.Autoregressive.Length;
        var rho = new double[longestLag + 1];
        var partial = (double[])polynomials.Autoregressive.Clone();
        if (!PartialAutocorrelations.TryFromCoefficients(partial)) return null;

        rho[0] = 1;
        foreach (var r in partial) rho[0] /= 1 - (r * r);
        var variance = rho[0];
        var coefficients = new double[order];
        for (var k = 1; k <= order; k++)
        {
            var r = partial[k - 1];
            var lower = coefficients.AsSpan(0, k - 1);
            if (k <= longestLag)
            {
                rho[k] = r * variance;
                for (var j = 1; j < k; j++) rho[k] += lower[j - 1] * rho[k - j];
            }
            variance *= 1 - (r * r);
            PartialAutocorrelations.StepUp(lower, r);
            coefficients[k - 1] = r;
        }
        for (var k = order + 1; k <= longestLag; k++)
        {
            foreach (var lag in polynomials.AutoregressiveLags) rho[k] += polynomials.Autoregressive[lag - 1] * rho[k - lag];
        }
        return rho;
    }

    /// <summary>Autocovariances of the moving average alone, lags 0 to its length.</summary>
    private static double[] OfMovingAverage(ArmaPolynomials polynomials)
    {
        var theta = polynomials.MovingAverage;
        var b = new double[theta.Length + 1];
        b[0] = 1;
        foreach (var j in polynomials.MovingAverageLags)
        {
            b[j] += theta[j - 1];
            foreach (var i in polynomials.MovingAverageLags)
            {
                if (i > j) break;
                b[j - i] += theta[j - 1] * theta[i - 1];
            }
        }
        return b;
    }
}

namespace Foreflow.Core.Forecasting.Arima;

/// <summary>
/// Residuals of an ARMA process given its first observations and no innovations before them: what conditional least squares
/// minimises. A tenth of the work of the exact likelihood, and near enough to it to start from.
/// </summary>
/// <remarks>Source: Box and Jenkins (1970), "Time Series Analysis", section 7.1.</remarks>
internal static class ConditionalResiduals
{
    /// <summary>Fills <paramref name="residuals"/>; the first p + sP, which are conditioned on, are 0.</summary>
    /// <param name="series">The stationary series, without missing values.</param>
    public static void Compute(ArmaPolynomials polynomials, ReadOnlySpan<double> series, Span<double> residuals)
    {
        var (phi, theta) = (polynomials.Autoregressive, polynomials.MovingAverage);
        var (arLags, maLags) = (polynomials.AutoregressiveLags, polynomials.MovingAverageLags);
        var start = Math.Min(phi.Length, series.Length);
        residuals[..start].Clear();

        // The constant passes through the autoregression once for all.
        var constant = polynomials.Constant;
        foreach (var lag in arLags) constant -= phi[lag - 1] * polynomials.Constant;
        for (var t = start; t < series.Length; t++)
        {
            var residual = series[t] - constant;
            foreach (var lag in arLags) residual -= phi[lag - 1] * series[t - lag];
            foreach (var lag in maLags)
            {
                if (lag > t) break;
                residual -= theta[lag - 1] * residuals[t - lag];
            }
            residuals[t] = residual;
        }
    }
}

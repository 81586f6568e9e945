namespace Foreflow.Core.Forecasting.Arima;

/// <summary>
/// The one-to-one map between stationary autoregressive coefficients and partial autocorrelations in (−1, 1), and between
/// those and the whole real line: an optimiser that walks the line never leaves the stationary region.
/// </summary>
/// <remarks>
/// Sources: Barndorff-Nielsen and Schou (1973), "On the parametrization of autoregressive models by partial autocorrelations";
/// Monahan (1984), "A note on enforcing stationarity in autoregressive-moving average models", equations 1 to 3;
/// Jones (1980), "Maximum likelihood fitting of ARMA models to time series with missing observations".
/// </remarks>
internal static class PartialAutocorrelations
{
    /// <summary>
    /// Nearest a partial autocorrelation comes to ±1. A moving average of a season that hardly changes has its best estimate at
    /// −1 itself; this near, the likelihood is the same to six digits.
    /// </summary>
    private const double Largest = 1 - 1e-6;

    /// <summary>From the real line into (−1, 1): u / √(1 + u²).</summary>
    public static double FromUnbounded(double unbounded) =>
        Math.Clamp(unbounded / Math.Sqrt(1 + (unbounded * unbounded)), -Largest, Largest);

    /// <summary>The inverse of <see cref="FromUnbounded"/>.</summary>
    public static double ToUnbounded(double partial)
    {
        var r = Math.Clamp(partial, -0.9999, 0.9999);
        return r / Math.Sqrt(1 - (r * r));
    }

    /// <summary>Replaces partial autocorrelations by the coefficients φ of xₜ = Σ φₖ xₜ₋ₖ + εₜ (Durbin-Levinson).</summary>
    public static void ToCoefficients(Span<double> values)
    {
        for (var k = 1; k < values.Length; k++) StepUp(values[..k], values[k]);
    }

    /// <summary>
    /// Replaces coefficients φ by partial autocorrelations.
    /// </summary>
    /// <returns>False where the process is not stationary; the values are then meaningless.</returns>
    public static bool TryFromCoefficients(Span<double> values)
    {
        for (var k = values.Length - 1; k >= 0; k--)
        {
            if (!(Math.Abs(values[k]) < 1)) return false;
            StepDown(values[..k], values[k]);
        }
        return true;
    }

    /// <summary>
    /// True where every root of 1 − Σ φₖ zᵏ lies outside the circle of a radius: scaling φₖ by radiusᵏ brings that circle to the
    /// unit one, so no root needs to be found.
    /// </summary>
    public static bool RootsLieOutside(double radius, ReadOnlySpan<double> coefficients)
    {
        Span<double> scaled = stackalloc double[coefficients.Length];
        var power = 1.0;
        for (var k = 0; k < coefficients.Length; k++) scaled[k] = coefficients[k] * (power *= radius);
        return TryFromCoefficients(scaled);
    }

    /// <summary>Coefficients of order k from those of order k−1 and the k-th partial autocorrelation.</summary>
    public static void StepUp(Span<double> lower, double partial)
    {
        for (int i = 0, j = lower.Length - 1; i <= j; i++, j--)
        {
            var (a, b) = (lower[i], lower[j]);
            lower[i] = a - (partial * b);
            lower[j] = b - (partial * a);
        }
    }

    /// <summary>The inverse of <see cref="StepUp"/>.</summary>
    public static void StepDown(Span<double> upper, double partial)
    {
        var scale = 1 / (1 - (partial * partial));
        for (int i = 0, j = upper.Length - 1; i <= j; i++, j--)
        {
            var (a, b) = (upper[i], upper[j]);
            upper[i] = (a + (partial * b)) * scale;
            upper[j] = (b + (partial * a)) * scale;
        }
    }
}

namespace Foreflow.Core.Forecasting.Intervals;

/// <summary>How much wider an interval must be when its scale was estimated from few independent errors.</summary>
/// <remarks>
/// A prediction interval with an estimated standard deviation takes the quantile of Student's t where one with a known one
/// takes the normal's. Errors within one season hang together, so the degrees of freedom are seasons observed, not errors.
/// Expansion of the t quantile in powers of 1/ν: Abramowitz and Stegun (1964), formula 26.7.5.
/// </remarks>
internal static class StudentInflation
{
    private const double FewestDegrees = 2;

    /// <summary>Ratio of Student's quantile to the normal's.</summary>
    /// <param name="missRate">Probability outside the interval, above 0 and below 1.</param>
    /// <param name="degreesOfFreedom">Independent stretches the errors were observed over.</param>
    public static double Factor(double missRate, double degreesOfFreedom)
    {
        var z = MathNet.Numerics.Distributions.Normal.InvCDF(0, 1, 1 - (missRate / 2));
        if (z <= 1e-6) return 1;
        // The expansion holds to where z² is about ν; further out the factor stays.
        var nu = Math.Max(FewestDegrees, degreesOfFreedom);
        z = Math.Min(z, Math.Sqrt(3 * nu));
        var first = ((z * z) + 1) / 4;
        var second = ((5 * Math.Pow(z, 4)) + (16 * z * z) + 3) / 96;
        return 1 + (first / nu) + (second / (nu * nu));
    }
}

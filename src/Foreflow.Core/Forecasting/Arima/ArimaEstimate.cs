namespace Foreflow.Core.Forecasting.Arima;

/// <summary>An ARIMA model with its coefficients and how well they explain the history.</summary>
/// <param name="Order">The orders.</param>
/// <param name="Coefficients">The coefficients, in the units of the series.</param>
/// <param name="InnovationVariance">Maximum-likelihood variance of the innovations, in squared units of the series.</param>
/// <param name="LogLikelihood">Natural logarithm of the Gaussian density of the differenced series.</param>
/// <param name="Observations">Observations that the likelihood counts: those known, less those lost to differencing.</param>
public sealed record ArimaEstimate(
    ArimaOrder Order, ArimaCoefficients Coefficients, double InnovationVariance, double LogLikelihood, int Observations)
{
    /// <summary>
    /// Akaike's information criterion corrected for short series: −2 log L + 2k + 2k(k+1)/(n−k−1), with k the coefficients and the
    /// variance; infinite where n leaves no room for k. Hurvich and Tsai (1989).
    /// </summary>
    public double Aicc
    {
        get
        {
            double k = Order.CoefficientCount + 1;
            var room = Observations - k - 1;
            return room <= 0 ? double.PositiveInfinity : (-2 * LogLikelihood) + (2 * k) + (2 * k * (k + 1) / room);
        }
    }

    /// <summary>The innovation variance with a degree of freedom taken for every coefficient: what forecast intervals use.</summary>
    public double UnbiasedVariance =>
        InnovationVariance * Observations / Math.Max(1, Observations - Order.CoefficientCount);
}

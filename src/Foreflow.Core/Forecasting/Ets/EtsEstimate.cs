namespace Foreflow.Core.Forecasting.Ets;

/// <summary>An exponential smoothing model with its parameters and how well they explain the history.</summary>
/// <param name="Form">The components.</param>
/// <param name="Smoothing">The smoothing parameters.</param>
/// <param name="Level">Level before the first observation.</param>
/// <param name="Slope">Slope a step before the first observation; 0 without trend.</param>
/// <param name="Season">Seasonal states before the first observation, the first for it; empty without season.</param>
/// <param name="InnovationVariance">
/// Maximum-likelihood variance of the innovations: in squared units of the series for additive ones, relative for multiplicative.
/// </param>
/// <param name="LogLikelihood">Natural logarithm of the Gaussian density of the series given the initial states.</param>
/// <param name="Observations">Known observations.</param>
public sealed record EtsEstimate(
    EtsForm Form, EtsSmoothing Smoothing, double Level, double Slope, double[] Season, double InnovationVariance,
    double LogLikelihood, int Observations)
{
    /// <summary>Smoothing parameters, initial states and the variance.</summary>
    public int ParameterCount => Form.SmoothingCount + Form.StateCount + 1;

    /// <summary>
    /// Akaike's information criterion corrected for short series; infinite where the observations leave no room for the parameters.
    /// </summary>
    public double Aicc
    {
        get
        {
            double k = ParameterCount;
            var room = Observations - k - 1;
            return room <= 0 ? double.PositiveInfinity : (-2 * LogLikelihood) + (2 * k) + (2 * k * (k + 1) / room);
        }
    }

    /// <summary>The innovation variance with a degree of freedom taken for every smoothing parameter and for the level and slope.</summary>
    public double UnbiasedVariance
    {
        get
        {
            var spent = Form.SmoothingCount + 1 + (Form.HasTrend ? 1 : 0);
            return InnovationVariance * Observations / Math.Max(1, Observations - spent);
        }
    }
}

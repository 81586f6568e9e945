namespace Foreflow.Core.Forecasting.Arima;

/// <summary>The coefficients of an ARIMA model, in the units of the series.</summary>
/// <param name="Autoregressive">φ₁ … φₚ of 1 − φ₁B − … − φₚBᵖ.</param>
/// <param name="MovingAverage">θ₁ … θ_q of 1 + θ₁B + … + θ_qB^q.</param>
/// <param name="SeasonalAutoregressive">Φ₁ … Φ_P of 1 − Φ₁Bˢ − ….</param>
/// <param name="SeasonalMovingAverage">Θ₁ … Θ_Q of 1 + Θ₁Bˢ + ….</param>
/// <param name="Constant">
/// c: the mean of the differenced series; 0 where none is estimated. With d = D = 0 the mean of the series, with d = 1 the drift
/// a step, with D = 1 the drift a season.
/// </param>
public sealed record ArimaCoefficients(
    double[] Autoregressive,
    double[] MovingAverage,
    double[] SeasonalAutoregressive,
    double[] SeasonalMovingAverage,
    double Constant)
{
    /// <summary>The four factors in the order of the parameter vector.</summary>
    internal IEnumerable<double[]> Blocks() => [Autoregressive, MovingAverage, SeasonalAutoregressive, SeasonalMovingAverage];
}

using System.Globalization;

namespace Foreflow.Core.Forecasting.Arima;

/// <summary>
/// The orders of a seasonal ARIMA model, ARIMA(p,d,q)(P,D,Q)[s]:
/// φ(B) Φ(Bˢ) [(1−B)ᵈ (1−Bˢ)ᴰ yₜ − c] = θ(B) Θ(Bˢ) εₜ.
/// </summary>
/// <param name="Autoregressive">p: lags of the series itself, 0 or more.</param>
/// <param name="Differences">d: ordinary differences taken, 0 to 2.</param>
/// <param name="MovingAverage">q: lags of the innovations, 0 or more.</param>
/// <param name="SeasonalAutoregressive">P: seasonal lags of the series, 0 or more.</param>
/// <param name="SeasonalDifferences">D: seasonal differences taken, 0 to 2.</param>
/// <param name="SeasonalMovingAverage">Q: seasonal lags of the innovations, 0 or more.</param>
/// <param name="Period">s: steps in a season; 1 for a model without season.</param>
/// <param name="HasConstant">
/// Whether c is estimated: a mean where nothing is differenced, a drift where one difference is taken. A constant on top of
/// two differences would be a quadratic trend and is refused.
/// </param>
/// <remarks>Source: Box and Jenkins (1970), "Time Series Analysis", chapter 9.</remarks>
public sealed record ArimaOrder(
    int Autoregressive,
    int Differences,
    int MovingAverage,
    int SeasonalAutoregressive = 0,
    int SeasonalDifferences = 0,
    int SeasonalMovingAverage = 0,
    int Period = 1,
    bool HasConstant = false)
{
    /// <summary>Coefficients to estimate, the constant included, the innovation variance not.</summary>
    public int CoefficientCount =>
        Autoregressive + MovingAverage + SeasonalAutoregressive + SeasonalMovingAverage + (HasConstant ? 1 : 0);

    /// <summary>Observations lost to differencing: d + s·D.</summary>
    public int DifferencingSpan => Differences + (Period * SeasonalDifferences);

    /// <summary>The longest autoregressive lag: p + s·P.</summary>
    public int LongestAutoregressiveLag => Autoregressive + (Period * SeasonalAutoregressive);

    /// <summary>The longest moving-average lag: q + s·Q.</summary>
    public int LongestMovingAverageLag => MovingAverage + (Period * SeasonalMovingAverage);

    /// <summary>Throws where the orders make no model.</summary>
    /// <exception cref="ArgumentException">An order is out of range; the message says which.</exception>
    public void Validate()
    {
        if (Autoregressive < 0 || MovingAverage < 0 || SeasonalAutoregressive < 0 || SeasonalMovingAverage < 0)
            throw new ArgumentException($"{this}: the orders p, q, P and Q must be 0 or more");
        if (Differences is < 0 or > 2 || SeasonalDifferences is < 0 or > 2)
            throw new ArgumentException($"{this}: d and D must be 0, 1 or 2");
        if (Period < 1) throw new ArgumentException($"{this}: the period must be 1 or more");
        if (Period == 1 && SeasonalAutoregressive + SeasonalDifferences + SeasonalMovingAverage > 0)
            throw new ArgumentException($"{this}: seasonal orders need a period of 2 or more");
        if (HasConstant && Differences + SeasonalDifferences > 1)
            throw new ArgumentException($"{this}: a constant on two differences is a quadratic trend");
    }

    /// <summary>The notation of the field: <c>ARIMA(2,0,1)(0,1,1)[24] with drift</c>.</summary>
    public override string ToString()
    {
        var seasonal = Period > 1 && SeasonalAutoregressive + SeasonalDifferences + SeasonalMovingAverage > 0
            ? string.Create(CultureInfo.InvariantCulture, $"({SeasonalAutoregressive},{SeasonalDifferences},{SeasonalMovingAverage})[{Period}]")
            : "";
        var constant = !HasConstant ? "" : Differences + SeasonalDifferences == 0 ? " with mean" : " with drift";
        return string.Create(CultureInfo.InvariantCulture, $"ARIMA({Autoregressive},{Differences},{MovingAverage}){seasonal}{constant}");
    }
}

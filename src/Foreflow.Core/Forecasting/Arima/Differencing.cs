namespace Foreflow.Core.Forecasting.Arima;

/// <summary>The differencing operator (1−B)ᵈ(1−Bˢ)ᴰ.</summary>
internal static class Differencing
{
    /// <summary>
    /// The differenced series, shorter by d + s·D. A missing value makes every difference missing that it takes part in.
    /// </summary>
    public static double[] Apply(ReadOnlySpan<double> series, int differences, int seasonalDifferences, int period)
    {
        var result = series.ToArray();
        for (var i = 0; i < seasonalDifferences; i++) result = Lagged(result, period);
        for (var i = 0; i < differences; i++) result = Lagged(result, 1);
        return result;
    }

    /// <summary>
    /// The coefficients δ that undo it: yₜ = wₜ + Σ δₖ yₜ₋ₖ with w the differenced series; element k−1 belongs to lag k.
    /// </summary>
    public static double[] Weights(ArimaOrder order)
    {
        double[] polynomial = [1];
        for (var i = 0; i < order.Differences; i++) polynomial = TimesOneMinusLag(polynomial, 1);
        for (var i = 0; i < order.SeasonalDifferences; i++) polynomial = TimesOneMinusLag(polynomial, order.Period);
        var weights = polynomial[1..];
        for (var k = 0; k < weights.Length; k++) weights[k] = -weights[k];
        return weights;
    }

    private static double[] Lagged(double[] series, int lag)
    {
        if (series.Length <= lag) return [];
        var result = new double[series.Length - lag];
        for (var t = 0; t < result.Length; t++) result[t] = series[t + lag] - series[t];
        return result;
    }

    private static double[] TimesOneMinusLag(double[] polynomial, int lag)
    {
        var product = new double[polynomial.Length + lag];
        for (var k = 0; k < polynomial.Length; k++)
        {
            product[k] += polynomial[k];
            product[k + lag] -= polynomial[k];
        }
        return product;
    }
}

using System.Numerics.Tensors;
using Foreflow.Core.Forecasting.Decomposition;

namespace Foreflow.Core.Forecasting.Arima;

/// <summary>How much of a detrended series its season explains.</summary>
/// <remarks>
/// Source: Wang, Smith and Hyndman (2006), "Characteristic-based clustering for time series data", section 3, with the parts by STL.
/// </remarks>
internal static class SeasonalStrength
{
    /// <summary>
    /// Strength above which a seasonal difference is taken: the threshold that the R package <c>forecast</c> documents as the best
    /// for forecasts of the M3 series (<c>nsdiffs</c>, test "seas").
    /// </summary>
    public const double DifferenceAbove = 0.64;

    /// <summary>Cycles in a seasonal fit of the decomposition, on which the width of its trend depends.</summary>
    private const int SeasonalWindow = 11;

    /// <summary>max(0, 1 − Var(rest) / Var(season + rest)), in [0, 1].</summary>
    /// <param name="series">A series without missing values, at least two periods long.</param>
    public static double Of(double[] series, int period)
    {
        var parts = SeasonalTrendDecomposition.Decompose(series, [period]);
        var window = (int)Math.Ceiling(1.5 * period / (1 - (1.5 / SeasonalWindow))) | 1;
        var trend = new LoessSmoother(series.Length, window, degree: 1).Smooth(parts.Adjusted);
        TensorPrimitives.Subtract(parts.Adjusted, trend, trend);
        var rest = Variance(trend);
        TensorPrimitives.Add(trend, parts.Seasons[0], trend);
        var together = Variance(trend);
        return together > 0 ? Math.Clamp(1 - (rest / together), 0, 1) : 0;
    }

    private static double Variance(ReadOnlySpan<double> values)
    {
        var mean = TensorPrimitives.Sum(values) / values.Length;
        return (TensorPrimitives.SumOfSquares(values) / values.Length) - (mean * mean);
    }
}

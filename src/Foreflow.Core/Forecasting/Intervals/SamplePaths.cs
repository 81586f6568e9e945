using MathNet.Numerics.Distributions;

namespace Foreflow.Core.Forecasting.Intervals;

/// <summary>
/// Draws futures whose every step has the forecast's distribution and whose steps hang together as its errors did: a
/// Gaussian copula over the quantiles of each step.
/// </summary>
/// <remarks>Source: Sklar (1959) for copulas; Patton (2013), "Copula methods for forecasting multivariate time series".</remarks>
internal static class SamplePaths
{
    private const int TableSize = 512;

    /// <param name="distanceOf">Signed distance of a quantile from the mean, in units of the scale.</param>
    /// <param name="scale">Scale of each step.</param>
    public static double[][] Draw(
        double[] mean, double[] scale, Func<double, double> distanceOf, ErrorCorrelation correlation, int count, ulong seed,
        bool nonNegative)
    {
        var table = new double[TableSize];
        for (var i = 0; i < TableSize; i++) table[i] = distanceOf((i + 0.5) / TableSize);

        var random = new SeededNormal(seed);
        var (common, fading) = correlation;
        var fresh = Math.Sqrt(1 - (fading * fading));
        var paths = new double[count][];
        for (var p = 0; p < count; p++)
        {
            var path = paths[p] = new double[mean.Length];
            var shared = Math.Sqrt(common) * random.Next();
            var own = random.Next();
            for (var step = 0; step < path.Length; step++)
            {
                if (step > 0) own = (fading * own) + (fresh * random.Next());
                var level = Normal.CDF(0, 1, shared + (Math.Sqrt(1 - common) * own));
                var value = mean[step] + (scale[step] * LookUp(table, level));
                path[step] = nonNegative ? Math.Max(0, value) : value;
            }
        }
        return paths;
    }

    private static double LookUp(double[] table, double level)
    {
        var position = Math.Clamp((level * TableSize) - 0.5, 0, TableSize - 1);
        var index = Math.Min((int)position, TableSize - 2);
        return table[index] + ((position - index) * (table[index + 1] - table[index]));
    }
}

namespace Foreflow.Core.Forecasting.Intervals;

/// <summary>
/// How errors of one forecast hang together from step to step: a share they all have in common (the level was wrong), and the
/// rest fading with the distance between two steps. ρ(d) = c + (1 − c) φ^d.
/// </summary>
/// <param name="Common">Share c of the variance common to all steps, 0 to 1.</param>
/// <param name="Fading">φ, what is left of the rest from one step to the next; 0 to below 1.</param>
internal readonly record struct ErrorCorrelation(double Common, double Fading)
{
    private static readonly double[] Candidates = [0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99];

    /// <summary>
    /// Steps in a row that say as much about the size of errors as one error does: 1 + 2 Σ ρ(d)², for errors hang together by ρ
    /// and their squares by ρ² (Bartlett, 1946).
    /// </summary>
    /// <param name="horizon">Distance from which on errors are taken to be strangers.</param>
    public double StepsPerDegree(int horizon)
    {
        double sum = 1, faded = 1;
        for (var d = 1; d < horizon; d++)
        {
            faded *= Fading;
            var correlation = Common + ((1 - Common) * faded);
            sum += 2 * correlation * correlation;
        }
        return sum;
    }

    /// <summary>Fits the two numbers to the correlations found in paths of scaled errors, by least squares.</summary>
    public static ErrorCorrelation Of(IReadOnlyList<double[]> scaledPaths)
    {
        var found = Autocorrelations(scaledPaths);
        var best = new ErrorCorrelation(0, 0);
        var bestLoss = double.PositiveInfinity;
        foreach (var fading in Candidates)
        {
            var common = BestCommon(found, fading);
            double loss = 0;
            for (var d = 1; d < found.Length; d++)
            {
                var miss = found[d] - common - ((1 - common) * Math.Pow(fading, d));
                loss += miss * miss;
            }
            if (loss >= bestLoss) continue;
            bestLoss = loss;
            best = new ErrorCorrelation(common, fading);
        }
        return best;
    }

    /// <summary>For a given φ the best c is a regression through the origin.</summary>
    private static double BestCommon(double[] found, double fading)
    {
        double product = 0, squares = 0;
        for (var d = 1; d < found.Length; d++)
        {
            var faded = Math.Pow(fading, d);
            product += (found[d] - faded) * (1 - faded);
            squares += (1 - faded) * (1 - faded);
        }
        return squares == 0 ? 0 : Math.Clamp(product / squares, 0, 0.95);
    }

    /// <summary>Correlation by distance within a path; distances that few pairs have are left out.</summary>
    private static double[] Autocorrelations(IReadOnlyList<double[]> paths)
    {
        var horizon = paths.Count == 0 ? 0 : paths[0].Length;
        var products = new double[Math.Max(1, (2 * horizon / 3) + 1)];
        var counts = new int[products.Length];
        foreach (var path in paths)
        {
            for (var d = 0; d < products.Length; d++)
            {
                for (var step = 0; step + d < horizon; step++)
                {
                    var product = path[step] * path[step + d];
                    if (double.IsNaN(product)) continue;
                    products[d] += product;
                    counts[d]++;
                }
            }
        }
        var variance = counts[0] == 0 ? 0 : products[0] / counts[0];
        for (var d = 1; d < products.Length; d++)
            products[d] = variance == 0 || counts[d] == 0 ? 0 : Math.Clamp(products[d] / counts[d] / variance, -1, 1);
        return products;
    }
}

namespace Foreflow.Core.Forecasting.Intervals;

/// <summary>How many independent errors a scale was estimated from, for the intervals to be as much wider as it is uncertain.</summary>
/// <remarks>
/// Errors hang together, so they count for fewer than they are; where their size also moves from forecast to forecast by more
/// than chance has it, they count for fewer still: the mean square of normal errors with ν degrees of freedom has a squared
/// coefficient of variation of 2/ν, and what is found beyond that takes degrees away (Satterthwaite, 1946, "An approximate
/// distribution of estimates of variance components"). One degree a
/// horizon (or a season, where that is longer) is left at least.
/// </remarks>
internal static class DegreesOfFreedom
{
    /// <summary>Counts them.</summary>
    /// <param name="errors">Paths of errors in units of their scale; NaN where unknown.</param>
    /// <param name="correlation">How they hang together within a path.</param>
    /// <param name="observedSteps">Steps of the history that the paths cover.</param>
    /// <param name="period">Shortest seasonal period; 1 for none.</param>
    public static double Of(IReadOnlyList<double[]> errors, ErrorCorrelation correlation, int observedSteps, int period)
    {
        var horizon = errors[0].Length;
        var steady = observedSteps / correlation.StepsPerDegree(horizon);
        var fewest = observedSteps / (double)Math.Max(period, horizon);
        var expected = 2 * correlation.StepsPerDegree(horizon) / horizon;
        var excess = RelativeVariance(errors) / expected;
        return Math.Max(Math.Min(fewest, steady), steady / Math.Max(1, excess * excess));
    }

    /// <summary>Variance of the mean squares of paths over the square of their mean.</summary>
    private static double RelativeVariance(IReadOnlyList<double[]> paths)
    {
        double sum = 0, squares = 0;
        var count = 0;
        foreach (var path in paths)
        {
            double size = 0;
            var known = 0;
            foreach (var error in path)
            {
                if (double.IsNaN(error)) continue;
                size += error * error;
                known++;
            }
            if (known == 0) continue;
            size /= known;
            (sum, squares, count) = (sum + size, squares + (size * size), count + 1);
        }
        return count < 2 || sum == 0 ? 0 : Math.Max(0, (squares * count / (sum * sum)) - 1);
    }
}

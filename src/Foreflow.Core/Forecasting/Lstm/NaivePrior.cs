namespace Foreflow.Core.Forecasting.Lstm;

/// <summary>
/// The forecast everything starts from: the values of one season ago, and with several seasons a mean of those forecasts, each weighted
/// by the inverse of its squared error (Bates and Granger 1969).
/// </summary>
internal static class NaivePrior
{
    /// <summary>One weight per feature of a step ahead, summing to 1.</summary>
    /// <param name="tails">How many of the newest values of each series have no say.</param>
    public static double[] Weights(IReadOnlyList<FilledSeries> series, WindowFeatures features, int[] periods, IReadOnlyList<int> tails)
    {
        var weights = new double[features.StepInputs];
        if (periods.Length == 0)
        {
            weights[WindowFeatures.NaiveFeature(-1)] = 1;
            return weights;
        }

        double[] precisions = [.. periods.Select(period => 1 / Math.Max(1e-12, Math.Pow(Error(series, tails, period, periods[^1]), 2)))];
        for (var i = 0; i < periods.Length; i++) weights[WindowFeatures.NaiveFeature(i)] = precisions[i] / precisions.Sum();
        return weights;
    }

    // Mean absolute change over one season, in the last two of the longest season before the tail, in units of each series' deviation.
    private static double Error(IReadOnlyList<FilledSeries> series, IReadOnlyList<int> tails, int period, int longest)
    {
        double sum = 0;
        var count = 0;
        for (var s = 0; s < series.Count; s++)
        {
            var one = series[s];
            if (one.Deviation <= 0) continue;
            var end = one.Count - tails[s];
            for (var t = Math.Max(longest, end - (2 * longest)); t < end; t++, count++) sum += Math.Abs(one[t] - one[t - period]) / one.Deviation;
        }

        return count == 0 ? 1 : sum / count;
    }
}

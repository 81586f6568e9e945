namespace Foreflow.Core.Forecasting.Intervals;

/// <summary>
/// How much the size of errors itself moves. Intervals are measured on a window of recent errors; where calm and wild times
/// take turns (holidays, releases, outages) the errors to come are larger than those of the window more often than chance in
/// a steady series would have it. The whole history tells how often, by the errors of a plain stand-in for the forecast.
/// </summary>
/// <remarks>
/// For every window of the past the absolute changes since a season ago are divided by their mean over the window, those of
/// the window and those of the horizon that followed it. The ratio of the two quantiles at a miss rate is how much wider an
/// interval taken from the window had to be. For a steady series it is what Student's t gives for a scale estimated from few
/// values; it grows with the variance of the variance (Engle, 1982, "Autoregressive conditional heteroscedasticity").
/// <list type="table">
/// <item><term>history of 1 window more</term><description>the ratio counts a fifth, the steady case four fifths</description></item>
/// <item><term>4 more</term><description>half</description></item>
/// <item><term>36 more</term><description>nine tenths</description></item>
/// </list>
/// </remarks>
internal sealed class ErrorVolatility
{
    /// <summary>Windows of evidence that the steady case weighs as much as.</summary>
    private const double PriorWindows = 4;

    /// <summary>No window is taken to be calmer than this share of the mean: a standstill would make all that follows infinite.</summary>
    private const double LeastCalm = 0.1;

    private readonly double[] _inside;
    private readonly double[] _ahead;
    private readonly double _weight;

    private ErrorVolatility(List<double> inside, List<double> ahead, double windows)
    {
        _inside = [.. inside];
        _ahead = [.. ahead];
        Array.Sort(_inside);
        Array.Sort(_ahead);
        _weight = ahead.Count < 20 ? 0 : windows / (windows + PriorWindows);
    }

    /// <summary>A series whose errors keep their size.</summary>
    public static ErrorVolatility Steady { get; } = new([], [], 0);

    /// <summary>Measures the errors a model made along a history.</summary>
    /// <param name="origins">Ascending lengths of history it forecast from.</param>
    /// <param name="errors">Paths of errors in units of their usual size at their step and phase; NaN where unknown.</param>
    /// <param name="window">Steps from the first to the last origin of the errors that intervals are taken from.</param>
    public static ErrorVolatility Of(IReadOnlyList<int> origins, IReadOnlyList<double[]> errors, int window)
    {
        if (origins.Count == 0) return Steady;
        var horizon = errors[0].Length;
        var (sums, counts) = Running(errors);
        var floor = LeastCalm * sums[^1] / Math.Max(1, counts[^1]);
        List<double> inside = [], ahead = [];
        var (first, last) = (0, -1);
        for (var k = 0; k < origins.Count; k++)
        {
            while (last + 1 < k && origins[last + 1] + horizon <= origins[k]) last++;
            while (first <= last && origins[last] - origins[first] > window) first++;
            if (last < 0 || origins[last] - origins[0] < window) continue;
            var known = counts[last + 1] - counts[first];
            if (known == 0) continue;
            var size = Math.Max(floor, (sums[last + 1] - sums[first]) / known);
            if (size <= 0) continue;
            // Every second value: neighbours hang together, and quantiles need no more.
            for (var i = first; i <= last; i++) Collect(errors[i], size, inside);
            Collect(errors[k], size, ahead);
        }
        return new ErrorVolatility(inside, ahead, (origins[^1] - origins[0] - window) / (double)Math.Max(1, window));
    }

    /// <summary>How much wider than its window's errors an interval must be.</summary>
    /// <param name="missRate">Probability outside the interval, above 0 and below 1.</param>
    /// <param name="steady">The factor for a series whose errors keep their size, at least 1; never less than it is given.</param>
    public double Factor(double missRate, double steady)
    {
        if (_weight == 0) return steady;
        var inside = Quantile(_inside, missRate);
        if (inside <= 0) return steady;
        var ratio = Quantile(_ahead, missRate) / inside;
        return ratio <= steady ? steady : steady * Math.Pow(ratio / steady, _weight);
    }

    private static (double[] Sums, int[] Counts) Running(IReadOnlyList<double[]> errors)
    {
        var sums = new double[errors.Count + 1];
        var counts = new int[errors.Count + 1];
        for (var k = 0; k < errors.Count; k++)
        {
            (sums[k + 1], counts[k + 1]) = (sums[k], counts[k]);
            foreach (var error in errors[k])
            {
                if (double.IsNaN(error)) continue;
                sums[k + 1] += Math.Abs(error);
                counts[k + 1]++;
            }
        }
        return (sums, counts);
    }

    private static void Collect(double[] errors, double size, List<double> into)
    {
        for (var i = 0; i < errors.Length; i += 2)
        {
            if (!double.IsNaN(errors[i])) into.Add(Math.Abs(errors[i]) / size);
        }
    }

    private static double Quantile(double[] ascending, double missRate)
    {
        var position = Math.Clamp(((1 - missRate) * (ascending.Length + 1)) - 1, 0, ascending.Length - 1);
        var index = Math.Min((int)position, ascending.Length - 2);
        return ascending[index] + ((position - index) * (ascending[index + 1] - ascending[index]));
    }
}

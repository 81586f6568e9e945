using Foreflow.Core.Model;
using MathNet.Numerics.Distributions;

namespace Foreflow.Simulator.Measures;

/// <summary>A mean over seeds with its 95 % interval.</summary>
/// <param name="Mean">Mean.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct Estimate(double Mean, double Low, double High)
{
    private const int Resamples = 2000;

    /// <summary>
    /// Bootstrap of the mean (Efron 1979), 2,000 resamples with a fixed seed. The percentiles of so few values as there are
    /// seeds lie too close together: with five values they hold the true mean in 82 of 100 cases only. They are stretched
    /// about the mean by what a normal sample of that size needs, sqrt(n / (n - 1)) t / z (after Hesterberg 2015):
    /// <code>
    /// values       2     3     4     5    10    20
    /// factor    9.17  2.69  1.87  1.58  1.22  1.10
    /// </code>
    /// The ends stay between 0, where no value is below it, and <paramref name="most"/>. With one value the interval is that
    /// value: nothing is known of the spread.
    /// </summary>
    /// <param name="values">A value for each seed; at least one.</param>
    /// <param name="most">The most that the figure can be, whatever the seed.</param>
    public static Estimate Of(IReadOnlyList<double> values, double most = double.PositiveInfinity)
    {
        var mean = values.Average();
        if (values.Count == 1) return new(mean, mean, mean);
        var means = new double[Resamples];
        for (var r = 0; r < Resamples; r++)
        {
            var sum = 0.0;
            for (var i = 0; i < values.Count; i++) sum += values[(int)(Draw.Uniform(17, (ulong)r, (ulong)i) * values.Count)];
            means[r] = sum / values.Count;
        }

        Array.Sort(means);
        var stretch = StretchFor(values.Count);
        var low = mean - (stretch * (mean - means[(int)(0.025 * Resamples)]));
        var high = mean + (stretch * (means[(int)(0.975 * Resamples) - 1] - mean));
        return new(mean, values.Min() >= 0 ? Math.Max(low, 0) : low, Math.Min(high, Math.Max(most, mean)));
    }

    private static double StretchFor(int count) =>
        Math.Sqrt(count / (count - 1.0)) * StudentT.InvCDF(0, 1, count - 1, 0.975) / Normal.InvCDF(0, 1, 0.975);
}

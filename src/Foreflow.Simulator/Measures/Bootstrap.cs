using Foreflow.Core.Model;

namespace Foreflow.Simulator.Measures;

/// <summary>A mean over seeds with its 95 % interval.</summary>
/// <param name="Mean">Mean.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct Estimate(double Mean, double Low, double High)
{
    private const int Resamples = 2000;

    /// <summary>
    /// Percentile bootstrap of the mean (Efron 1979), 2,000 resamples with a fixed seed. With one value the interval is
    /// that value: nothing is known of the spread.
    /// </summary>
    public static Estimate Of(IReadOnlyList<double> values)
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
        return new(mean, means[(int)(0.025 * Resamples)], means[(int)(0.975 * Resamples) - 1]);
    }
}

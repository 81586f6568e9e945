namespace Foreflow.Core.Forecasting.Intervals;

/// <summary>A forecast as a distribution per step: its middle and its quantiles.</summary>
/// <param name="Mean">Expected value, element 0 one step ahead.</param>
/// <param name="Levels">Probabilities of the quantiles, ascending, each above 0 and below 1.</param>
/// <param name="Quantiles">One path per level; at every step they ascend with the level.</param>
public sealed record QuantileForecast(double[] Mean, IReadOnlyList<double> Levels, IReadOnlyList<double[]> Quantiles)
{
    /// <summary>Steps ahead.</summary>
    public int Horizon => Mean.Length;

    /// <summary>The path of one quantile.</summary>
    /// <param name="level">One of <see cref="Levels"/>, to within 1e-9.</param>
    /// <exception cref="ArgumentOutOfRangeException">The level was not asked for.</exception>
    public double[] Quantile(double level)
    {
        for (var i = 0; i < Levels.Count; i++)
        {
            if (Math.Abs(Levels[i] - level) < 1e-9) return Quantiles[i];
        }
        throw new ArgumentOutOfRangeException(nameof(level), level, $"Not one of the levels {string.Join(", ", Levels)}.");
    }

    /// <summary>The two levels that bound a central interval: 0.025 and 0.975 for a coverage of 0.95.</summary>
    /// <param name="coverage">Above 0 and below 1.</param>
    public static (double Lower, double Upper) LevelsOf(double coverage) => ((1 - coverage) / 2, (1 + coverage) / 2);

    /// <summary>The ascending levels that bound central intervals of several coverages.</summary>
    public static double[] LevelsOf(params IEnumerable<double> coverages) =>
        [.. coverages.SelectMany(coverage => new[] { LevelsOf(coverage).Lower, LevelsOf(coverage).Upper }).Distinct().Order()];
}

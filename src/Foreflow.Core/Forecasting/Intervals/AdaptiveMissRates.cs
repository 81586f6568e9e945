namespace Foreflow.Core.Forecasting.Intervals;

/// <summary>
/// Adaptive conformal inference: after each observation the miss rate aimed at moves against what was missed,
/// α ← α + γ (target − missed), so that coverage is right in the long run whatever the series does.
/// </summary>
/// <remarks>Source: Gibbs and Candès (2021), "Adaptive conformal inference under distribution shift", equation 2.</remarks>
internal sealed class AdaptiveMissRates
{
    /// <summary>Step size γ: with 0.02 a run of 40 misses in a row moves a 5 % miss rate to where nothing seen is excluded.</summary>
    private const double StepSize = 0.02;

    private const double Least = 0.0005;
    private static readonly double[] Targets = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];

    private readonly double[] _aimed;

    public AdaptiveMissRates() => _aimed = (double[])Targets.Clone();

    private AdaptiveMissRates(AdaptiveMissRates other) => _aimed = (double[])other._aimed.Clone();

    /// <summary>The rates whose misses are followed.</summary>
    public static ReadOnlySpan<double> Followed => Targets;

    /// <summary>An independent copy.</summary>
    public AdaptiveMissRates Clone() => new(this);

    /// <summary>The rate to build an interval with so that, by recent experience, <paramref name="missRate"/> will be missed.</summary>
    public double Aimed(double missRate)
    {
        var i = 0;
        while (i < Targets.Length && Targets[i] < missRate) i++;
        var (x0, y0) = i == 0 ? (0, 0) : (Targets[i - 1], Ascending(i - 1));
        var (x1, y1) = i == Targets.Length ? (1, 1) : (Targets[i], Ascending(i));
        return Math.Clamp(y0 + ((missRate - x0) / (x1 - x0) * (y1 - y0)), Least, 1);
    }

    /// <summary>Takes in which share of the forecasts of one observation missed it, for each followed rate.</summary>
    public void Observe(ReadOnlySpan<double> missedShares)
    {
        for (var i = 0; i < Targets.Length; i++)
            _aimed[i] = Math.Clamp(_aimed[i] + (StepSize * (Targets[i] - missedShares[i])), Least, 1 - Least);
    }

    /// <summary>Rates adapt apart from each other; a wider interval is never built with a larger rate than a narrower one.</summary>
    private double Ascending(int index)
    {
        var largest = 0.0;
        for (var i = 0; i <= index; i++) largest = Math.Max(largest, _aimed[i]);
        return largest;
    }
}

namespace Foreflow.Core.Profiling;

/// <summary>
/// A frozen histogram as a probability distribution: quantiles, shares, and what remains of something that has already
/// lasted a while. Every question costs one binary search. Safe to share between threads.
/// </summary>
/// <remarks>Within a bucket, weight is spread evenly over the logarithm; ends are cut at the smallest and largest value seen.</remarks>
public sealed class HistogramDistribution
{
    /// <summary>
    /// Tail index past everything seen: P(X > x | X > e) = (e/x)^2. A task twice as old as any before it is given another
    /// 41 % of its age in the middle case: neither "about to end" nor "endless".
    /// </summary>
    private const double TailIndex = 2;

    /// <summary>A surviving share below this is rounding, not evidence.</summary>
    private const double NoSurvivors = 1e-9;

    /// <summary>The tail is cut here, in multiples of the elapsed time: (e/x)^2 is then 1 %.</summary>
    private const double TailCut = 10;

    private readonly double[] _cumulative;
    private readonly int _firstIndex;
    private readonly double _zero;
    private readonly double _total;

    internal HistogramDistribution(DecayingHistogram histogram)
    {
        var weights = histogram.Weights;
        (Count, Minimum, Maximum) = (histogram.Count, histogram.Minimum, histogram.Maximum);
        (_firstIndex, _zero) = (histogram.FirstIndex, histogram.ZeroWeight);
        _cumulative = new double[weights.Length];
        var sum = _zero;
        for (var i = 0; i < weights.Length; i++) _cumulative[i] = sum += weights[i];
        _total = sum;
    }

    /// <summary>Number of observations behind it, without decay.</summary>
    public long Count { get; }

    /// <summary>The smallest value seen; NaN when empty.</summary>
    public double Minimum { get; }

    /// <summary>The largest value seen; NaN when empty.</summary>
    public double Maximum { get; }

    /// <summary>True where nothing has been observed (or all of it has decayed to nothing).</summary>
    public bool IsEmpty => !(_total > 0);

    /// <summary>Mean by bucket, exact to about 1 %; NaN when empty.</summary>
    public double Mean
    {
        get
        {
            if (IsEmpty) return double.NaN;
            var sum = 0.0;
            var below = _zero;
            for (var i = 0; i < _cumulative.Length; i++)
            {
                // Mean of a value spread evenly over the logarithm between the edges a and b: (b - a) / ln(b / a).
                var (low, high) = Edges(i);
                sum += (_cumulative[i] - below) * (high > low ? (high - low) / Math.Log(high / low) : low);
                below = _cumulative[i];
            }

            return Math.Clamp(sum / _total, Minimum, Maximum);
        }
    }

    /// <summary>The value that a share <paramref name="p"/> (0 to 1) of the weight lies at or below; NaN when empty.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="p"/> is outside [0, 1] or NaN.</exception>
    public double Quantile(double p)
    {
        if (!(p >= 0 && p <= 1)) throw new ArgumentOutOfRangeException(nameof(p), p, "A share lies between 0 and 1.");
        if (IsEmpty) return double.NaN;
        var target = p * _total;
        if (target < _zero || _cumulative.Length == 0) return Minimum;
        var slot = FirstReaching(target);
        var below = slot == 0 ? _zero : _cumulative[slot - 1];
        var weight = _cumulative[slot] - below;
        var share = weight > 0 ? Math.Clamp((target - below) / weight, 0, 1) : 1;
        var (low, high) = Edges(slot);
        return low * Math.Pow(high / low, share);
    }

    /// <summary>P(X ≤ x); 0 when empty.</summary>
    public double Cdf(double x)
    {
        if (IsEmpty || x < Minimum) return 0;
        if (x >= Maximum) return 1;
        if (x < DecayingHistogram.Smallest || _cumulative.Length == 0) return _zero / _total;
        var slot = (int)Math.Floor(Math.Log(x) / DecayingHistogram.LogGrowth) - _firstIndex;
        if (slot < 0) return _zero / _total;
        if (slot >= _cumulative.Length) return 1;
        var below = slot == 0 ? _zero : _cumulative[slot - 1];
        var (low, high) = Edges(slot);
        var share = high > low ? Math.Clamp(Math.Log(x / low) / Math.Log(high / low), 0, 1) : 1;
        return (below + share * (_cumulative[slot] - below)) / _total;
    }

    /// <summary>
    /// P(X ≤ x | X > elapsed): the chance that something that has lasted <paramref name="elapsed"/> ends by
    /// <paramref name="x"/>, both counted from its start. Past everything seen, a Pareto tail with index 2 takes over.
    /// </summary>
    public double ConditionalCdf(double x, double elapsed)
    {
        if (x <= elapsed) return 0;
        if (elapsed <= 0) return Cdf(x);
        var ended = Cdf(elapsed);
        return 1 - ended > NoSurvivors
            ? Math.Clamp((Cdf(x) - ended) / (1 - ended), 0, 1)
            : x >= elapsed * TailCut ? 1 : 1 - Math.Pow(elapsed / x, TailIndex);
    }

    /// <summary>
    /// The remaining time that something that has lasted <paramref name="elapsed"/> exceeds with probability
    /// 1 − <paramref name="uniform"/>. With a uniform random number from [0, 1) this draws a remaining time.
    /// NaN when empty.
    /// </summary>
    public double Remaining(double elapsed, double uniform)
    {
        if (!(uniform >= 0 && uniform <= 1)) throw new ArgumentOutOfRangeException(nameof(uniform), uniform, "A share lies between 0 and 1.");
        if (IsEmpty) return double.NaN;
        if (elapsed <= 0) return Quantile(uniform) - Math.Min(0, elapsed);
        var ended = Cdf(elapsed);
        if (1 - ended > NoSurvivors) return Math.Max(0, Quantile(Math.Min(1, ended + uniform * (1 - ended))) - elapsed);
        return elapsed * (Math.Min(TailCut, Math.Pow(1 - uniform, -1 / TailIndex)) - 1);
    }

    private (double Low, double High) Edges(int slot)
    {
        var low = Math.Max(Minimum, DecayingHistogram.LowerEdge(_firstIndex + slot));
        var high = Math.Min(Maximum, DecayingHistogram.LowerEdge(_firstIndex + slot + 1));
        return low <= high ? (low, high) : (Math.Min(low, Maximum), Math.Min(low, Maximum));
    }

    /// <summary>The first slot whose cumulative weight reaches the target.</summary>
    private int FirstReaching(double target)
    {
        int low = 0, high = _cumulative.Length - 1;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_cumulative[middle] >= target && _cumulative[middle] > 0) high = middle;
            else low = middle + 1;
        }

        return low;
    }
}

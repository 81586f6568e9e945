using Foreflow.Core.Model;

namespace Foreflow.Core.Profiling;

/// <summary>
/// A histogram over logarithmic buckets whose observations lose weight with age, after the Kubernetes vertical pod
/// autoscaler. One observation costs one logarithm and one addition. All histograms share one bucket layout, so any two
/// of one half-life merge exactly.
/// </summary>
/// <remarks>
/// Bucket i holds [1.05^i, 1.05^(i+1)), so a quantile is off by 5 % at most, about 1 % after interpolation.
/// Below <see cref="Smallest"/> everything is zero; above <see cref="Largest"/> everything is the largest.
/// </remarks>
public sealed class DecayingHistogram
{
    /// <summary>Values below this count as zero: a microsecond, a millionth of a byte.</summary>
    public const double Smallest = 1e-6;

    /// <summary>Values above this count as this: an exabyte, thirty billion years.</summary>
    public const double Largest = 1e18;

    /// <summary>Ratio of a bucket's upper to its lower edge.</summary>
    public const double BucketGrowth = 1.05;

    internal static readonly double LogGrowth = Math.Log(BucketGrowth);

    private ExponentialDecay _decay;
    private double[] _weights = [];
    private int _firstIndex;
    private double _zeroWeight;
    private double _totalWeight;

    /// <summary>An empty histogram with a half-life of 24 hours.</summary>
    public DecayingHistogram() : this(ExponentialDecay.DefaultHalfLife) { }

    /// <summary>An empty histogram.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The half-life is not positive.</exception>
    public DecayingHistogram(TimeSpan halfLife) => _decay = new ExponentialDecay(halfLife);

    private DecayingHistogram(DecayingHistogram other)
    {
        _decay = other._decay;
        _weights = (double[])other._weights.Clone();
        _firstIndex = other._firstIndex;
        _zeroWeight = other._zeroWeight;
        _totalWeight = other._totalWeight;
        Count = other.Count;
        Minimum = other.Minimum;
        Maximum = other.Maximum;
    }

    /// <summary>Number of observations ever taken, without decay.</summary>
    public long Count { get; private set; }

    /// <summary>The smallest observation ever taken; NaN when empty.</summary>
    public double Minimum { get; private set; } = double.NaN;

    /// <summary>The largest observation ever taken; NaN when empty.</summary>
    public double Maximum { get; private set; } = double.NaN;

    /// <summary>True before the first observation.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>Time in which an observation's weight halves.</summary>
    public TimeSpan HalfLife => _decay.HalfLife;

    internal ExponentialDecay Decay => _decay;
    internal ReadOnlySpan<double> Weights => _weights;
    internal int FirstIndex => _firstIndex;
    internal double ZeroWeight => _zeroWeight;
    internal double TotalWeight => _totalWeight;

    /// <summary>Takes one observation. Times may arrive in any order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative, NaN or infinite.</exception>
    public void Add(double value, Instant at)
    {
        if (!(value >= 0) || double.IsInfinity(value)) throw new ArgumentOutOfRangeException(nameof(value), value, "Neither negative, NaN nor infinite.");
        var covering = _decay.Covering(at, out var factor);
        if (factor != 1) MoveTo(covering, factor);
        Add(value, Math.Log(value), _decay.WeightAt(at));
    }

    /// <summary>Adds the observations of another histogram to this one.</summary>
    /// <exception cref="ArgumentException">The half-lives differ.</exception>
    public void Merge(DecayingHistogram other)
    {
        if (other.HalfLife != HalfLife) throw new ArgumentException($"Half-lives differ: {HalfLife} and {other.HalfLife}.", nameof(other));
        if (other.IsEmpty) return;
        if (other._decay.Landmark > _decay.Landmark)
        {
            MoveTo(_decay.MovedTo(other._decay.Landmark, out var own), own);
        }

        other._decay.MovedTo(_decay.Landmark, out var factor);
        if (other._weights.Length > 0)
        {
            Reach(other._firstIndex);
            Reach(other._firstIndex + other._weights.Length - 1);
            for (var i = 0; i < other._weights.Length; i++) _weights[other._firstIndex - _firstIndex + i] += other._weights[i] * factor;
        }

        _zeroWeight += other._zeroWeight * factor;
        _totalWeight += other._totalWeight * factor;
        Minimum = IsEmpty ? other.Minimum : Math.Min(Minimum, other.Minimum);
        Maximum = IsEmpty ? other.Maximum : Math.Max(Maximum, other.Maximum);
        Count += other.Count;
    }

    /// <summary>An independent copy.</summary>
    public DecayingHistogram Clone() => new(this);

    /// <summary>What is known now, frozen and indexed for many questions. Take it once, ask it often.</summary>
    public HistogramDistribution ToDistribution() => new(this);

    /// <summary>The value that a share <paramref name="p"/> of the weight lies at or below; NaN when empty.</summary>
    public double Quantile(double p) => ToDistribution().Quantile(p);

    /// <summary>Share of the weight at or below a value; 0 when empty.</summary>
    public double Cdf(double value) => ToDistribution().Cdf(value);

    /// <summary>The lower edge of a bucket.</summary>
    internal static double LowerEdge(int index) => Math.Exp(index * LogGrowth);

    /// <summary>As <see cref="Add(double, Instant)"/> for a caller who has checked the value and knows its logarithm and weight.</summary>
    internal void Add(double value, double logValue, double weight)
    {
        if (Count++ == 0)
        {
            Minimum = Maximum = value;
        }
        else
        {
            if (value < Minimum) Minimum = value;
            if (value > Maximum) Maximum = value;
        }

        _totalWeight += weight;
        if (value < Smallest)
        {
            _zeroWeight += weight;
            return;
        }

        var index = (int)Math.Floor((value > Largest ? Math.Log(Largest) : logValue) / LogGrowth);
        var slot = index - _firstIndex;
        if ((uint)slot >= (uint)_weights.Length)
        {
            Reach(index);
            slot = index - _firstIndex;
        }

        _weights[slot] += weight;
    }

    /// <summary>Moves the landmark and scales every weight with it.</summary>
    internal void MoveTo(ExponentialDecay decay, double factor)
    {
        _decay = decay;
        for (var i = 0; i < _weights.Length; i++) _weights[i] *= factor;
        _zeroWeight *= factor;
        _totalWeight *= factor;
    }

    /// <summary>Sets the content, as read from storage.</summary>
    internal void Restore(ExponentialDecay decay, long count, double minimum, double maximum, double zeroWeight, int firstIndex, double[] weights)
    {
        (_decay, Count, Minimum, Maximum) = (decay, count, minimum, maximum);
        (_zeroWeight, _firstIndex, _weights) = (zeroWeight, firstIndex, weights);
        _totalWeight = zeroWeight;
        foreach (var weight in weights) _totalWeight += weight;
    }

    /// <summary>Grows the window of buckets so that it holds this one, with some room to spare.</summary>
    private void Reach(int index)
    {
        const int Room = 8;
        if (_weights.Length == 0)
        {
            _firstIndex = index - Room / 2;
            _weights = new double[Room];
            return;
        }

        var first = index < _firstIndex ? index - Room : _firstIndex;
        var end = Math.Max(_firstIndex + _weights.Length, index < _firstIndex + _weights.Length ? int.MinValue : index + 1 + Room);
        if (first == _firstIndex && end == _firstIndex + _weights.Length) return;
        var grown = new double[end - first];
        _weights.CopyTo(grown, _firstIndex - first);
        (_weights, _firstIndex) = (grown, first);
    }
}

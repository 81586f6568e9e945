namespace Foreflow.Core.Profiling;

/// <summary>Everything a profile knows of one measure.</summary>
public sealed class MeasureStatistics
{
    private DecayingMoments _moments;
    private SizeDependence _sizeDependence;

    internal MeasureStatistics(TimeSpan halfLife) => Histogram = new DecayingHistogram(halfLife);

    internal MeasureStatistics(DecayingHistogram histogram, in DecayingMoments moments, in SizeDependence sizeDependence) =>
        (Histogram, _moments, _sizeDependence) = (histogram, moments, sizeDependence);

    /// <summary>Quantiles, as a decaying histogram.</summary>
    public DecayingHistogram Histogram { get; }

    /// <summary>Decaying mean and variance, exact.</summary>
    public DecayingMoments Moments => _moments;

    /// <summary>How it grows with the input size.</summary>
    public SizeDependence SizeDependence => _sizeDependence;

    /// <summary>Number of observations ever taken, without decay.</summary>
    public long Count => Histogram.Count;

    /// <summary>Decaying mean; NaN when empty.</summary>
    public double Mean => IsEmpty ? double.NaN : _moments.Mean;

    /// <summary>Decaying variance; NaN when empty.</summary>
    public double Variance => IsEmpty ? double.NaN : _moments.Variance;

    /// <summary>The largest value ever seen; NaN when empty.</summary>
    public double Peak => Histogram.Maximum;

    /// <summary>True before the first observation.</summary>
    public bool IsEmpty => Histogram.IsEmpty;

    /// <summary>The value that a share <paramref name="p"/> of the weight lies at or below; NaN when empty.</summary>
    public double Quantile(double p) => Histogram.Quantile(p);

    /// <summary>What is known now, frozen, for many questions.</summary>
    public HistogramDistribution ToDistribution() => Histogram.ToDistribution();

    /// <summary>The typical value at an input size: by the line where it helps, else the mean. NaN when empty.</summary>
    public double Predict(double inputBytes) => _sizeDependence.IsUseful && inputBytes > 0 ? _sizeDependence.Predict(inputBytes) : Mean;

    internal void Add(double value, double logInput, double weight)
    {
        var logValue = Math.Log(value);
        Histogram.Add(value, logValue, weight);
        _moments = _moments.With(value, weight);
        if (logInput > 0 && value >= DecayingHistogram.Smallest) _sizeDependence = _sizeDependence.With(logInput, logValue, weight);
    }

    internal void MoveTo(in ExponentialDecay decay, double factor)
    {
        Histogram.MoveTo(decay, factor);
        _moments = _moments.Scaled(factor);
        _sizeDependence = _sizeDependence.Scaled(factor);
    }

    internal void Merge(MeasureStatistics other, double factor)
    {
        Histogram.Merge(other.Histogram);
        _moments = _moments.Merged(other._moments, factor);
        _sizeDependence = _sizeDependence.Merged(other._sizeDependence, factor);
    }

    internal MeasureStatistics Clone() => new(Histogram.Clone(), _moments, _sizeDependence);
}

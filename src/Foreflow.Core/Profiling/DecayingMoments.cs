namespace Foreflow.Core.Profiling;

/// <summary>Mean and variance of decaying observations, one pass, numerically stable (West 1979; merging: Chan et al. 1983).</summary>
public readonly record struct DecayingMoments
{
    internal DecayingMoments(double weight, double mean, double squares) => (Weight, Mean, Squares) = (weight, mean, squares);

    /// <summary>Sum of weights, relative to the landmark of the profile.</summary>
    internal double Weight { get; }

    /// <summary>Weighted sum of squared deviations from the mean.</summary>
    internal double Squares { get; }

    /// <summary>Weighted mean; 0 when empty.</summary>
    public double Mean { get; }

    /// <summary>Weighted variance of the population; 0 when empty.</summary>
    public double Variance => Weight > 0 ? Squares / Weight : 0;

    /// <summary>Square root of <see cref="Variance"/>.</summary>
    public double StandardDeviation => Math.Sqrt(Variance);

    internal DecayingMoments With(double value, double weight)
    {
        var total = Weight + weight;
        if (!(total > 0)) return this;
        var delta = value - Mean;
        var mean = Mean + delta * (weight / total);
        return new DecayingMoments(total, mean, Squares + weight * delta * (value - mean));
    }

    internal DecayingMoments Merged(in DecayingMoments other, double factor)
    {
        var weight = other.Weight * factor;
        var total = Weight + weight;
        if (!(weight > 0)) return this;
        if (!(Weight > 0)) return other.Scaled(factor);
        var delta = other.Mean - Mean;
        return new DecayingMoments(total, Mean + delta * (weight / total), Squares + other.Squares * factor + delta * delta * (Weight * weight / total));
    }

    internal DecayingMoments Scaled(double factor) => new(Weight * factor, Mean, Squares * factor);
}

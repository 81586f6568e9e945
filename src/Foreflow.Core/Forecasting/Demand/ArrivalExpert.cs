using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Forecasting.Demand;

/// <summary>
/// One opinion of a workflow's arrivals: a shape times a level that is followed with a memory of its own. The level is the
/// mean of a gamma distribution that forgets (the Poisson-gamma filter of West and Harrison 1997, chapter 10): counts over
/// what the shape expected, both discounted. An update is two multiplications.
/// </summary>
internal sealed class ArrivalExpert(ArrivalShape shape, double halfLifeBuckets)
{
    private readonly double _discount = Math.Pow(0.5, 1 / halfLifeBuckets);
    private double _counted;
    private double _expected;

    /// <summary>What it takes the arrivals to follow.</summary>
    public ArrivalShape Shape => shape;

    /// <summary>Buckets after which one counts half.</summary>
    public double HalfLifeBuckets => halfLifeBuckets;

    /// <summary>Sum of recent log scores of its forecasts, discounted; higher is better.</summary>
    public double Score { get; set; }

    /// <summary>True once it has forecast something that came.</summary>
    public bool Scored { get; set; }

    /// <summary>Takes a bucket's count in.</summary>
    /// <param name="expected">What the shape expected there; NaN where it knows nothing.</param>
    public void Observe(double count, double expected)
    {
        if (double.IsNaN(expected)) return;
        _counted = (_counted * _discount) + count;
        _expected = (_expected * _discount) + expected;
    }

    /// <summary>Level over shape; for a shape with a scale of its own it starts at 1, with the weight of half an arrival.</summary>
    public double Level(double overallMean)
    {
        const double Prior = 0.5;
        var prior = shape == ArrivalShape.Level ? Math.Max(overallMean, 1e-9) : 1;
        return (_counted + Prior) / (_expected + (Prior / prior));
    }
}

using Foreflow.Core.Model;

namespace Foreflow.Core.Forecasting.Demand;

/// <summary>Arrivals of a workflow that are expected, per fine bucket, with how sure that is.</summary>
/// <param name="From">Start of the first bucket, the one that is open.</param>
/// <param name="Step">Width of a bucket.</param>
/// <param name="Mean">Expected arrivals of each bucket; of the open one what is still to come.</param>
/// <param name="LevelVariance">Variance of the level over its square, per bucket: it moves all buckets together.</param>
/// <param name="Dispersion">Variance over mean of counts beside that: 1 for independent arrivals, below for regular ones, above for bursts.</param>
public sealed record ArrivalOutlook(Instant From, TimeSpan Step, double[] Mean, double[] LevelVariance, double Dispersion)
{
    /// <summary>True when nothing is expected.</summary>
    public bool IsEmpty => !Mean.AsSpan().ContainsAnyExcept(0.0);
}

using Foreflow.Core.Model;

namespace Foreflow.Core.Forecasting.Demand;

/// <summary>Possible futures of a workflow's arrivals: counts per bucket, one row a path.</summary>
/// <param name="From">Start of the first bucket.</param>
/// <param name="Step">Width of a bucket.</param>
/// <param name="Buckets">Buckets a path has.</param>
/// <param name="Counts">Row after row, <paramref name="Buckets"/> each.</param>
public sealed record ArrivalPaths(Instant From, TimeSpan Step, int Buckets, int[] Counts)
{
    /// <summary>Number of paths.</summary>
    public int Paths => Buckets == 0 ? 0 : Counts.Length / Buckets;

    /// <summary>Counts of one path.</summary>
    public ReadOnlySpan<int> Path(int path) => Counts.AsSpan(path * Buckets, Buckets);

    /// <summary>Start of a bucket, in ticks of the epoch.</summary>
    public long StartTicks(int bucket) => From.Ticks + (Step.Ticks * bucket);

    /// <summary>True when no path has an arrival.</summary>
    public bool IsEmpty => !Counts.AsSpan().ContainsAnyExcept(0);
}

using Foreflow.Core.Model;

namespace Foreflow.Core.Snapshot;

/// <summary>How far Foreflow may act by itself.</summary>
public enum PoolMode
{
    /// <summary>No forecasts: replicas follow waiting tasks.</summary>
    Off,

    /// <summary>Plans ahead and explains, but replicas follow waiting tasks.</summary>
    Recommend,

    /// <summary>Plans ahead and acts.</summary>
    On,
}

/// <summary>Settings of a pool. Replaced whole, never patched.</summary>
public sealed record PoolSettings
{
    /// <summary>How far Foreflow may act by itself.</summary>
    public PoolMode Mode { get; init; } = PoolMode.On;

    /// <summary>Time between full control cycles.</summary>
    public TimeSpan CyclePeriod { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Width of a bucket of the fine demand grid.</summary>
    public TimeSpan FineStep { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How far the fine grid reaches.</summary>
    public TimeSpan FineHorizon { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Width of a bucket of the coarse arrival history: trend and season.</summary>
    public TimeSpan CoarseStep { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How far the coarse grid reaches.</summary>
    public TimeSpan CoarseHorizon { get; init; } = TimeSpan.FromHours(48);

    /// <summary>An idle replica is stopped no earlier than this after its last task.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Largest share of the pool's capacity that replicas without a task at hand may hold, 0 to 1.</summary>
    public double SpeculativeShare { get; init; } = 0.5;

    /// <summary>Largest share of a stage's attempts that may be hedged by a second one, 0 to 1; 0 hedges nothing.</summary>
    public double HedgeShare { get; init; } = 0.05;

    /// <summary>Futures in which an open run is played for a demand forecast; fewer when many are open.</summary>
    public int SamplePaths { get; init; } = 64;

    /// <summary>Seed of everything random in decisions.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Capacity of each gate; a gate that is not named here is not limited.</summary>
    public System.Collections.Immutable.ImmutableSortedDictionary<string, int> Gates { get; init; } =
        System.Collections.Immutable.ImmutableSortedDictionary<string, int>.Empty;

    /// <summary>True where gates are shared with other pools: units are used only by the leases that <see cref="GatesGranted"/> tells of.</summary>
    public bool GatesByLease { get; init; }

    /// <summary>Errors in the settings, empty when all is well.</summary>
    public IEnumerable<string> Validate()
    {
        if (CyclePeriod <= TimeSpan.Zero) yield return "cycle period must be above zero";
        if (FineStep <= TimeSpan.Zero) yield return "fine step must be above zero";
        if (FineHorizon < FineStep) yield return "fine horizon must be at least one fine step";
        if (FineHorizon / FineStep > 4096) yield return "fine horizon must be at most 4,096 fine steps";
        if (CoarseStep < FineStep) yield return "coarse step must be at least the fine step";
        if (SpeculativeShare is < 0 or > 1) yield return "speculative share must be from 0 to 1";
        if (HedgeShare is not (>= 0 and <= 1)) yield return "hedge share must be from 0 to 1";
        if (SamplePaths is < 8 or > 1024) yield return "sample paths must be from 8 to 1,024";
    }
}

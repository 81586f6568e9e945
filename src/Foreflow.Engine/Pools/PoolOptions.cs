using Foreflow.Core;
using Foreflow.Core.Snapshot;

namespace Foreflow.Engine.Pools;

/// <summary>How a pool is run.</summary>
public sealed record PoolOptions
{
    /// <summary>Settings of its decisions.</summary>
    public PoolSettings Settings { get; init; } = new();

    /// <summary>Policies it decides by.</summary>
    public PolicySet Policies { get; init; } = PolicySet.Ahead;

    /// <summary>How often it looks whether a full cycle is due.</summary>
    public TimeSpan TickPeriod { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>A node that says nothing for this long is taken for lost.</summary>
    public TimeSpan NodeSilence { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>True to check every plan before it is carried out.</summary>
    public bool CheckPlans { get; init; } = true;
}

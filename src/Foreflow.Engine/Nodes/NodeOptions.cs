using Foreflow.Core.Model;

namespace Foreflow.Engine.Nodes;

/// <summary>What this process offers as a node.</summary>
public sealed record NodeOptions
{
    /// <summary>What it offers.</summary>
    public required Resources Capacity { get; init; }

    /// <summary>Nodes of a class run a stage alike.</summary>
    public string NodeClass { get; init; } = "default";

    /// <summary>Pool it offers itself to.</summary>
    public string Pool { get; init; } = EngineNames.DefaultPool;

    /// <summary>How often running processes are sampled.</summary>
    public TimeSpan SamplePeriod { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Where the kernel tells how short of memory the node is; null for the machine's own.</summary>
    public string? MemoryPressureFile { get; init; }

    /// <summary>How long attempts have to end when the engine stops.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Where handlers run: the thread pool unless a host wants them elsewhere.</summary>
    public TaskScheduler HandlerScheduler { get; init; } = TaskScheduler.Default;

    /// <summary>The whole of this machine, as the runtime sees it: within the limits of a container where there are any.</summary>
    public static Resources WholeMachine() => new(Environment.ProcessorCount * 1000L, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
}

namespace Foreflow.Core.Profiling.Sizing;

/// <summary>What is known of a task when it asks for memory.</summary>
public readonly record struct SizingRequest
{
    /// <summary>A request for one core, of which no size is known.</summary>
    public SizingRequest() { }

    /// <summary>What the workflow file asks for, in bytes: granted while nothing is known, and a step of the ladder after out-of-memory kills.</summary>
    public required long PresetBytes { get; init; }

    /// <summary>The most that can be granted, in bytes: the size of the largest node.</summary>
    public required long CapBytes { get; init; }

    /// <summary>Cores the attempt would hold, and waste should it fail.</summary>
    public double Cores { get; init; } = 1;

    /// <summary>Sizes known before the start, the one to be trusted most first.</summary>
    public IReadOnlyList<SizeSignal> Signals { get; init; } = [];

    /// <summary>
    /// How many running tasks of the stage have already lasted longer than any finished one
    /// (<see cref="MemorySizer.LongestSeconds"/>): they will not be like those.
    /// </summary>
    public int OlderSiblings { get; init; }
}

/// <summary>How much memory to grant, and why.</summary>
/// <param name="Bytes">The grant.</param>
/// <param name="Estimator">The estimator that was followed; <c>preset</c> while nothing is known.</param>
/// <param name="Margin">The safety margin learnt from misses that it includes: 0.05 is 5 %.</param>
public readonly record struct SizingDecision(long Bytes, string Estimator, double Margin);

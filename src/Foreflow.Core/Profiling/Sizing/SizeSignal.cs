namespace Foreflow.Core.Profiling.Sizing;

/// <summary>
/// A size known before a task starts: of its input, of what an earlier stage wrote for it, of anything memory may grow with.
/// </summary>
/// <param name="Name">What it is the size of.</param>
/// <param name="Value">In any unit, but always the same; only ratios matter. Ignored unless positive and finite.</param>
public readonly record struct SizeSignal(string Name, double Value);

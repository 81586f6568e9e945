using System.Collections.Immutable;

namespace Foreflow.Engine.Execution;

/// <summary>What became of the processes an earlier server had left running.</summary>
/// <param name="Killed">How many were found, and killed.</param>
/// <param name="StillAlive">Ids of those that would not go: stuck in the kernel, or not ours to kill. Their tasks must not run again before they are gone.</param>
public sealed record LeftoversReport(int Killed, ImmutableArray<int> StillAlive);

using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution;

/// <summary>One round of sampling: everything that runs on a node, and the node itself.</summary>
/// <param name="Node">The node as a whole, and the part of it that is not ours.</param>
/// <param name="Attempts">Every attempt that is a process, with its highest use of each resource so far; 0 where unknown.</param>
/// <param name="Workers">Every long-lived worker.</param>
public sealed record NodeSamples(
    NodeUsage Node,
    ImmutableArray<(AttemptId Attempt, UsageSample Usage, Resources Peak)> Attempts,
    ImmutableArray<(ReplicaId Replica, UsageSample Usage)> Workers);

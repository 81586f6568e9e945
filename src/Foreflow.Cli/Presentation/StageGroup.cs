using System.Collections.Immutable;

namespace Foreflow.Cli.Presentation;

/// <summary>A stage, or several that hang in the graph alike and are drawn as one.</summary>
/// <param name="First">Position of the first of them in the workflow.</param>
/// <param name="Title">Its name, or the first and last of them.</param>
/// <param name="Detail">Kind, number, condition.</param>
/// <param name="Parents">Numbers of the groups it needs, ascending.</param>
/// <param name="Children">Numbers of the groups that need it, ascending.</param>
internal sealed record StageGroup(int First, string Title, string Detail, ImmutableArray<int> Parents, ImmutableArray<int> Children);

using System.Collections.Immutable;
using Foreflow.Core.Model;

namespace Foreflow.Core.Workflows;

/// <summary>
/// A workflow: what a run is an instance of. Made by a reader or a builder only, so that one in hand has passed every
/// rule: names are good, <c>needs</c> are known and acyclic, expressions refer to what is there.
/// Two definitions are equal when they say the same.
/// </summary>
public sealed record WorkflowDefinition
{
    internal WorkflowDefinition()
    {
    }

    /// <summary>Name, unique among the workflows of an engine.</summary>
    public required string Name { get; init; }

    /// <summary>Hash of the content (SHA-256, 64 lower-case hexadecimal digits): layout and comments of a file do not count.</summary>
    public string Version { get; internal init; } = "";

    /// <summary>For people; empty when there is none.</summary>
    public string Description { get; internal init; } = "";

    /// <summary>What a run is given, in file order.</summary>
    public ImmutableArray<InputDefinition> Inputs { get; internal init; } = [];

    /// <summary>How much a missed need costs, and who goes first.</summary>
    public Priority Priority { get; internal init; } = Priority.Normal;

    /// <summary>How long after its acceptance a run should be done; null where nobody waits.</summary>
    public TimeSpan? Deadline { get; internal init; }

    /// <summary>What starts a run beside a person, in file order.</summary>
    public ImmutableArray<Trigger> Triggers { get; internal init; } = [];

    /// <summary>Shared finite resources declared here, in file order. A stage may also claim one that the pool declares.</summary>
    public ImmutableArray<GateDefinition> Gates { get; internal init; } = [];

    /// <summary>The stages in file order; at least one.</summary>
    public required ImmutableArray<StageDefinition> Stages { get; init; }

    /// <summary>How the stages hang together; indices are those of <see cref="Stages"/>.</summary>
    public WorkflowGraph Graph { get; internal init; } = WorkflowGraph.Empty;

    /// <summary>The position in <see cref="Stages"/> of the stage with this name; -1 when there is none.</summary>
    public int IndexOf(string stage) => Graph.IndexOf(stage);

    /// <summary>The stage with this name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public StageDefinition Stage(string name) => IndexOf(name) is >= 0 and var index
        ? Stages[index]
        : throw new KeyNotFoundException($"Workflow '{Name}' has no stage '{name}'.");

    /// <summary>True when both say the same: the version is a hash of everything else.</summary>
    public bool Equals(WorkflowDefinition? other) => other is not null && Version == other.Version;

    /// <inheritdoc/>
    public override int GetHashCode() => Version.GetHashCode(StringComparison.Ordinal);

    /// <summary>Name and the start of the version, for people.</summary>
    public override string ToString() => $"{Name}@{(Version.Length > 12 ? Version[..12] : Version)}";
}

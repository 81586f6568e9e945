using Foreflow.Core.Model;

namespace Foreflow.Engine.Storage;

/// <summary>An engine process (embedded) or a cluster of them: who carries on a run.</summary>
/// <param name="Value">Unique text, 1 to 200 characters of <c>A-Z a-z 0-9 . _ -</c>.</param>
public readonly record struct OwnerId(string Value)
{
    /// <summary>The id as text.</summary>
    public override string ToString() => Value;
}

/// <summary>What lists show of a run without reading its events.</summary>
public sealed record RunSummary
{
    /// <summary>The run.</summary>
    public required RunId Id { get; init; }

    /// <summary>Name of its workflow; never changes.</summary>
    public required string Workflow { get; init; }

    /// <summary>Hash of the workflow's text; see <see cref="IWorkflowStore"/>.</summary>
    public required string WorkflowVersion { get; init; }

    /// <summary>Where it stands.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>When it was accepted; never changes. Lists are in this order.</summary>
    public required Instant CreatedAt { get; init; }

    /// <summary>When its first task started; null before.</summary>
    public Instant? StartedAt { get; init; }

    /// <summary>When it ended; null while it is open.</summary>
    public Instant? EndedAt { get; init; }

    /// <summary>Higher is more urgent.</summary>
    public int Priority { get; init; }

    /// <summary>Tasks known so far; grows when a <c>foreach</c> unfolds.</summary>
    public int TasksTotal { get; init; }

    /// <summary>Tasks that ended well.</summary>
    public int TasksSucceeded { get; init; }

    /// <summary>Tasks that failed for good.</summary>
    public int TasksFailed { get; init; }

    /// <summary>Who carries it on; null when nobody does yet. Changed by <see cref="IRunOwnership.ClaimOpenRunsAsync"/> too.</summary>
    public OwnerId? Owner { get; init; }

    /// <summary>Why it failed, or what it waits for; null when there is nothing to say.</summary>
    public string? Message { get; init; }
}

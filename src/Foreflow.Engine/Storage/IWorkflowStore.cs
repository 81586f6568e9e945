using Foreflow.Core.Model;

namespace Foreflow.Engine.Storage;

/// <summary>A workflow's definition at one version.</summary>
/// <param name="Name">Name of the workflow.</param>
/// <param name="Version">Hash of <paramref name="Definition"/>: the same text has the same version.</param>
/// <param name="Definition">The file's text.</param>
/// <param name="SavedAt">When it last became the current one.</param>
public sealed record WorkflowVersion(string Name, string Version, string Definition, Instant SavedAt);

/// <summary>Every version of every workflow that was ever submitted.</summary>
public interface IWorkflowStore
{
    /// <summary>Makes this version the current one of its workflow. Saving a version again is harmless; going back to an old one makes that current.</summary>
    ValueTask SaveAsync(WorkflowVersion workflow, CancellationToken cancel = default);

    /// <summary>One version; null when there is none.</summary>
    ValueTask<WorkflowVersion?> FindAsync(string name, string version, CancellationToken cancel = default);

    /// <summary>The current version; null when there is no such workflow.</summary>
    ValueTask<WorkflowVersion?> FindCurrentAsync(string name, CancellationToken cancel = default);

    /// <summary>The current version of every workflow, by name.</summary>
    ValueTask<IReadOnlyList<WorkflowVersion>> ListAsync(CancellationToken cancel = default);

    /// <summary>All versions of a workflow, the current one first.</summary>
    ValueTask<IReadOnlyList<WorkflowVersion>> HistoryAsync(string name, CancellationToken cancel = default);
}

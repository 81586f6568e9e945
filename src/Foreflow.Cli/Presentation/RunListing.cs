using Foreflow.Core.Model;
using Foreflow.Engine.Storage;

namespace Foreflow.Cli.Presentation;

/// <summary>A run in a list, for people and programs.</summary>
/// <param name="Interrupted">True when it is open and the process that carried it on is no more.</param>
public sealed record ListedRun(
    RunId Id, string Workflow, string WorkflowVersion, RunStatus Status, bool Interrupted, Instant CreatedAt, Instant? StartedAt, Instant? EndedAt, int Priority,
    int TasksTotal, int TasksSucceeded, int TasksFailed, string? Owner, string? Message);

/// <summary>Lists runs as they stand.</summary>
public static class RunListing
{
    /// <summary>Adds to summaries whether somebody carries the runs on.</summary>
    public static async Task<IReadOnlyList<ListedRun>> OfAsync(IStorage storage, IReadOnlyList<RunSummary> runs, CancellationToken cancel)
    {
        var alive = new Dictionary<OwnerId, bool>();
        foreach (var owner in runs.Where(r => r.Status.IsOpen()).Select(r => r.Owner).OfType<OwnerId>().Distinct())
            alive[owner] = await storage.Ownership.IsAliveAsync(owner, cancel);
        return [.. runs.Select(r => new ListedRun(
            r.Id, r.Workflow, r.WorkflowVersion, r.Status, r.Status.IsOpen() && !(r.Owner is { } owner && alive[owner]), r.CreatedAt, r.StartedAt, r.EndedAt, r.Priority,
            r.TasksTotal, r.TasksSucceeded, r.TasksFailed, r.Owner?.Value, r.Message))];
    }
}

using Foreflow.Core.Model;
using Foreflow.Engine.Storage;

namespace Foreflow.Storage.Memory;

public sealed partial class MemoryStorage : IRunStore, IRunOwnership
{
    async ValueTask IRunStore.AppendAsync(RunAppend append)
    {
        var (id, next, events, summary) = append;
        Require(!string.IsNullOrEmpty(id.Value), "a run's id must not be empty");
        Require(events.Count > 0, "an append needs at least one event");
        Require(next + events.Count <= StorageLimits.EventsPerRun, $"a run may have {StorageLimits.EventsPerRun:N0} events");
        Require(events.All(payload => payload.Length <= StorageLimits.PayloadBytes), $"an event may have {StorageLimits.PayloadBytes:N0} bytes");
        Require(summary is not null || next > 0, "the first event needs the run's summary");
        Require(summary is null || summary.Id == id, $"the summary is of run '{summary?.Id}'");
        Require(summary is null || summary.Status.IsOpen() == summary.EndedAt is null, "a run has an end exactly when it is not open");
        if (summary?.Owner is { } owner) CheckOwner(owner);
        await StepAsync("Runs.Append", () =>
        {
            var known = disk.Runs.TryGetValue(id.Value, out var run);
            if (next != (known ? run!.Events.Count : 0)) throw new StreamConflictException(id.Value, next);
            run ??= disk.Runs[id.Value] = new MemoryDisk.StoredRun(++disk.LastRunNumber) { Summary = summary! };
            // Payloads belong to the caller once the append has ended.
            run.Events.AddRange(events.Select(payload => new ReadOnlyMemory<byte>(payload.ToArray())));
            if (summary is not null)
                run.Summary = summary with { Workflow = run.Summary.Workflow, WorkflowVersion = run.Summary.WorkflowVersion, CreatedAt = run.Summary.CreatedAt };
            return 0;
        });
    }

    ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> IRunStore.ReadAsync(RunId run, int from, int limit, CancellationToken cancel) =>
        StepAsync<IReadOnlyList<ReadOnlyMemory<byte>>>("Runs.Read", () => disk.Runs.TryGetValue(run.Value, out var found) ? [.. found.Events.Skip(from).Take(limit)] : []);

    ValueTask<RunSummary?> IRunStore.FindAsync(RunId run, CancellationToken cancel) => StepAsync("Runs.Find", () => disk.Runs.GetValueOrDefault(run.Value)?.Summary);

    ValueTask<IReadOnlyList<RunId>> IRunStore.ResolveAsync(string prefix, int limit, CancellationToken cancel) => StepAsync<IReadOnlyList<RunId>>(
        "Runs.Resolve",
        () => [.. disk.Runs.Keys.Where(id => id.StartsWith(prefix, StringComparison.Ordinal)).Take(limit).Select(id => new RunId(id))]);

    ValueTask<RunPage> IRunStore.ListAsync(RunQuery query, CancellationToken cancel) => StepAsync("Runs.List", () =>
    {
        var found = disk.Runs.Values
            .Where(run => query.Workflow is null || run.Summary.Workflow == query.Workflow)
            .Where(run => query.Statuses.Count == 0 || query.Statuses.Contains(run.Summary.Status))
            .Where(run => query.Since is null || run.Summary.CreatedAt >= query.Since)
            .Where(run => query.After is not { } after || (run.Summary.CreatedAt, run.Number).CompareTo((after.CreatedAt, after.Number)) < 0)
            .OrderByDescending(run => run.Summary.CreatedAt).ThenByDescending(run => run.Number).Take(query.Limit + 1).ToList();
        var page = found.Take(query.Limit).ToList();
        return new RunPage([.. page.Select(run => run.Summary)], found.Count > page.Count ? new RunCursor(page[^1].Summary.CreatedAt, page[^1].Number) : null);
    });

    ValueTask<IReadOnlyList<RunCount>> IRunStore.CountAsync(string? workflow, CancellationToken cancel) => StepAsync<IReadOnlyList<RunCount>>(
        "Runs.Count",
        () =>
        [
            .. disk.Runs.Values.Where(run => workflow is null || run.Summary.Workflow == workflow)
                .GroupBy(run => (run.Summary.Workflow, run.Summary.Status)).OrderBy(group => group.Key.Workflow, StringComparer.Ordinal).ThenBy(group => group.Key.Status)
                .Select(group => new RunCount(group.Key.Workflow, group.Key.Status, group.Count())),
        ]);

    ValueTask<IReadOnlyList<RunId>> IRunStore.PruneAsync(Instant endedBefore, int limit, CancellationToken cancel) => StepAsync<IReadOnlyList<RunId>>("Runs.Prune", () =>
    {
        var ended = disk.Runs.Values.Where(run => run.Summary.EndedAt < endedBefore)
            .OrderBy(run => run.Summary.EndedAt).ThenBy(run => run.Number).Take(limit).Select(run => run.Summary.Id).ToList();
        foreach (var run in ended) disk.Runs.Remove(run.Value);
        return ended;
    });

    async ValueTask IRunOwnership.AcquireAsync(OwnerId owner, CancellationToken cancel)
    {
        CheckOwner(owner);
        await StepAsync("Ownership.Acquire", () =>
        {
            if (!disk.Alive.Add(owner)) throw new OwnerTakenException(owner);
            owners.Add(owner);
            return 0;
        });
    }

    ValueTask<bool> IRunOwnership.IsAliveAsync(OwnerId owner, CancellationToken cancel) => StepAsync("Ownership.IsAlive", () => disk.Alive.Contains(owner));

    ValueTask<IReadOnlyList<RunId>> IRunOwnership.ClaimOpenRunsAsync(OwnerId owner, CancellationToken cancel) => StepAsync<IReadOnlyList<RunId>>("Ownership.ClaimOpenRuns", () =>
    {
        var orphans = disk.Runs.Values.Where(run => run.Summary.Status.IsOpen() && run.Summary.Owner != owner)
            .Where(run => run.Summary.Owner is not { } other || !disk.Alive.Contains(other)).OrderBy(run => run.Number).ToList();
        foreach (var run in orphans) run.Summary = run.Summary with { Owner = owner };
        return [.. orphans.Select(run => run.Summary.Id)];
    });

    ValueTask<IReadOnlyList<RunId>> IRunOwnership.OpenRunsAsync(OwnerId owner, CancellationToken cancel) => StepAsync<IReadOnlyList<RunId>>(
        "Ownership.OpenRuns",
        () =>
        [
            .. disk.Runs.Values.Where(run => run.Summary.Status.IsOpen() && run.Summary.Owner == owner).OrderBy(run => run.Number).Select(run => run.Summary.Id),
        ]);

    private static void CheckOwner(OwnerId owner) => Require(
        owner.Value is { Length: >= 1 and <= 200 } text && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') && text[0] != '.',
        $"'{owner}' cannot be an owner's id");
}

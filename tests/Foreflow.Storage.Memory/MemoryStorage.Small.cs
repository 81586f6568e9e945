using Foreflow.Core.Model;
using Foreflow.Core.Scheduling;
using Foreflow.Engine.Storage;

namespace Foreflow.Storage.Memory;

public sealed partial class MemoryStorage : IProfileStore, IBlobStore, IWorkflowStore, ISwitchStore, IResultCache, IGateStore
{
    async ValueTask IProfileStore.MergeAsync(IReadOnlyList<StoredProfile> profiles, ProfileMerge merge, CancellationToken cancel) =>
        await StepAsync("Profiles.Merge", () => MergeProfiles(profiles, merge));

    ValueTask<bool> IProfileStore.MergeOnceAsync(string source, IReadOnlyList<StoredProfile> profiles, ProfileMerge merge, CancellationToken cancel) => StepAsync("Profiles.MergeOnce", () =>
    {
        if (disk.Blobs.ContainsKey(("profile-source", source))) return false;
        MergeProfiles(profiles, merge);
        disk.Blobs[("profile-source", source)] = Array.Empty<byte>();
        return true;
    });

    private int MergeProfiles(IReadOnlyList<StoredProfile> profiles, ProfileMerge merge)
    {
        // All or none: a merge may throw.
        var merged = new Dictionary<ProfileKey, ReadOnlyMemory<byte>>();
        foreach (var (key, incoming) in profiles)
        {
            ReadOnlyMemory<byte>? stored = merged.TryGetValue(key, out var now) || disk.Profiles.TryGetValue(key, out now) ? (ReadOnlyMemory<byte>?)now : null;
            merged[key] = merge(key, stored, incoming).ToArray();
        }

        foreach (var (key, payload) in merged) disk.Profiles[key] = payload;
        return 0;
    }

    ValueTask<IReadOnlyList<StoredProfile>> IProfileStore.LoadAsync(CancellationToken cancel) => StepAsync<IReadOnlyList<StoredProfile>>(
        "Profiles.Load",
        () =>
        [
            .. disk.Profiles.Select(profile => new StoredProfile(profile.Key, profile.Value)).OrderBy(profile => profile.Key.Workflow, StringComparer.Ordinal)
                .ThenBy(profile => profile.Key.Stage, StringComparer.Ordinal).ThenBy(profile => profile.Key.NodeClass, StringComparer.Ordinal),
        ]);

    ValueTask<int> IProfileStore.DeleteAsync(string workflow, CancellationToken cancel) => StepAsync(
        "Profiles.Delete", () => disk.Profiles.Keys.Where(key => key.Workflow == workflow).ToList().Count(key => disk.Profiles.Remove(key)));

    async ValueTask IBlobStore.PutAsync(string kind, string key, ReadOnlyMemory<byte> payload, CancellationToken cancel) =>
        await StepAsync("Blobs.Put", () => disk.Blobs[(kind, key)] = payload.ToArray());

    ValueTask<ReadOnlyMemory<byte>?> IBlobStore.FindAsync(string kind, string key, CancellationToken cancel) =>
        StepAsync("Blobs.Find", () => disk.Blobs.TryGetValue((kind, key), out var payload) ? payload : (ReadOnlyMemory<byte>?)null);

    ValueTask<IReadOnlyList<string>> IBlobStore.ListAsync(string kind, CancellationToken cancel) => StepAsync<IReadOnlyList<string>>(
        "Blobs.List", () => [.. disk.Blobs.Keys.Where(name => name.Kind == kind).Select(name => name.Key)]);

    ValueTask<bool> IBlobStore.DeleteAsync(string kind, string key, CancellationToken cancel) => StepAsync("Blobs.Delete", () => disk.Blobs.Remove((kind, key)));

    async ValueTask IWorkflowStore.SaveAsync(WorkflowVersion workflow, CancellationToken cancel) => await StepAsync("Workflows.Save", () =>
    {
        disk.Workflows.RemoveAll(known => known.Name == workflow.Name && known.Version == workflow.Version);
        disk.Workflows.Add(workflow);
        return 0;
    });

    ValueTask<WorkflowVersion?> IWorkflowStore.FindAsync(string name, string version, CancellationToken cancel) =>
        StepAsync("Workflows.Find", () => disk.Workflows.Find(workflow => workflow.Name == name && workflow.Version == version));

    ValueTask<WorkflowVersion?> IWorkflowStore.FindCurrentAsync(string name, CancellationToken cancel) =>
        StepAsync("Workflows.FindCurrent", () => disk.Workflows.FindLast(workflow => workflow.Name == name));

    ValueTask<IReadOnlyList<WorkflowVersion>> IWorkflowStore.ListAsync(CancellationToken cancel) => StepAsync<IReadOnlyList<WorkflowVersion>>(
        "Workflows.List",
        () => [.. disk.Workflows.GroupBy(workflow => workflow.Name).Select(group => group.Last()).OrderBy(workflow => workflow.Name, StringComparer.Ordinal)]);

    ValueTask<IReadOnlyList<WorkflowVersion>> IWorkflowStore.HistoryAsync(string name, CancellationToken cancel) => StepAsync<IReadOnlyList<WorkflowVersion>>(
        "Workflows.History", () => [.. disk.Workflows.Where(workflow => workflow.Name == name).Reverse()]);

    async ValueTask ISwitchStore.SetAsync(string name, string value, CancellationToken cancel) => await StepAsync("Switches.Set", () => disk.Switches[name] = value);

    ValueTask<bool> ISwitchStore.RemoveAsync(string name, CancellationToken cancel) => StepAsync("Switches.Remove", () => disk.Switches.Remove(name));

    ValueTask<IReadOnlyDictionary<string, string>> ISwitchStore.LoadAsync(CancellationToken cancel) =>
        StepAsync<IReadOnlyDictionary<string, string>>("Switches.Load", () => disk.Switches.ToDictionary());

    ValueTask<IReadOnlyList<GateRenewal>> IGateStore.RenewAsync(
        string owner, Func<IReadOnlyList<GateLease>, IReadOnlyList<GateRenewal>> renew, CancellationToken cancel) => StepAsync(
        "Gates.Renew",
        () =>
        {
            var renewed = renew([.. disk.Gates]);
            disk.Gates.RemoveAll(lease => lease.Owner == owner);
            disk.Gates.AddRange(renewed.Select(r => r.Lease));
            return renewed;
        });

    ValueTask<CachedResult?> IResultCache.FindAsync(string key, CancellationToken cancel) => StepAsync("Results.Find", () => disk.Results.GetValueOrDefault(key));

    async ValueTask IResultCache.PutAsync(CachedResult result, CancellationToken cancel) =>
        await StepAsync("Results.Put", () => disk.Results[result.Key] = result with { Output = result.Output.ToArray() });

    ValueTask<IReadOnlyList<CachedResult>> IResultCache.PruneAsync(Instant before, int limit, CancellationToken cancel) => StepAsync<IReadOnlyList<CachedResult>>(
        "Results.Prune",
        () =>
        {
            var old = disk.Results.Values.Where(result => result.At < before).OrderBy(result => result.At).ThenBy(result => result.Key, StringComparer.Ordinal).Take(limit).ToList();
            foreach (var result in old) disk.Results.Remove(result.Key);
            return old;
        });
}

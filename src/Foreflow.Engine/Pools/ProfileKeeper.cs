using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Snapshot;
using Foreflow.Engine.Storage;
using Microsoft.Extensions.Logging;
using StoredKey = Foreflow.Engine.Storage.ProfileKey;

namespace Foreflow.Engine.Pools;

/// <summary>
/// Keeps the profiles of a pool on disk: once a second what was learnt since then is merged into what is stored, so that
/// several engines on one store add up, and a crash loses a second at most.
/// </summary>
internal sealed class ProfileKeeper(IProfileStore store, ILogger log)
{
    private readonly Dictionary<StoredKey, StageProfile> _stored = [];
    private SortedDictionary<(string Workflow, string Stage), StageProfile> _learnt = [];

    public async ValueTask LoadAsync(CancellationToken cancel)
    {
        foreach (var profile in await store.LoadAsync(cancel))
        {
            try
            {
                _stored[profile.Key] = StageProfile.FromBytes(profile.Payload.Span);
            }
            catch (ProfileFormatException e)
            {
                log.LogWarning("the profile of {Workflow}/{Stage} cannot be read and starts anew: {Reason}", profile.Key.Workflow, profile.Key.Stage, e.Message);
            }
        }
    }

    public StageProfile Of(StageId stage, string nodeClass) =>
        _stored.TryGetValue(new StoredKey(stage.Workflow, stage.Name, nodeClass), out var profile) ? profile : new StageProfile();

    /// <summary>The profiles that a replay of the journal starts from.</summary>
    public IReadOnlyList<(StageId Stage, byte[] Payload)> Checkpoint() =>
        [.. _stored.OrderBy(p => (p.Key.Workflow, p.Key.Stage)).Select(p => (new StageId(p.Key.Workflow, p.Key.Stage), p.Value.ToBytes()))];

    public void Learn(ClusterSnapshot snapshot, AttemptEnded ended)
    {
        if (snapshot.Task(ended.Ticket) is { Running: true } task)
            Learnt(snapshot.Stages[task.Stage].Id).Record(ClusterSnapshot.RecordOf(task, ended, Instant.Max(snapshot.Now, ended.At)));
    }

    public void Learn(ClusterSnapshot snapshot, ReplicaReady ready)
    {
        if (snapshot.Replica(ready.Replica) is { } replica)
            Learnt(snapshot.Stages[replica.Stage].Id).RecordStartUp(Instant.Max(snapshot.Now, ready.At) - replica.StartedAt, ready.At);
    }

    public async ValueTask FlushAsync()
    {
        if (_learnt.Count == 0) return;
        var batch = _learnt;
        _learnt = [];
        try
        {
            await store.MergeAsync(
                [.. batch.Select(p => new StoredProfile(new StoredKey(p.Key.Workflow, p.Key.Stage, "default"), p.Value.ToBytes()))],
                Merge);
        }
        catch (StorageException e)
        {
            log.LogWarning("profiles wait for the store: {Reason}", e.Message);
            foreach (var (key, profile) in batch)
            {
                if (_learnt.TryGetValue(key, out var newer)) newer.Merge(profile);
                else _learnt[key] = profile;
            }
        }
    }

    private static ReadOnlyMemory<byte> Merge(StoredKey key, ReadOnlyMemory<byte>? stored, ReadOnlyMemory<byte> incoming)
    {
        if (stored is not { } before) return incoming;
        try
        {
            var profile = StageProfile.FromBytes(before.Span);
            profile.Merge(StageProfile.FromBytes(incoming.Span));
            return profile.ToBytes();
        }
        catch (ProfileFormatException)
        {
            return incoming;
        }
    }

    private StageProfile Learnt(StageId stage)
    {
        var key = (stage.Workflow, stage.Name);
        if (!_learnt.TryGetValue(key, out var profile)) _learnt[key] = profile = new StageProfile();
        return profile;
    }
}

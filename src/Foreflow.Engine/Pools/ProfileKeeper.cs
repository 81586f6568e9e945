using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Engine.Storage;
using Microsoft.Extensions.Logging;
using StoredKey = Foreflow.Engine.Storage.ProfileKey;

namespace Foreflow.Engine.Pools;

/// <summary>
/// Keeps the profiles of a pool on disk: once a second what was learnt since then is merged into what is stored, so that
/// several engines on one store add up, and a crash loses a second at most. Stored is one profile a class of nodes, and
/// one of no class for what belongs to no node (fan-out, branches, waits); the profile over all nodes is their sum.
/// </summary>
internal sealed class ProfileKeeper(IProfileStore store, ILogger log)
{
    /// <summary>As bytes, so that a replay that starts from the same bytes starts from the same profiles.</summary>
    private readonly SortedDictionary<Core.Profiling.ProfileKey, byte[]> _stored = [];
    private SortedDictionary<Core.Profiling.ProfileKey, StageProfile> _gathered = [];

    public async ValueTask LoadAsync(CancellationToken cancel)
    {
        var over = new SortedDictionary<Core.Profiling.ProfileKey, StageProfile>();
        foreach (var stored in (await store.LoadAsync(cancel)).OrderBy(p => p.Key.NodeClass, StringComparer.Ordinal))
        {
            var stage = new StageId(stored.Key.Workflow, stored.Key.Stage);
            try
            {
                var profile = StageProfile.FromBytes(stored.Payload.Span);
                _stored[new(stage, stored.Key.NodeClass)] = profile.ToBytes();
                if (over.TryGetValue(new(stage, ProfileBook.AnyNode), out var all)) all.Merge(profile);
                else over[new(stage, ProfileBook.AnyNode)] = profile;
            }
            catch (ProfileFormatException e)
            {
                log.LogWarning("the profile of {Workflow}/{Stage} cannot be read and starts anew: {Reason}", stage.Workflow, stage.Name, e.Message);
            }
        }

        foreach (var (key, profile) in over) _stored[key] = profile.ToBytes();
    }

    /// <summary>The profile kept for a stage on a class of nodes, or on all; a new one where there is none.</summary>
    public StageProfile Of(StageId stage, string nodeClass) =>
        _stored.TryGetValue(new(stage, nodeClass), out var bytes) ? StageProfile.FromBytes(bytes) : new StageProfile();

    /// <summary>The profile in which what is learnt from now on is gathered, until it is written.</summary>
    public StageProfile Gathered(StageId stage, string nodeClass)
    {
        var key = new Core.Profiling.ProfileKey(stage, nodeClass);
        if (!_gathered.TryGetValue(key, out var profile)) _gathered[key] = profile = new StageProfile();
        return profile;
    }

    /// <summary>The profiles that a replay of the journal starts from.</summary>
    public IReadOnlyList<JournalStart.Profile> Checkpoint() =>
        [.. _stored.Select(p => new JournalStart.Profile(p.Key.Stage.Workflow, p.Key.Stage.Name, p.Value, p.Key.NodeClass))];

    public async ValueTask FlushAsync()
    {
        if (_gathered.Count == 0) return;
        var batch = _gathered;
        _gathered = [];
        try
        {
            await store.MergeAsync(
                [.. batch.Select(p => new StoredProfile(new StoredKey(p.Key.Stage.Workflow, p.Key.Stage.Name, p.Key.NodeClass), p.Value.ToBytes()))],
                Merge);
        }
        catch (StorageUnavailableException e) when (e.OutcomeUnknown)
        {
            // Merged again it would count twice; a crash loses as much.
            log.LogWarning("what was learnt of {Count} profiles may be lost: {Reason}", batch.Count, e.Message);
        }
        catch (StorageException e)
        {
            log.LogWarning("profiles wait for the store: {Reason}", e.Message);
            foreach (var (key, profile) in batch)
            {
                if (_gathered.TryGetValue(key, out var newer)) newer.Merge(profile);
                else _gathered[key] = profile;
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
}

using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Engine.Storage;
using StoredKey = Foreflow.Engine.Storage.ProfileKey;

namespace Foreflow.Cli.Hosting;

/// <summary>A profile and whose it is.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="NodeClass">The class of nodes; empty for what belongs to no node, <see cref="ProfileBook.AnyNode"/> for all together.</param>
/// <param name="Profile">What is known.</param>
public sealed record ShelvedProfile(StageId Stage, string NodeClass, StageProfile Profile);

/// <summary>Reads and adds profiles of a store, without an engine.</summary>
public static class ProfileShelf
{
    /// <summary>The class that nodes are of unless their configuration says otherwise.</summary>
    public const string DefaultNodeClass = "default";

    /// <summary>Profiles of a workflow, or of all, by workflow, stage and node class. Unreadable ones are told to <paramref name="complain"/>.</summary>
    public static async Task<IReadOnlyList<ShelvedProfile>> LoadAsync(IProfileStore store, string? workflow, Action<string> complain, CancellationToken cancel)
    {
        var shelf = new List<ShelvedProfile>();
        foreach (var stored in await store.LoadAsync(cancel))
        {
            if (workflow is not null && stored.Key.Workflow != workflow) continue;
            try
            {
                shelf.Add(new ShelvedProfile(new StageId(stored.Key.Workflow, stored.Key.Stage), stored.Key.NodeClass, StageProfile.FromBytes(stored.Payload.Span)));
            }
            catch (ProfileFormatException e)
            {
                complain($"the profile of {stored.Key.Workflow}/{stored.Key.Stage} cannot be read: {e.Message}");
            }
        }

        return shelf;
    }

    /// <summary>
    /// Profiles as a person asks for them: what belongs to no node goes with the stage's only class; where there are
    /// several classes, one over all comes first.
    /// </summary>
    public static IReadOnlyList<ShelvedProfile> Together(IReadOnlyList<ShelvedProfile> profiles)
    {
        var shown = new List<ShelvedProfile>();
        foreach (var stage in profiles.GroupBy(p => p.Stage))
        {
            var classes = stage.Where(p => p.NodeClass.Length > 0).OrderBy(p => p.NodeClass, StringComparer.Ordinal).ToList();
            var all = new StageProfile(stage.First().Profile.HalfLife);
            foreach (var profile in stage.OrderBy(p => p.NodeClass, StringComparer.Ordinal)) all.Merge(profile.Profile);
            shown.Add(new ShelvedProfile(stage.Key, classes.Count == 1 ? classes[0].NodeClass : ProfileBook.AnyNode, all));
            if (classes.Count > 1) shown.AddRange(classes);
        }

        return shown;
    }

    /// <summary>Adds what profiles know to what the store knows, all of it or nothing, and no source twice: false where its profiles are there already.</summary>
    public static async Task<bool> AddOnceAsync(IProfileStore store, string source, IEnumerable<ShelvedProfile> profiles, CancellationToken cancel) =>
        await store.MergeOnceAsync(source, Stored(profiles), Merge, cancel);

    private static List<StoredProfile> Stored(IEnumerable<ShelvedProfile> profiles) =>
        [.. profiles.Select(p => new StoredProfile(new StoredKey(p.Stage.Workflow, p.Stage.Name, p.NodeClass), p.Profile.ToBytes()))];

    private static ReadOnlyMemory<byte> Merge(StoredKey key, ReadOnlyMemory<byte>? stored, ReadOnlyMemory<byte> incoming)
    {
        if (stored is not { } before) return incoming;
        try
        {
            // What is added is older than what the store has seen happen: it goes underneath.
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

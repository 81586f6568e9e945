namespace Foreflow.Engine.Storage;

/// <summary>Whose profile: of a stage on a class of nodes.</summary>
/// <param name="Workflow">Name of the workflow.</param>
/// <param name="Stage">Name of the stage.</param>
/// <param name="NodeClass">Class of nodes; empty text for all.</param>
public readonly record struct ProfileKey(string Workflow, string Stage, string NodeClass);

/// <summary>A stored profile.</summary>
/// <param name="Key">Whose.</param>
/// <param name="Payload">Opaque to the store.</param>
public readonly record struct StoredProfile(ProfileKey Key, ReadOnlyMemory<byte> Payload);

/// <summary>Makes one profile of the stored one and a new one. Called within a transaction: must be quick, and must not call the store.</summary>
/// <param name="key">Whose.</param>
/// <param name="stored">What the store has; null when it has none.</param>
/// <param name="incoming">What is being saved.</param>
/// <returns>What the store keeps.</returns>
public delegate ReadOnlyMemory<byte> ProfileMerge(ProfileKey key, ReadOnlyMemory<byte>? stored, ReadOnlyMemory<byte> incoming);

/// <summary>The profile of every stage.</summary>
public interface IProfileStore
{
    /// <summary>Reads, merges and writes each profile, all in one transaction, so that several processes can save at once and nothing of either is lost.</summary>
    ValueTask MergeAsync(IReadOnlyList<StoredProfile> profiles, ProfileMerge merge, CancellationToken cancel = default);

    /// <summary>
    /// As <see cref="MergeAsync"/>, but no source twice: false, and nothing is stored, where profiles of this source were merged before.
    /// </summary>
    /// <param name="source">Whose profiles these are, like the hash of a file.</param>
    ValueTask<bool> MergeOnceAsync(string source, IReadOnlyList<StoredProfile> profiles, ProfileMerge merge, CancellationToken cancel = default);

    /// <summary>Every profile, by workflow, stage and node class.</summary>
    ValueTask<IReadOnlyList<StoredProfile>> LoadAsync(CancellationToken cancel = default);

    /// <summary>Forgets the profiles of a workflow; returns how many there were.</summary>
    ValueTask<int> DeleteAsync(string workflow, CancellationToken cancel = default);
}

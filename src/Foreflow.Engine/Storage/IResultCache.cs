using Foreflow.Core.Model;

namespace Foreflow.Engine.Storage;

/// <summary>What a task gave when it was last run with the same command, inputs and code.</summary>
/// <param name="Key">Hash over command, inputs and code version.</param>
/// <param name="Output">Its output, opaque to the store.</param>
/// <param name="ArtifactsPath">Folder of the files it left; null when it left none.</param>
/// <param name="At">When it was made.</param>
public sealed record CachedResult(string Key, ReadOnlyMemory<byte> Output, string? ArtifactsPath, Instant At);

/// <summary>Results to use again instead of running a task.</summary>
public interface IResultCache
{
    /// <summary>The result under a key; null when there is none.</summary>
    ValueTask<CachedResult?> FindAsync(string key, CancellationToken cancel = default);

    /// <summary>Keeps a result, in place of one with the same key.</summary>
    ValueTask PutAsync(CachedResult result, CancellationToken cancel = default);

    /// <summary>Takes away results made before <paramref name="before"/>, at most <paramref name="limit"/>, and returns them, oldest first.</summary>
    ValueTask<IReadOnlyList<CachedResult>> PruneAsync(Instant before, int limit, CancellationToken cancel = default);
}

namespace Foreflow.Engine.Storage;

/// <summary>Named pieces of bytes: fitted forecast models, arrival series.</summary>
public interface IBlobStore
{
    /// <summary>Keeps <paramref name="payload"/> under a kind and key, in place of what was there.</summary>
    ValueTask PutAsync(string kind, string key, ReadOnlyMemory<byte> payload, CancellationToken cancel = default);

    /// <summary>What is kept there; null when nothing is.</summary>
    ValueTask<ReadOnlyMemory<byte>?> FindAsync(string kind, string key, CancellationToken cancel = default);

    /// <summary>The keys of a kind, in order.</summary>
    ValueTask<IReadOnlyList<string>> ListAsync(string kind, CancellationToken cancel = default);

    /// <summary>Takes it away; whether it was there.</summary>
    ValueTask<bool> DeleteAsync(string kind, string key, CancellationToken cancel = default);
}

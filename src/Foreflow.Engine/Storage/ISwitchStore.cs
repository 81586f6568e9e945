namespace Foreflow.Engine.Storage;

/// <summary>What operators have set: the mode, pauses of automatic replication. Few and small.</summary>
public interface ISwitchStore
{
    /// <summary>Sets a switch.</summary>
    ValueTask SetAsync(string name, string value, CancellationToken cancel = default);

    /// <summary>Takes a switch away: its default holds again. Whether it was set.</summary>
    ValueTask<bool> RemoveAsync(string name, CancellationToken cancel = default);

    /// <summary>Every switch that is set.</summary>
    ValueTask<IReadOnlyDictionary<string, string>> LoadAsync(CancellationToken cancel = default);
}

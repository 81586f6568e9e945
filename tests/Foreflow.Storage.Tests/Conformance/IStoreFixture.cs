using Foreflow.Engine.Storage;

namespace Foreflow.Storage.Tests.Conformance;

/// <summary>An empty store for one test, which several processes may open.</summary>
public interface IStoreFixture : IAsyncDisposable
{
    /// <summary>Opens the store once more, as another process would. The test disposes it.</summary>
    Task<IStorage> OpenAsync();
}

/// <summary>What every fact about a store starts from.</summary>
public abstract class StoreFacts<TFixture> : IAsyncLifetime
    where TFixture : IStoreFixture, new()
{
    private readonly TFixture fixture = new();
    private readonly List<IStorage> opened = [];

    protected IStorage Store { get; private set; } = null!;

    public virtual async ValueTask InitializeAsync() => Store = await OpenAgainAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var storage in opened) await storage.DisposeAsync();
        await fixture.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected async Task<IStorage> OpenAgainAsync()
    {
        var storage = await fixture.OpenAsync();
        opened.Add(storage);
        return storage;
    }
}

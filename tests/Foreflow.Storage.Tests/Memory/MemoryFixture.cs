using Foreflow.Engine.Storage;
using Foreflow.Storage.Memory;
using Foreflow.Storage.Tests.Conformance;
using static Foreflow.Storage.Tests.Conformance.Samples;

namespace Foreflow.Storage.Tests.Memory;

/// <summary>The store that simulations use passes what the real ones pass.</summary>
public sealed class MemoryFixture : IStoreFixture
{
    private readonly MemoryDisk disk = new();

    public Task<IStorage> OpenAsync() => Task.FromResult<IStorage>(new MemoryStorage(disk));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public sealed class MemoryRunEvents : RunEventFacts<MemoryFixture>;

public sealed class MemoryRunLists : RunListFacts<MemoryFixture>;

public sealed class MemoryRunOwnership : RunOwnershipFacts<MemoryFixture>;

public sealed class MemoryJournals : JournalFacts<MemoryFixture>;

public sealed class MemorySmallStores : SmallStoreFacts<MemoryFixture>;

public sealed class MemoryFaultFacts
{
    [Fact]
    public async Task A_fault_before_a_write_stores_nothing_and_one_after_it_stores_all()
    {
        var disk = new MemoryDisk();
        static ValueTask Fail(string operation) => throw new StorageUnavailableException(operation, outcomeUnknown: true);
        await using var before = new MemoryStorage(disk, new MemoryFaults { Before = Fail });
        await using var after = new MemoryStorage(disk, new MemoryFaults { After = Fail });
        await Assert.ThrowsAsync<StorageUnavailableException>(async () => await before.Runs.AddAsync(Run("r1")));
        Assert.Equal(0, disk.EventCount);
        await Assert.ThrowsAsync<StorageUnavailableException>(async () => await after.Runs.AddAsync(Run("r1")));
        Assert.Equal(1, disk.EventCount);
    }

    [Fact]
    public async Task A_process_that_crashes_within_a_write_never_hears_of_it_and_its_owner_is_dead()
    {
        var disk = new MemoryDisk();
        MemoryStorage? process = null;
        process = new MemoryStorage(disk, new MemoryFaults
        {
            After = operation =>
            {
                if (operation == "Runs.Append") process!.Crash();
                return ValueTask.CompletedTask;
            },
        });
        await process.Ownership.AcquireAsync(new OwnerId("first"));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await process.Runs.AddAsync(Run("r1", owner: "first")));
        await using var next = new MemoryStorage(disk);
        Assert.Equal("r1", (await next.Ownership.ClaimOpenRunsAsync(new OwnerId("next"))).Single().Value);
    }
}

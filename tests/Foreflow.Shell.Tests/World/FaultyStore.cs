using Foreflow.Engine.Storage;
using Foreflow.Storage.Memory;

namespace Foreflow.Shell.Tests.World;

/// <summary>What is wrong with the store for a while.</summary>
internal enum StoreTrouble
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It writes nothing.</summary>
    Full,

    /// <summary>It cannot be reached.</summary>
    Away,

    /// <summary>Some writes are stored without an answer, some fail.</summary>
    Flaky,

    /// <summary>It takes seconds.</summary>
    Slow,
}

/// <summary>The faults of one process's way to the store.</summary>
internal static class FaultyStore
{
    public static MemoryFaults Of(EngineProcess process) => new()
    {
        Before = operation => BeforeAsync(process, operation),
        After = operation => AfterAsync(process, operation),
    };

    private static async ValueTask BeforeAsync(EngineProcess process, string operation)
    {
        var world = process.World;
        var dice = world.Chance.NextDouble();
        var seconds = world.Trouble == StoreTrouble.Slow ? 6 * dice * dice : dice < 0.7 ? 0 : 0.01 * dice;
        if (seconds > 0) await Task.Delay(TimeSpan.FromSeconds(seconds), process.Time);
        switch (world.Trouble)
        {
            case StoreTrouble.Full when IsWrite(operation): throw new StorageFullException("the simulated disk is full");
            case StoreTrouble.Away: throw new StorageUnavailableException("the simulated store is away");
            case StoreTrouble.Flaky when world.Chance.NextDouble() < 0.2: throw new StorageUnavailableException("the simulated store is shaky");
        }
    }

    private static async ValueTask AfterAsync(EngineProcess process, string operation)
    {
        var world = process.World;
        if (world.Chance.NextDouble() < 0.1) await Task.Delay(TimeSpan.FromMilliseconds(3 * world.Chance.NextDouble()), process.Time);
        if (world.Trouble == StoreTrouble.Flaky && world.Chance.NextDouble() < 0.2)
            throw new StorageUnavailableException("the simulated store did not answer", outcomeUnknown: true);
    }

    private static bool IsWrite(string operation) =>
        operation.EndsWith("Append", StringComparison.Ordinal) || operation.Contains("Merge", StringComparison.Ordinal)
        || operation.EndsWith("Put", StringComparison.Ordinal) || operation.EndsWith("Save", StringComparison.Ordinal) || operation.EndsWith("Set", StringComparison.Ordinal);
}

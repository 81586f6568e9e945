namespace Foreflow.Storage.Memory;

/// <summary>
/// What goes wrong, and when. Each hook is called with the operation's name (<c>Runs.Append</c>, <c>Profiles.Merge</c>, …), and may take simulated
/// time or throw, for example <see cref="Engine.Storage.StorageFullException"/>.
/// </summary>
public sealed record MemoryFaults
{
    /// <summary>No faults.</summary>
    public static readonly MemoryFaults None = new();

    /// <summary>Before the operation: when it throws, nothing was stored.</summary>
    public Func<string, ValueTask>? Before { get; init; }

    /// <summary>After the operation: when it throws, all was stored and the caller does not know it.</summary>
    public Func<string, ValueTask>? After { get; init; }
}

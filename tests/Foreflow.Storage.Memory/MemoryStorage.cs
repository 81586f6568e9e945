using System.Runtime.CompilerServices;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;

namespace Foreflow.Storage.Memory;

/// <summary>One process's way to a <see cref="MemoryDisk"/>. Disposing it, or <see cref="Crash"/>, is the end of the process: its owner is dead and every later call fails.</summary>
public sealed partial class MemoryStorage(MemoryDisk disk, MemoryFaults? faults = null) : IStorage
{
    private readonly MemoryFaults faults = faults ?? MemoryFaults.None;
    private readonly List<OwnerId> owners = [];
    private bool ended;

    public string Description => "memory";

    public IRunStore Runs => this;

    public IRunOwnership Ownership => this;

    public IJournalStore Journal => this;

    public IProfileStore Profiles => this;

    public IBlobStore Blobs => this;

    public IWorkflowStore Workflows => this;

    public ISwitchStore Switches => this;

    public IResultCache Results => this;

    public IGateStore Gates => this;

    /// <summary>Ends the process at once.</summary>
    public void Crash()
    {
        lock (disk.Gate)
        {
            ended = true;
            foreach (var owner in owners) disk.Alive.Remove(owner);
        }
    }

    public ValueTask DisposeAsync()
    {
        Crash();
        return ValueTask.CompletedTask;
    }

    /// <summary>One step of the store, with the faults around it.</summary>
    private async ValueTask<T> StepAsync<T>(string operation, Func<T> step)
    {
        if (faults.Before is { } before) await before(operation);
        T result;
        lock (disk.Gate)
        {
            ObjectDisposedException.ThrowIf(ended, this);
            result = step();
        }

        if (faults.After is { } after) await after(operation);
        // Whoever crashed in between never hears how it went.
        ObjectDisposedException.ThrowIf(ended, this);
        return result;
    }

    private static void Require(bool rule, string message)
    {
        if (!rule) throw new ArgumentException(message);
    }
}

using Foreflow.Cli.Presentation;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Engine;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Storage;
using Foreflow.Simulator;
using Microsoft.Extensions.Logging;

namespace Foreflow.Cli.Hosting;

/// <summary>Keeps the journal of a simulation in a data folder of its own, as a live engine keeps its.</summary>
public sealed class SimulatedJournal : IAsyncDisposable
{
    /// <summary>Records after which what was kept is written: some megabytes.</summary>
    private const int MostPending = 64;

    private static readonly TimeSpan DemandKept = TimeSpan.FromMinutes(1);

    private readonly ILoggerFactory _log = LoggerFactory.Create(b => b.AddConsole(c => c.LogToStandardErrorThreshold = LogLevel.Trace));
    private readonly IStorage _storage;
    private readonly PoolJournal _journal;
    private PoolState? _pool;
    private OutcomeBook? _outcomes;

    private SimulatedJournal(IStorage storage)
    {
        _storage = storage;
        _journal = new PoolJournal(storage.Journal, EngineNames.DefaultPool, _log.CreateLogger<SimulatedJournal>(), DemandKept);
    }

    /// <summary>Opens a journal in a new folder.</summary>
    /// <param name="folder">The folder; must not be there yet, or be empty.</param>
    /// <param name="start">When the simulation starts.</param>
    /// <param name="cancel">Stops opening.</param>
    /// <exception cref="UserErrorException">There is something in the folder already.</exception>
    public static async Task<SimulatedJournal> CreateAsync(string folder, Instant start, CancellationToken cancel)
    {
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            throw new UserErrorException($"--journal {folder}: there is something already; name a folder that is empty or not there yet");
        var journal = new SimulatedJournal(await DataFolder.OpenAsync(folder, apart: true));
        await journal._journal.OpenAsync([], start, cancel);
        return journal;
    }

    /// <summary>What the simulation tells.</summary>
    public SimulationTap Tap => new(pool => (_pool, _outcomes) = (pool, new OutcomeBook(pool)), Applied, Carried);

    /// <summary>The simulation is over: settles what is open and writes the rest.</summary>
    public async Task CompleteAsync()
    {
        _outcomes?.Close();
        Keep();
        await _journal.FlushAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _storage.DisposeAsync();
        _log.Dispose();
    }

    private void Applied(Core.Snapshot.JournalEvent happened)
    {
        _journal.Add(happened);
        _outcomes!.Applied(happened);
    }

    private void Carried(CyclePlan plan)
    {
        _journal.Add(plan, _pool!.Snapshot);
        _outcomes!.Carried(plan);
        Keep();
        // The simulation has one thread and nobody else waits for it.
        if (_journal.Pending >= MostPending) _journal.FlushAsync().AsTask().GetAwaiter().GetResult();
    }

    private void Keep() => _journal.Add(_outcomes?.Take() ?? []);
}

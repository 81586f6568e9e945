using Foreflow.Core.Model;
using Foreflow.Engine;
using Foreflow.Engine.Nodes;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Foreflow.Cli.Hosting;

/// <summary>An engine within this command: started, used, stopped.</summary>
public sealed class EngineSession : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly IStorage _storage;

    private EngineSession(IHost host, IStorage storage) => (_host, _storage) = (host, storage);

    /// <summary>What the command asks of the engine.</summary>
    public EngineClient Client => _host.Services.GetRequiredService<EngineClient>();

    /// <summary>What it carries on for engines that are no more.</summary>
    public TakeOver TakeOver => _host.Services.GetRequiredService<TakeOver>();

    /// <summary>What the engine has written.</summary>
    public IStorage Storage => _storage;

    /// <summary>Starts an engine on a data folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="pool">How its pool is run.</param>
    /// <param name="capacity">What it may use; null for the whole machine.</param>
    /// <param name="verbosity">Least level of what is logged to standard error.</param>
    /// <param name="cancel">Ends the start.</param>
    /// <param name="apart">True to keep everything in the folder, whatever the environment says.</param>
    public static async Task<EngineSession> StartAsync(string folder, PoolOptions pool, Resources? capacity, LogLevel verbosity, CancellationToken cancel, bool apart = false)
    {
        var storage = await DataFolder.OpenAsync(folder, apart);
        try
        {
            var owner = new OwnerId($"embedded-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..12]}");
            await storage.Ownership.AcquireAsync(owner, cancel);
            var builder = Host.CreateEmptyApplicationBuilder(null);
            builder.Logging.AddSimpleConsole(c => c.SingleLine = true).AddFilter("Orleans", LogLevel.Error).AddFilter("Microsoft", LogLevel.Error).SetMinimumLevel(verbosity);
            builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(c => c.LogToStandardErrorThreshold = LogLevel.Trace);
            builder.Services.AddSingleton(storage);
            builder.AddEmbeddedEngine(new EngineOptions
            {
                Identity = new EngineIdentity(owner, Environment.MachineName, folder),
                Node = new NodeOptions { Capacity = capacity ?? NodeOptions.WholeMachine(), MemoryPressureFile = MemoryPressureFile.Path },
                Pool = pool,
            });
            var host = builder.Build();
            await host.StartAsync(cancel);
            return new EngineSession(host, storage);
        }
        catch
        {
            await storage.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using (var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20)))
        {
            try
            {
                await _host.StopAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                // A silo that does not stop in time is ended with the process; what was acknowledged is on disk.
            }
        }

        if (_host is IAsyncDisposable host) await host.DisposeAsync();
        await _storage.DisposeAsync();
    }
}

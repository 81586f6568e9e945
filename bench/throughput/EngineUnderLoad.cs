using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows;
using Foreflow.Engine;
using Foreflow.Engine.Nodes;
using Foreflow.Engine.Storage;
using Foreflow.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Foreflow.Bench.Throughput;

/// <summary>An engine in this process, on a store of its own, as the command has it.</summary>
internal sealed class EngineUnderLoad : IAsyncDisposable
{
    private readonly IHost _host;

    private EngineUnderLoad(IHost host, IStorage storage) => (_host, Storage) = (host, storage);

    public IStorage Storage { get; }

    public EngineClient Client => _host.Services.GetRequiredService<EngineClient>();

    public TakeOver TakeOver => _host.Services.GetRequiredService<TakeOver>();

    /// <param name="folder">The data folder.</param>
    /// <param name="storage">A store; null for SQLite in the folder.</param>
    /// <param name="handlers">The host's handlers.</param>
    /// <param name="capacity">What the node offers; null for the whole machine.</param>
    public static async Task<EngineUnderLoad> StartAsync(string folder, IStorage? storage = null, HandlerRegistry? handlers = null, Resources? capacity = null)
    {
        storage ??= SqliteStorage.Open(new SqliteOptions { Folder = folder });
        var owner = new OwnerId($"bench-{Environment.ProcessId}");
        await storage.Ownership.AcquireAsync(owner);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.Services.AddSingleton(storage);
        builder.Services.AddSingleton(handlers ?? Noop());
        builder.AddEmbeddedEngine(new EngineOptions
        {
            Identity = new EngineIdentity(owner, "bench", folder),
            Node = new NodeOptions { Capacity = capacity ?? NodeOptions.WholeMachine() },
        });
        var host = builder.Build();
        await host.StartAsync();
        return new EngineUnderLoad(host, storage);
    }

    public static HandlerRegistry Noop() => new HandlerRegistry().Add("noop", static (_, _) => ValueTask.FromResult<string?>(null));

    /// <summary>A chain of stages that do nothing.</summary>
    public static WorkflowDefinition Chain(int stages)
    {
        var builder = Workflow.Create($"chain-{stages}");
        for (var i = 0; i < stages; i++)
        {
            var previous = i - 1;
            builder.Stage($"s{i}", s => _ = previous < 0 ? s.Handler("noop") : s.Handler("noop").Needs($"s{previous}"));
        }

        return builder.Build();
    }

    public ValueTask<RunId> SubmitAsync(WorkflowDefinition workflow) => Client.SubmitAsync(workflow, ImmutableDictionary<string, JsonElement>.Empty, null);

    /// <summary>Runs to their ends, so many at a time.</summary>
    public async Task<Cost> RunToEndAsync(WorkflowDefinition workflow, int runs, int open)
    {
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        using var slots = new SemaphoreSlim(open);
        var failed = 0;
        for (var i = 0; i < runs; i++)
        {
            await slots.WaitAsync();
            _ = OneAsync();
        }

        for (var i = 0; i < open; i++) await slots.WaitAsync();
        if (failed > 0) throw new InvalidOperationException($"{failed} runs did not succeed");
        return new Cost(runs * workflow.Stages.Length, clock.Elapsed.TotalSeconds, (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds);

        async Task OneAsync()
        {
            try
            {
                var view = await Client.WaitForEndAsync(await SubmitAsync(workflow));
                if (view.Phase != Core.Runs.RunPhase.Succeeded) Interlocked.Increment(ref failed);
            }
            catch (Exception e)
            {
                Console.Error.WriteLine(e.Message);
                Interlocked.Increment(ref failed);
            }
            finally
            {
                slots.Release();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        await Storage.DisposeAsync();
    }
}

/// <summary>What a number of stages took.</summary>
internal readonly record struct Cost(int Stages, double Seconds, double CpuSeconds)
{
    public double StagesPerSecond => Stages / Seconds;

    public double MicrosecondsAStage => Seconds / Stages * 1e6;

    public double CpuMicrosecondsAStage => CpuSeconds / Stages * 1e6;
}

/// <summary>A folder that is gone afterwards.</summary>
internal sealed class Scratch : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("foreflow-bench-").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

/// <summary>Memory of this process as the kernel counts it.</summary>
internal static class Resident
{
    public static long Megabytes => Of("VmRSS:");

    public static long HighestMegabytes => Of("VmHWM:");

    private static long Of(string field) => long.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith(field, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2],
        System.Globalization.CultureInfo.InvariantCulture) >> 10;
}

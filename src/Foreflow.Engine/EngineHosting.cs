using System.Net;
using System.Net.Sockets;
using Foreflow.Engine.Execution;
using Foreflow.Engine.Nodes;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Storage;
using Foreflow.Engine.Switching;
using Foreflow.Engine.Workflows;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Serialization;

namespace Foreflow.Engine;

/// <summary>What an engine process is made of.</summary>
public sealed record EngineOptions
{
    /// <summary>Who it is.</summary>
    public required EngineIdentity Identity { get; init; }

    /// <summary>What it offers as a node.</summary>
    public required NodeOptions Node { get; init; }

    /// <summary>How its pool is run.</summary>
    public PoolOptions Pool { get; init; } = new();
}

/// <summary>Adds the engine to a host: one silo, with everything it needs but a store.</summary>
public static class EngineHosting
{
    /// <summary>Adds an engine that is a cluster of its own within this process. The host adds an <see cref="IStorage"/>.</summary>
    public static IHostApplicationBuilder AddEmbeddedEngine(this IHostApplicationBuilder builder, EngineOptions options)
    {
        builder.UseOrleans(silo =>
        {
            var (siloPort, gatewayPort) = FreeLoopbackPorts();
            silo.UseLocalhostClustering(siloPort, gatewayPort, serviceId: "foreflow", clusterId: options.Identity.Owner.Value);
            // Only this process talks to the silo: it binds to loopback and to no other address.
            silo.Configure<EndpointOptions>(e =>
            {
                e.AdvertisedIPAddress = IPAddress.Loopback;
                e.SiloListeningEndpoint = new IPEndPoint(IPAddress.Loopback, siloPort);
                e.GatewayListeningEndpoint = new IPEndPoint(IPAddress.Loopback, gatewayPort);
            });
            silo.Configure<SiloMessagingOptions>(m => m.ResponseTimeout = TimeSpan.FromSeconds(60));
            // Where grains were is remembered for a million of them by default: for every run of the last hours.
            silo.Configure<GrainDirectoryOptions>(d => d.CacheSize = 65_536);
            silo.Configure<GrainCollectionOptions>(c => c.CollectionAge = TimeSpan.FromMinutes(10));
        });
        builder.Services.AddEngine(options);
        return builder;
    }

    private static void AddEngine(this IServiceCollection services, EngineOptions options)
    {
        services.AddSerializer(s => s.AddJsonSerializer(type => type.Namespace?.StartsWith("Foreflow.Core", StringComparison.Ordinal) == true));
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options.Identity);
        services.AddSingleton(options.Node);
        services.AddSingleton(options.Pool);
        services.AddSingleton(s => s.GetRequiredService<IStorage>().Workflows);
        services.AddSingleton<DefinitionCache>();
        services.AddSingleton<NodeDirectory>();
        services.TryAddSingleton<HandlerRegistry>();
        services.AddSingleton<INodeRunner>(s => new NodeRunner(
            RunnerOptions(options),
            s.GetRequiredService<TimeProvider>(), message => Report(s, message)));
        services.AddSingleton<NodeAgent>();
        services.AddSingleton<EngineClient>();
        // After the silo: what is started last is stopped first.
        services.AddHostedService(s => s.GetRequiredService<NodeAgent>());
        // Before runs are taken over: a run that was paused or cancelled meanwhile does not start again first.
        services.AddSingleton<SwitchBoard>();
        services.AddHostedService(s => s.GetRequiredService<SwitchBoard>());
        services.AddSingleton<TakeOver>();
        services.AddHostedService(s => s.GetRequiredService<TakeOver>());
    }

    private static NodeRunnerOptions RunnerOptions(EngineOptions options)
    {
        var runner = new NodeRunnerOptions { DataFolder = options.Identity.DataFolder, Engine = options.Identity.Owner.Value, SamplePeriod = options.Node.SamplePeriod };
        return options.Node.MemoryPressureFile is { } file ? runner with { MemoryPressureFile = file } : runner;
    }

    private static void Report(IServiceProvider services, string message) => services.GetRequiredService<ILogger<NodeRunner>>().LogWarning("{Message}", message);

    /// <summary>Two free ports of the loopback address. They are taken again a moment later: the silo says so if somebody was faster.</summary>
    private static (int Silo, int Gateway) FreeLoopbackPorts()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }
}

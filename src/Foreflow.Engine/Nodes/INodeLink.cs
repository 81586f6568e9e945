using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Engine.Runs;
using Orleans.Concurrency;

namespace Foreflow.Engine.Nodes;

/// <summary>An attempt to carry out: everything is decided.</summary>
[GenerateSerializer, Immutable]
public sealed record AttemptStart
{
    /// <summary>The run.</summary>
    [Id(0)] public required string Run { get; init; }

    /// <summary>The attempt.</summary>
    [Id(1)] public required AttemptPlace Place { get; init; }

    /// <summary>Name of the workflow.</summary>
    [Id(2)] public required string Workflow { get; init; }

    /// <summary>Version of the workflow.</summary>
    [Id(3)] public required string Version { get; init; }

    /// <summary>Pool that placed it.</summary>
    [Id(4)] public required string Pool { get; init; }

    /// <summary>Folder its command starts in; null: the engine's own.</summary>
    [Id(5)] public string? Folder { get; init; }

    /// <summary>The task's input as JSON.</summary>
    [Id(6)] public required string InputJson { get; init; }

    /// <summary>What the stage's <c>env:</c> names.</summary>
    [Id(7)] public ImmutableArray<KeyValuePair<string, string>> Environment { get; init; } = [];
}

/// <summary>A replica to start: everything is decided.</summary>
[GenerateSerializer, Immutable]
public sealed record ReplicaOrder(
    [property: Id(0)] long Replica,
    [property: Id(1)] string Workflow,
    [property: Id(2)] string Version,
    [property: Id(3)] int Stage,
    [property: Id(4)] string Pool,
    [property: Id(5)] Resources Granted,
    [property: Id(6)] string? Folder,
    [property: Id(7)] long Generation);

/// <summary>What a pool or a run tells a node. The node chooses nothing; it rejects plans older than one it has seen.</summary>
public interface INodeLink : IGrainObserver
{
    /// <summary>Carries an attempt out.</summary>
    [OneWay]
    Task Start(AttemptStart start);

    /// <summary>Stops an attempt for a cause; nothing happens where it is over.</summary>
    [OneWay]
    Task Stop(string run, AttemptKey key, AttemptCause cause);

    /// <summary>Has an attempt stand still where it is, or go on; nothing happens where it is over.</summary>
    [OneWay]
    Task SetFrozen(string run, AttemptKey key, bool frozen);

    /// <summary>Starts a replica.</summary>
    [OneWay]
    Task StartReplica(ReplicaOrder order);

    /// <summary>Lets a replica finish what it has, then stops it.</summary>
    [OneWay]
    Task DrainReplica(long replica, long generation);
}

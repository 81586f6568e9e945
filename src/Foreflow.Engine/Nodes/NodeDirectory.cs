using System.Collections.Concurrent;
using Foreflow.Core.Model;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Runs;
using Microsoft.Extensions.Logging;

namespace Foreflow.Engine.Nodes;

/// <summary>
/// Where nodes are reached from this silo: the node of this very process without a message, all others by their link.
/// </summary>
public sealed class NodeDirectory(IGrainFactory grains, ILogger<NodeDirectory> log)
{
    private readonly ConcurrentDictionary<string, INodeLink> _links = new(StringComparer.Ordinal);
    private NodeAgent? _local;

    /// <summary>Makes the node of this process known.</summary>
    public void ConnectLocal(NodeAgent agent) => _local = agent;

    /// <summary>Makes a node known.</summary>
    public void Connect(string node, INodeLink link) => _links[node] = link;

    /// <summary>Forgets a node.</summary>
    public void Disconnect(string node) => _links.TryRemove(node, out _);

    /// <summary>Whether a node is that of this very process: it lives as long as whoever asks.</summary>
    public bool IsLocal(string node) => _local is { } local && local.Node == node;

    /// <summary>Has an attempt carried out.</summary>
    public async ValueTask Start(AttemptStart start)
    {
        var node = start.Place.Node;
        if (Find(node) is { } link) await link.Start(start);
        else await Refuse(start.Place, new RunId(start.Run), start.Pool, $"node {node} cannot be reached", AttemptCause.NodeLost);
    }

    /// <summary>Ends an attempt that cannot even be started, in the way in which a node would have.</summary>
    public async ValueTask Refuse(AttemptPlace place, RunId run, string pool, string error, AttemptCause cause = AttemptCause.StartFailed)
    {
        await grains.GetGrain<IPoolGrain>(pool).Report(new NodeReport { Node = place.Node, Ended = [new EndedAttempt(place.Ticket, cause, null)] });
        // Not awaited: the run itself may be the caller.
        grains.GetGrain<IRunGrain>(run.Value).Finished(new AttemptReport(place.Key, cause, Error: error)).Ignore();
    }

    /// <summary>Ends an attempt whose output is known already. To the pool it is one that was called off: nothing can be learnt from it.</summary>
    public async ValueTask Answer(AttemptPlace place, RunId run, string pool, string output)
    {
        await grains.GetGrain<IPoolGrain>(pool).Report(new NodeReport { Node = place.Node, Ended = [new EndedAttempt(place.Ticket, AttemptCause.Cancelled, null)] });
        // Not awaited: the run itself is the caller.
        grains.GetGrain<IRunGrain>(run.Value).Finished(new AttemptReport(place.Key, AttemptCause.Succeeded, output, Cached: true)).Ignore();
    }

    /// <summary>Tells the pool that a second attempt is not started: its task has no use for it any more. The run knows.</summary>
    public void Decline(AttemptPlace place, string pool) =>
        grains.GetGrain<IPoolGrain>(pool).Report(new NodeReport { Node = place.Node, Ended = [new EndedAttempt(place.Ticket, AttemptCause.Superseded, null)] }).Ignore();

    /// <summary>Stops an attempt.</summary>
    public void Stop(string node, string run, AttemptKey key, AttemptCause cause) => Tell(node, link => link.Stop(run, key, cause));

    /// <summary>Has an attempt stand still, or go on.</summary>
    public void SetFrozen(string node, string run, AttemptKey key, bool frozen) => Tell(node, link => link.SetFrozen(run, key, frozen));

    /// <summary>Starts a replica.</summary>
    public void StartReplica(string node, ReplicaOrder order) => Tell(node, link => link.StartReplica(order));

    /// <summary>Drains a replica.</summary>
    public void DrainReplica(string node, long replica, long generation) => Tell(node, link => link.DrainReplica(replica, generation));

    private void Tell(string node, Func<INodeLink, Task> what)
    {
        if (Find(node) is { } link) what(link).Ignore();
        else log.LogWarning("node {Node} cannot be reached", node);
    }

    private INodeLink? Find(string node) => IsLocal(node) ? _local : _links.GetValueOrDefault(node);
}

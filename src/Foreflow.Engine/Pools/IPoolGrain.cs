using Foreflow.Engine.Runs;
using Orleans.Concurrency;

namespace Foreflow.Engine.Pools;

/// <summary>A pool of nodes that are planned together. Its key is the pool's name.</summary>
public interface IPoolGrain : IGrainWithStringKey
{
    /// <summary>A run tells what came of it. Returns the places of attempts that start at once; others follow by <see cref="IRunGrain.Placed"/>.</summary>
    Task<AttemptPlaces> Handle(RunMessage message);

    /// <summary>A node offers itself; offering again is how it comes back.</summary>
    Task Join(NodeOffer offer);

    /// <summary>A node tells what happened on it.</summary>
    [OneWay]
    Task Report(NodeReport report);

    /// <summary>Stops or resumes automatic replication, of one stage, of a workflow's (null) or of the whole pool (both null). Asking again changes nothing.</summary>
    Task PauseReplication(string? workflow, string? stage, bool paused);

    /// <summary>The pool as it is.</summary>
    Task<PoolView> View();

    /// <summary>Writes what is still to be written; called before the engine stops.</summary>
    Task Flush();
}

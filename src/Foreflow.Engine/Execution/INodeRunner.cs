using Foreflow.Core.Model;

namespace Foreflow.Engine.Execution;

/// <summary>Carries out orders on one node. It decides nothing, so that the shell above it is the same over real processes and over simulated ones.</summary>
public interface INodeRunner
{
    /// <summary>Tells of every round of sampling; whoever listens must not block for long.</summary>
    event Action<NodeSamples>? Sampled;

    /// <summary>Starts an attempt. Returns at once; a start that fails is told by the outcome.</summary>
    IAttemptHandle Start(AttemptOrder order);

    /// <summary>Starts a worker. Returns at once; a start that fails is told by its end.</summary>
    IWorkerHandle StartWorker(WorkerOrder order);

    /// <summary>Finds and kills what engines of the same data folder that are no more have left running. To be awaited before any of their tasks runs again.</summary>
    /// <param name="isAlive">Whether the engine of a name is alive; never asked of this one.</param>
    Task<LeftoversReport> EndLeftoversAsync(Func<string, ValueTask<bool>> isAlive);

    /// <summary>Ends everything, and waits until it is gone.</summary>
    /// <param name="cause">The cause that the attempts under way get.</param>
    /// <param name="grace">How long they have; zero to kill at once.</param>
    Task StopAllAsync(AttemptCause cause, TimeSpan grace);
}

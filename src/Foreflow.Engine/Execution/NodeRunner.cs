using System.Collections.Concurrent;
using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Engine.Execution.Groups;
using Foreflow.Engine.Execution.Processes;
using Foreflow.Engine.Execution.Workers;
using Foreflow.Engine.Sampling;

namespace Foreflow.Engine.Execution;

/// <summary>
/// Carries out orders on one node: starts attempts and workers, samples and limits them, ends them. It decides nothing.
/// One an engine process; several engines may share a data folder.
/// </summary>
public sealed class NodeRunner : IAsyncDisposable
{
    private readonly NodeRunnerOptions options;
    private readonly ProcessHost host;
    private readonly ConcurrentDictionary<RunningAttempt, byte> attempts = new();
    private readonly ConcurrentDictionary<RunningWorker, byte> workers = new();
    private readonly FreePorts ports = new();
    private readonly Action<NodeSamples>? sampled;
    private readonly NodeUsageReader node = NodeUsageReader.ForThisMachine();
    private readonly PeriodicTimer rounds;
    private readonly Task sampling;

    /// <summary>Gets ready; starts nothing.</summary>
    /// <param name="options">How to carry out orders.</param>
    /// <param name="time">The clock of timeouts, graces and samples.</param>
    /// <param name="sampled">Told of every round of sampling, on a thread of the pool; must not block for long.</param>
    /// <param name="report">Told of what is wrong but ends no attempt, for the log; null to ignore.</param>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public NodeRunner(NodeRunnerOptions options, TimeProvider? time = null, Action<NodeSamples>? sampled = null, Action<string>? report = null)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("Stages that are processes run on Linux only; on Windows or macOS use a container or WSL.");
        this.options = options;
        host = new(options.Owner, options.Engine, options.Grouping, time ?? TimeProvider.System, report ?? (static _ => { }));
        this.sampled = sampled;
        rounds = new(options.SamplePeriod, host.Time);
        sampling = SampleAsync();
    }

    internal ProcessHost Host => host;

    /// <summary>The attempts that run now, in no order.</summary>
    public IReadOnlyCollection<RunningAttempt> Attempts => [.. attempts.Keys];

    /// <summary>The workers that run now, in no order.</summary>
    public IReadOnlyCollection<RunningWorker> Workers => [.. workers.Keys];

    /// <summary>Finds and kills what engines of the same data folder that are no more have left running. To be awaited before any of their tasks runs again.</summary>
    /// <param name="isAlive">Whether the engine of a name is alive; never asked of this one.</param>
    public Task<LeftoversReport> EndLeftoversAsync(Func<string, ValueTask<bool>> isAlive) => Leftovers.EndAsync(host, isAlive);

    /// <summary>Starts an attempt. Returns at once; a start that fails is told by the outcome.</summary>
    public RunningAttempt Start(AttemptOrder order)
    {
        var attempt = new RunningAttempt(host, options, order);
        attempts[attempt] = 0;
        _ = ForgetAsync(attempt);
        return attempt;
    }

    /// <summary>Starts a worker. Returns at once; a start that fails is told by its end.</summary>
    public RunningWorker StartWorker(WorkerOrder order)
    {
        var worker = new RunningWorker(host, options, order, ports);
        workers[worker] = 0;
        _ = ForgetAsync(worker);
        return worker;
    }

    /// <summary>Ends everything, and waits until it is gone.</summary>
    /// <param name="cause">The cause that the attempts under way get.</param>
    /// <param name="grace">How long they have; zero to kill at once.</param>
    public async Task StopAllAsync(AttemptCause cause, TimeSpan grace)
    {
        var (ofAttempts, ofWorkers) = (Attempts, Workers);
        foreach (var attempt in ofAttempts) attempt.End(cause, grace);
        foreach (var worker in ofWorkers) worker.Stop(cause, grace);
        await Task.WhenAll([.. ofAttempts.Select(attempt => (Task)attempt.Completion), .. ofWorkers.Select(worker => worker.Ended)]).ConfigureAwait(false);
    }

    /// <summary>Kills what still runs and takes the control groups away.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAllAsync(AttemptCause.Cancelled, TimeSpan.Zero).ConfigureAwait(false);
        rounds.Dispose();
        await sampling.ConfigureAwait(false);
        node.Dispose();
        host.Dispose();
    }

    /// <summary>Samples everything once, now.</summary>
    internal NodeSamples SampleAll()
    {
        var ofAttempts = ImmutableArray.CreateBuilder<(AttemptId, UsageSample, Resources)>();
        var ofWorkers = ImmutableArray.CreateBuilder<(ReplicaId, UsageSample)>();
        var cpu = host.EndedCpuSeconds;
        long memory = 0;
        foreach (var (attempt, _) in attempts)
        {
            if (attempt.Sample() is not { } sample) continue;
            ofAttempts.Add((attempt.Attempt, sample.Usage, sample.Peak));
            Add(sample.Usage);
        }

        foreach (var (worker, _) in workers)
        {
            if (worker.Sample() is not { } sample) continue;
            ofWorkers.Add((worker.Replica, sample.Usage));
            Add(sample.Usage);
        }

        return new(node.Read(host.Now, cpu, memory), ofAttempts.DrainToImmutable(), ofWorkers.DrainToImmutable());

        void Add(in UsageSample sample)
        {
            cpu += sample.CpuSeconds ?? 0;
            memory += sample.MemoryBytes ?? 0;
        }
    }

    private async Task SampleAsync()
    {
        while (await rounds.WaitForNextTickAsync().ConfigureAwait(false))
        {
            var samples = SampleAll();
            try
            {
                sampled?.Invoke(samples);
            }
            catch (Exception e)
            {
                // Whoever listens must not stop the sampling.
                host.Report($"the receiver of samples failed: {e.Message}");
            }
        }
    }

    private async Task ForgetAsync(RunningAttempt attempt)
    {
        await attempt.Completion.ConfigureAwait(false);
        attempts.TryRemove(attempt, out _);
    }

    private async Task ForgetAsync(RunningWorker worker)
    {
        await worker.Ended.ConfigureAwait(false);
        workers.TryRemove(worker, out _);
    }
}

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
public sealed class NodeRunner : INodeRunner, IAsyncDisposable
{
    private readonly NodeRunnerOptions options;
    private readonly ProcessHost host;
    private readonly ConcurrentDictionary<RunningAttempt, byte> attempts = new();
    private readonly ConcurrentDictionary<RunningWorker, byte> workers = new();
    private readonly FreePorts ports = new();
    private readonly NodeUsageReader node;
    private readonly PeriodicTimer rounds;
    private readonly Task sampling;

    /// <summary>Gets ready; starts nothing.</summary>
    /// <param name="options">How to carry out orders.</param>
    /// <param name="time">The clock of timeouts, graces and samples.</param>
    /// <param name="report">Told of what is wrong but ends no attempt, for the log; null to ignore.</param>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public NodeRunner(NodeRunnerOptions options, TimeProvider? time = null, Action<string>? report = null)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("Stages that are processes run on Linux only; on Windows or macOS use a container or WSL.");
        this.options = options;
        host = new(options.Owner, options.Engine, options.Grouping, time ?? TimeProvider.System, report ?? (static _ => { }));
        node = NodeUsageReader.ForThisMachine(options.MemoryPressureFile);
        rounds = new(options.SamplePeriod, host.Time);
        sampling = SampleAsync();
    }

    /// <inheritdoc/>
    public event Action<NodeSamples>? Sampled;

    internal ProcessHost Host => host;

    internal NodeRunnerOptions Options => options;

    /// <summary>The attempts that run now, in no order.</summary>
    public IReadOnlyCollection<RunningAttempt> Attempts => [.. attempts.Keys];

    /// <summary>The workers that run now, in no order.</summary>
    public IReadOnlyCollection<RunningWorker> Workers => [.. workers.Keys];

    /// <inheritdoc/>
    public Task<LeftoversReport> EndLeftoversAsync(Func<string, ValueTask<bool>> isAlive) => Leftovers.EndAsync(host, isAlive);

    /// <inheritdoc cref="INodeRunner.Start"/>
    public RunningAttempt Start(AttemptOrder order)
    {
        var attempt = new RunningAttempt(host, options, order);
        attempts[attempt] = 0;
        _ = ForgetAsync(attempt);
        return attempt;
    }

    IAttemptHandle INodeRunner.Start(AttemptOrder order) => Start(order);

    /// <inheritdoc cref="INodeRunner.StartWorker"/>
    public RunningWorker StartWorker(WorkerOrder order)
    {
        var worker = new RunningWorker(host, options, order, ports);
        workers[worker] = 0;
        _ = ForgetAsync(worker);
        return worker;
    }

    IWorkerHandle INodeRunner.StartWorker(WorkerOrder order) => StartWorker(order);

    /// <inheritdoc/>
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
                Sampled?.Invoke(samples);
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

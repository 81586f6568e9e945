using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Workflows;
using Foreflow.Engine.Execution;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Runs;
using Foreflow.Engine.Workflows;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Foreflow.Engine.Nodes;

/// <summary>
/// The node of this process: offers it to the pool, carries attempts and replicas out, reports what happened, at once when
/// something ended and once a second. Decides nothing.
/// </summary>
public sealed class NodeAgent : IHostedService, INodeLink, IDisposable
{
    private readonly IGrainFactory _grains;
    private readonly DefinitionCache _definitions;
    private readonly HandlerRegistry _handlers;
    private readonly NodeDirectory _directory;
    private readonly EngineIdentity _identity;
    private readonly NodeOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<NodeAgent> _log;
    private readonly INodeRunner _runner;
    private readonly NodeReporter _reporter;
    private readonly ConcurrentDictionary<(string Run, AttemptKey Key), Action<AttemptCause>> _running = new();
    private readonly ConcurrentDictionary<(string Run, AttemptKey Key), IAttemptHandle> _freezable = new();
    private readonly RunningPeaks _peaks = new();
    private readonly ReplicaHost _replicas;
    private readonly CancellationTokenSource _stopping = new();
    private Task _heartbeat = Task.CompletedTask;
    private Resources? _usedByOthers;
    private double? _memoryPressurePercent;

    /// <summary>The node of this process.</summary>
    public NodeAgent(
        IGrainFactory grains, DefinitionCache definitions, HandlerRegistry handlers, NodeDirectory directory, INodeRunner runner,
        EngineIdentity identity, NodeOptions options, TimeProvider time, ILogger<NodeAgent> log)
    {
        (_grains, _definitions, _handlers, _directory, _runner, _identity, _options, _time, _log) = (grains, definitions, handlers, directory, runner, identity, options, time, log);
        _runner.Sampled += OnSampled;
        _reporter = new NodeReporter(grains, options.Pool, identity.Node, log);
        _replicas = new ReplicaHost(_runner, identity, options, _reporter, log);
    }

    /// <summary>Name of the node.</summary>
    public string Node => _identity.Node;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancel)
    {
        _directory.ConnectLocal(this);
        var link = _grains.CreateObjectReference<INodeLink>(this);
        var offer = new NodeOffer(Node, _options.Capacity, _options.NodeClass, link);
        await _grains.GetGrain<IPoolGrain>(_options.Pool).Join(offer);
        _heartbeat = BeatAsync(offer);
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancel)
    {
        await _stopping.CancelAsync();
        await _heartbeat;
        await _replicas.StopAllAsync();
        await _runner.StopAllAsync(AttemptCause.Preempted, _options.StopGrace);
        try
        {
            await _grains.GetGrain<IPoolGrain>(_options.Pool).Flush();
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            _log.LogWarning("the pool could not be asked to write its last second: {Reason}", e.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _runner.Sampled -= OnSampled;
        _stopping.Dispose();
    }

    /// <inheritdoc/>
    public async Task Start(AttemptStart start)
    {
        var definition = _definitions.Find(start.Workflow, start.Version) ?? await _definitions.GetAsync(start.Workflow, start.Version);
        var stage = definition.Stages[start.Place.Key.Stage];
        switch (stage.Body)
        {
            case HandlerBody body: _ = Task.Factory.StartNew(() => HandleAsync(start, stage, body), CancellationToken.None, TaskCreationOptions.DenyChildAttach, _options.HandlerScheduler); break;
            case WorkerBody: _ = ServeAsync(start, stage); break;
            default: _ = RunAsync(start, stage); break;
        }
    }

    /// <inheritdoc/>
    public Task Stop(string run, AttemptKey key, AttemptCause cause)
    {
        if (_running.TryGetValue((run, key), out var stop)) stop(cause);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task SetFrozen(string run, AttemptKey key, bool frozen)
    {
        if (!_freezable.TryGetValue((run, key), out var attempt)) return Task.CompletedTask;
        // Where the host cannot freeze, its processors come free only by stopping it: it waits again.
        if (!attempt.SetFrozen(frozen) && frozen) attempt.End(AttemptCause.Preempted);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StartReplica(ReplicaOrder order)
    {
        var definition = _definitions.Find(order.Workflow, order.Version) ?? await _definitions.GetAsync(order.Workflow, order.Version);
        _replicas.Start(order, definition);
    }

    /// <inheritdoc/>
    public Task DrainReplica(long replica, long generation)
    {
        _replicas.Drain(replica);
        return Task.CompletedTask;
    }

    private async Task HandleAsync(AttemptStart start, StageDefinition stage, HandlerBody body)
    {
        var key = start.Place.Key;
        using var cancel = new CancellationTokenSource(stage.Timeout ?? Timeout.InfiniteTimeSpan, _time);
        AttemptCause? stopped = null;
        _running[(start.Run, key)] = cause =>
        {
            stopped = cause;
            cancel.Cancel();
        };
        var began = _time.GetTimestamp();
        AttemptReport report;
        try
        {
            var handler = _handlers.Find(body.Name) ?? throw new InvalidOperationException($"this host has no handler '{body.Name}'");
            var output = await handler(new HandlerContext(new RunId(start.Run), stage.Name, key.Task, key.Attempt, start.InputJson), cancel.Token);
            report = new AttemptReport(key, AttemptCause.Succeeded, output, Usage: new AttemptUsage { WallTime = _time.GetElapsedTime(began) });
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            report = new AttemptReport(key, stopped ?? AttemptCause.Timeout, Usage: new AttemptUsage { WallTime = _time.GetElapsedTime(began) });
        }
        catch (Exception e)
        {
            // A handler is somebody else's code: whatever it throws is the end of its attempt and of nothing more.
            report = new AttemptReport(key, _handlers.Find(body.Name) is null ? AttemptCause.StartFailed : AttemptCause.ExitCode, Error: e.Message, Usage: new AttemptUsage { WallTime = _time.GetElapsedTime(began) });
        }

        Finish(start, report);
    }

    private async Task RunAsync(AttemptStart start, StageDefinition stage)
    {
        var place = start.Place;
        var folder = AttemptFolders.Attempt(_identity.DataFolder, start.Run, stage.Name, place.Key);
        var attempt = _runner.Start(new AttemptOrder
        {
            Attempt = new AttemptId(new TaskId(new RunId(start.Run), stage.Name, place.Key.Task), place.Key.Attempt),
            Command = new StageCommand.Script(((RunBody)stage.Body).Script),
            WorkingFolder = start.Folder ?? _identity.DataFolder,
            AttemptFolder = folder,
            RunFolder = AttemptFolders.Work(_identity.DataFolder, start.Run),
            Environment = start.Environment.ToImmutableDictionary(StringComparer.Ordinal),
            InputJson = start.InputJson,
            InputBytes = start.InputJson.Length,
            Outputs = stage.Outputs,
            Limits = LimitsOf(stage, place),
            Granted = new Resources(place.CpuMillicores, place.MemoryBytes),
            Timeout = stage.Timeout,
            IdempotencyKey = string.Create(CultureInfo.InvariantCulture, $"{start.Run}/{stage.Name}/{place.Key.Task}"),
        });
        _running[(start.Run, place.Key)] = cause => attempt.End(cause);
        _freezable[(start.Run, place.Key)] = attempt;
        _peaks.Begin(attempt.Attempt, place.Ticket);
        var outcome = await attempt.Completion;
        _peaks.End(attempt.Attempt);
        Finish(start, ReportOf(place.Key, outcome), outcome.StartUp);
    }

    private async Task ServeAsync(AttemptStart start, StageDefinition stage)
    {
        var (outcome, stop) = _replicas.Serve(start, stage);
        _running[(start.Run, start.Place.Key)] = stop;
        Finish(start, ReportOf(start.Place.Key, await outcome));
    }

    /// <summary>CPU is limited where the file insists only: shares of a core can be lent.</summary>
    private static ProcessLimits LimitsOf(StageDefinition stage, AttemptPlace place) => new(
        place.LimitMemory ? place.MemoryBytes : null,
        stage is { ResourcesFixed: true, Resources.CpuMillicores: > 0 } ? place.CpuMillicores / 1000.0 : null);

    private static AttemptReport ReportOf(AttemptKey key, AttemptOutcome outcome) => new(
        key,
        outcome.Cause,
        outcome.OutputJson,
        outcome.ExitCode ?? outcome.Signal,
        outcome.Cause == AttemptCause.Succeeded ? null : WhatWentWrong(outcome),
        outcome.Usage);

    /// <summary>The tail of what it said; before it, in a line of its own, what was found wrong where neither the cause nor the process tells that.</summary>
    private static string WhatWentWrong(AttemptOutcome outcome)
    {
        if (outcome.ErrorTail.Length == 0) return outcome.Detail;
        return outcome.Cause is AttemptCause.BadOutput or AttemptCause.OutOfMemory or AttemptCause.StartFailed or AttemptCause.WorkerLost or AttemptCause.HealthCheckFailed
            ? $"{outcome.Detail}\n{outcome.ErrorTail}"
            : outcome.ErrorTail;
    }

    private void Finish(AttemptStart start, AttemptReport report, TimeSpan? startUp = null)
    {
        _running.TryRemove((start.Run, start.Place.Key), out _);
        _freezable.TryRemove((start.Run, start.Place.Key), out _);
        _reporter.Ended(start.Place.Ticket, report.Cause, report.Usage, startUp);
        _ = DeliverAsync(start, report);
    }

    /// <summary>Tells the run until it has heard: a result that a node holds is lost only with the node.</summary>
    private async Task DeliverAsync(AttemptStart start, AttemptReport report)
    {
        for (var delay = TimeSpan.FromMilliseconds(50); !_stopping.IsCancellationRequested; delay = TimeSpan.FromSeconds(Math.Min(5, delay.TotalSeconds * 2)))
        {
            try
            {
                await _grains.GetGrain<IRunGrain>(start.Run).Finished(report);
                return;
            }
            catch (Exception e) when (e is OrleansException or TimeoutException or Storage.StorageException)
            {
                _log.LogWarning("run {Run} could not be told of an end, again in {Delay}: {Reason}", start.Run, delay, e.Message);
                await Task.Delay(delay, _time);
            }
        }
    }

    private void OnSampled(NodeSamples samples)
    {
        if (samples.Node is { OthersBusyCores: { } cores, OthersMemoryBytes: { } memory })
            _usedByOthers = new Resources((long)(cores * 1000), memory);
        // Tenths are enough, and change less often.
        if (samples.Node?.MemoryPressure is { } percent) _memoryPressurePercent = Math.Round(percent, 1);
        foreach (var attempt in samples.Attempts) _peaks.Note(attempt.Attempt, attempt.Peak);
    }

    private async Task BeatAsync(NodeOffer offer)
    {
        var pool = _grains.GetGrain<IPoolGrain>(_options.Pool);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                try
                {
                    // Joining again is cheap and heals: a pool that moved to another silo learns of its nodes from this.
                    await pool.Join(offer);
                    await pool.Report(new NodeReport { Node = Node, UsedByOthers = _usedByOthers, Peaks = _peaks.Take(), MemoryPressurePercent = _memoryPressurePercent });
                }
                catch (Exception e) when (e is OrleansException or TimeoutException or Storage.StorageException)
                {
                    // The next beat tries again: a node that falls silent for good after one bad second would be taken for lost.
                    _log.LogWarning("the pool could not be reached, again in a second: {Reason}", e.Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The engine is being stopped.
        }
    }
}

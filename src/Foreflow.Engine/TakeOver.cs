using System.Collections.Concurrent;
using Foreflow.Core.Model;
using Foreflow.Engine.Execution;
using Foreflow.Engine.Runs;
using Foreflow.Engine.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Foreflow.Engine;

/// <summary>
/// Carries on the open runs of engines that are no more: at the start, and every few seconds from then on. The order keeps
/// two attempts of a task from running together: first the runs are claimed, so that nobody else carries them on; then
/// every process their engines had started is ended; then their tasks run again.
/// </summary>
public sealed class TakeOver(IGrainFactory grains, IStorage storage, EngineIdentity identity, INodeRunner runner, TimeProvider time, ILogger<TakeOver> log)
    : IHostedService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(3);

    private const int RunsAtOnce = 64;
    private readonly Lock _gate = new();
    private readonly List<RunId> _taken = [];

    /// <summary>Claimed, and not yet carried on.</summary>
    private readonly SortedSet<RunId> _claimed = [];
    private bool _claimUnsure;
    private readonly CancellationTokenSource _stopping = new();
    private Task _watching = Task.CompletedTask;

    /// <summary>The runs taken over so far, oldest first.</summary>
    public IReadOnlyList<RunId> Taken
    {
        get
        {
            lock (_gate) return [.. _taken];
        }
    }

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancel)
    {
        await ClaimAsync(always: true);
        _watching = WatchAsync();
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancel)
    {
        await _stopping.CancelAsync();
        await _watching;
        _stopping.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                try
                {
                    await ClaimAsync(always: false);
                }
                catch (Exception e) when (e is StorageException or OrleansException or TimeoutException)
                {
                    log.LogWarning("runs of engines that stopped cannot be looked for, again in {Period}: {Reason}", Period, e.Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The engine is being stopped.
        }
    }

    /// <param name="always">True to end leftovers even where there is no run to take over.</param>
    private async Task ClaimAsync(bool always)
    {
        await ClaimMoreAsync();
        if (_claimed.Count == 0 && !always) return;
        var leftovers = await runner.EndLeftoversAsync(engine => storage.Ownership.IsAliveAsync(new OwnerId(engine)));
        if (leftovers.Killed > 0) log.LogInformation("ended {Count} processes left over from engines that stopped", leftovers.Killed);
        if (leftovers.StillAlive.Length > 0)
        {
            log.LogError("{Count} runs wait: processes of an engine that stopped cannot be ended: {Processes}", _claimed.Count, string.Join(", ", leftovers.StillAlive));
            return;
        }

        var waiting = new ConcurrentQueue<RunId>(_claimed);
        await Task.WhenAll(Enumerable.Range(0, RunsAtOnce).Select(_ => RecoverAllAsync(waiting)));
    }

    /// <summary>One of several that take runs up side by side, so that none waits for the slowest of a batch.</summary>
    private async Task RecoverAllAsync(ConcurrentQueue<RunId> waiting)
    {
        while (waiting.TryDequeue(out var run)) await RecoverAsync(run);
    }

    private async Task ClaimMoreAsync()
    {
        try
        {
            _claimed.UnionWith(await storage.Ownership.ClaimOpenRunsAsync(identity.Owner));
            // A claim that was stored without an answer names its runs no more; those this engine carries on already take no harm.
            if (_claimUnsure) _claimed.UnionWith(await storage.Ownership.OpenRunsAsync(identity.Owner));
            _claimUnsure = false;
        }
        catch (StorageException)
        {
            _claimUnsure = true;
            throw;
        }
    }

    private async Task RecoverAsync(RunId run)
    {
        try
        {
            await grains.GetGrain<IRunGrain>(run.Value).Recover(EngineNames.DefaultPool);
            lock (_gate)
            {
                _claimed.Remove(run);
                _taken.Add(run);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // One run that cannot be read must not keep the others from going on.
            log.LogError("run {Run} cannot be carried on, again in {Period}: {Reason}", run, Period, e.Message);
        }
    }
}

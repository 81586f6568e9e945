using Foreflow.Core.Model;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Runs;
using Foreflow.Engine.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Foreflow.Engine.Switching;

/// <summary>
/// Brings what this engine carries on into the state that the switches in the store ask for: twice a second, and at the
/// start. It compares states, not changes: whatever was switched while nobody looked is made good.
/// </summary>
public sealed class SwitchBoard(IGrainFactory grains, IStorage storage, EngineIdentity identity, TimeProvider time, ILogger<SwitchBoard> log) : IHostedService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);
    private static readonly RunStatus[] Open = [RunStatus.Queued, RunStatus.Running, RunStatus.Paused];

    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<RunSwitch> _replicationPaused = [];
    private readonly HashSet<RunSwitch> _stagesPaused = [];
    private Task _watching = Task.CompletedTask;

    /// <summary>The switches as last seen: runs are accepted by them.</summary>
    public SwitchState State { get; private set; } = SwitchState.None;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancel)
    {
        await ApplyAsync();
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
                    await ApplyAsync();
                }
                catch (Exception e) when (e is StorageException or OrleansException or TimeoutException)
                {
                    log.LogWarning("switches cannot be followed, again in {Period}: {Reason}", Period, e.Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The engine is being stopped.
        }
    }

    private async Task ApplyAsync()
    {
        State = SwitchState.Of(await storage.Switches.LoadAsync());
        foreach (var (key, value) in State.Set.Where(s => s.Key.Kind == SwitchKind.Run)) await ApplyToRunAsync(key, value);
        foreach (var (key, value) in State.Set.Where(s => s.Key.Kind == SwitchKind.Workflow))
            foreach (var run in await OwnRunsAsync(key.Workflow, [RunStatus.Queued, RunStatus.Running])) await grains.GetGrain<IRunGrain>(run.Id.Value).Pause(value);
        await ResumeRunsAsync();
        await ApplyToStagesAsync();
        await ApplyToReplicationAsync();
    }

    private async Task ApplyToRunAsync(RunSwitch key, string value)
    {
        var run = await storage.Runs.FindAsync(new RunId(key.Run!));
        if (run is null || !run.Status.IsOpen()) await storage.Switches.RemoveAsync(key.ToString());
        else if (run.Owner == identity.Owner && SwitchState.IsCancel(value, out var why)) await grains.GetGrain<IRunGrain>(run.Id.Value).Cancel(why);
        else if (run.Owner == identity.Owner && run.Status != RunStatus.Paused) await grains.GetGrain<IRunGrain>(run.Id.Value).Pause(value);
    }

    /// <summary>Runs that are paused though no switch asks for it any more.</summary>
    private async Task ResumeRunsAsync()
    {
        foreach (var run in await OwnRunsAsync(null, [RunStatus.Paused]))
            if (State.PauseOf(run.Id, run.Workflow) is null) await grains.GetGrain<IRunGrain>(run.Id.Value).Resume();
    }

    private async Task ApplyToStagesAsync()
    {
        var wanted = State.Set.Where(s => s.Key.Kind == SwitchKind.Stage).ToDictionary();
        foreach (var (key, why) in wanted)
            foreach (var run in await OwnRunsAsync(key.Workflow, Open)) await grains.GetGrain<IRunGrain>(run.Id.Value).PauseStage(key.Stage!, why);
        foreach (var key in _stagesPaused.Where(k => !wanted.ContainsKey(k)))
            foreach (var run in await OwnRunsAsync(key.Workflow, Open)) await grains.GetGrain<IRunGrain>(run.Id.Value).ResumeStage(key.Stage!);
        _stagesPaused.Clear();
        _stagesPaused.UnionWith(wanted.Keys);
    }

    private async Task ApplyToReplicationAsync()
    {
        var pool = grains.GetGrain<IPoolGrain>(EngineNames.DefaultPool);
        var wanted = State.Set.Keys.Where(s => s.Kind == SwitchKind.Replication).ToHashSet();
        // The wide ones first, so that a stage that stays paused is not let go with its workflow.
        foreach (var key in _replicationPaused.Except(wanted).OrderBy(k => k.Stage is not null).ToList()) await pool.PauseReplication(key.Workflow, key.Stage, paused: false);
        // All of them each time: a workflow may have come to the pool since.
        foreach (var key in wanted) await pool.PauseReplication(key.Workflow, key.Stage, paused: true);
        _replicationPaused.Clear();
        _replicationPaused.UnionWith(wanted);
    }

    private async Task<List<RunSummary>> OwnRunsAsync(string? workflow, IReadOnlyList<RunStatus> statuses)
    {
        var own = new List<RunSummary>();
        RunCursor? after = null;
        do
        {
            var page = await storage.Runs.ListAsync(new RunQuery { Workflow = workflow, Statuses = statuses, Limit = StorageLimits.PageSize, After = after });
            own.AddRange(page.Runs.Where(run => run.Owner == identity.Owner));
            after = page.Next;
        }
        while (after is not null);
        return own;
    }
}

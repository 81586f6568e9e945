using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Expressions;
using Foreflow.Engine.Execution;
using Foreflow.Engine.Pools;
using Foreflow.Engine.Runs;
using Microsoft.Extensions.Logging;

namespace Foreflow.Engine.Nodes;

/// <summary>The replicas of this node: starts and drains them as ordered, gives them their tasks, reports when one is ready or gone.</summary>
internal sealed class ReplicaHost(INodeRunner runner, EngineIdentity identity, NodeOptions options, NodeReporter reporter, ILogger log)
{
    private readonly ConcurrentDictionary<long, IWorkerHandle> _workers = new();
    private long _generation;

    public void Start(ReplicaOrder order, WorkflowDefinition definition)
    {
        if (IsStale(order.Generation)) return;
        var stage = definition.Stages[order.Stage];
        var body = (WorkerBody)stage.Body;
        if (!TryEnvironment(definition, stage, out var environment, out var error))
        {
            reporter.Changed(new ReplicaChange(order.Replica, false, AttemptCause.StartFailed, error));
            return;
        }

        var worker = runner.StartWorker(new WorkerOrder
        {
            Replica = new ReplicaId(new StageId(order.Workflow, stage.Name), order.Replica),
            Command = body.Command,
            Protocol = body.Protocol == Core.Workflows.WorkerProtocol.Http ? Execution.WorkerProtocol.Http : Execution.WorkerProtocol.JsonLines,
            WorkingFolder = order.Folder ?? identity.DataFolder,
            WorkerFolder = AttemptFolders.Replica(identity.DataFolder, order.Workflow, stage.Name, order.Replica),
            Concurrency = Math.Max(1, body.Concurrency),
            Environment = environment,
            Granted = order.Granted,
            Limits = new ProcessLimits(stage.Resources is { MemoryBytes: > 0 } ? order.Granted.MemoryBytes : null),
            Grace = options.StopGrace,
        });
        _workers[order.Replica] = worker;
        _ = FollowAsync(order.Replica, worker);
    }

    public void Drain(long replica)
    {
        if (_workers.TryGetValue(replica, out var worker)) worker.Drain();
    }

    /// <summary>Gives a replica a task. Where it is gone meanwhile the task did not run, and it is not what ended it.</summary>
    public (Task<AttemptOutcome> Outcome, Action<AttemptCause> Stop) Serve(AttemptStart start, StageDefinition stage)
    {
        var key = start.Place.Key;
        var attempt = new AttemptId(new TaskId(new RunId(start.Run), stage.Name, key.Task), key.Attempt);
        if (!_workers.TryGetValue(start.Place.Replica, out var worker))
            return (Task.FromResult(new AttemptOutcome { Attempt = attempt, Cause = AttemptCause.Busy, Detail = $"replica {start.Place.Replica} is gone" }), static _ => { });
        var handle = worker.Execute(new WorkerTask
        {
            Attempt = attempt,
            InputJson = start.InputJson,
            InputBytes = start.InputJson.Length,
            Outputs = stage.Outputs,
            Timeout = stage.Timeout,
            IdempotencyKey = string.Create(CultureInfo.InvariantCulture, $"{start.Run}/{stage.Name}/{key.Task}"),
        });
        return (handle.Completion, cause => handle.End(cause));
    }

    public async Task StopAllAsync()
    {
        foreach (var worker in _workers.Values) worker.Stop(AttemptCause.Preempted, options.StopGrace);
        await Task.WhenAll(_workers.Values.Select(w => w.Ended));
    }

    private async Task FollowAsync(long replica, IWorkerHandle worker)
    {
        if (await worker.Ready is not null) reporter.Changed(new ReplicaChange(replica, true, AttemptCause.Succeeded, null));
        var end = await worker.Ended;
        _workers.TryRemove(replica, out _);
        var error = end.Cause is AttemptCause.Succeeded or AttemptCause.Preempted ? null
            : end.ErrorTail.Length > 0 ? $"{end.Detail}: {end.ErrorTail}" : end.Detail;
        reporter.Changed(new ReplicaChange(replica, false, end.Cause, error));
    }

    private bool IsStale(long generation)
    {
        var seen = Interlocked.Read(ref _generation);
        if (generation < seen)
        {
            log.LogWarning("plan {Generation} is older than {Seen}, which this node has seen: not carried out", generation, seen);
            return true;
        }

        Interlocked.Exchange(ref _generation, generation);
        return false;
    }

    /// <summary>A worker serves many runs: its environment can name none of them.</summary>
    private static bool TryEnvironment(WorkflowDefinition definition, StageDefinition stage, out ImmutableDictionary<string, string> environment, out string? error)
    {
        var scope = new ExpressionScope
        {
            RunId = "",
            Inputs = definition.Inputs.Where(i => i.Default is not null).ToImmutableDictionary(i => i.Name, i => i.Default!.Value, StringComparer.Ordinal),
        };
        var fine = TaskInput.TryEnvironment(stage, scope, out var pairs, out error);
        environment = fine ? pairs.ToImmutableDictionary(StringComparer.Ordinal) : [];
        return fine;
    }
}

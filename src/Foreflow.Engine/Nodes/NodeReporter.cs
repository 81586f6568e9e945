using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Engine.Pools;
using Microsoft.Extensions.Logging;

namespace Foreflow.Engine.Nodes;

/// <summary>Tells the pool what ended, at once; while one report is under way, what ends meanwhile waits for the next, so that many make one call.</summary>
internal sealed class NodeReporter(IGrainFactory grains, string pool, string node, ILogger log)
{
    private readonly Lock _gate = new();
    private List<EndedAttempt> _ended = [];
    private List<ReplicaChange> _replicas = [];
    private IPoolGrain? _poolGrain;
    private bool _sending;

    public void Ended(long ticket, AttemptCause cause, AttemptUsage? usage, TimeSpan? startUp)
    {
        lock (_gate) _ended.Add(new EndedAttempt(ticket, cause, usage, startUp));
        Send();
    }

    public void Changed(ReplicaChange change)
    {
        lock (_gate) _replicas.Add(change);
        Send();
    }

    private void Send()
    {
        lock (_gate)
        {
            if (_sending) return;
            _sending = true;
        }

        _ = SendAllAsync();
    }

    private async Task SendAllAsync()
    {
        // Let what ends in this very moment come along.
        await Task.Yield();
        while (true)
        {
            NodeReport report;
            lock (_gate)
            {
                if (_ended.Count == 0 && _replicas.Count == 0)
                {
                    _sending = false;
                    return;
                }

                report = new NodeReport { Node = node, Ended = _ended, Replicas = _replicas };
                (_ended, _replicas) = ([], []);
            }

            try
            {
                await (_poolGrain ??= grains.GetGrain<IPoolGrain>(pool)).Report(report);
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                log.LogWarning("the pool could not be told of {Count} ends: {Reason}", report.Ended.Count, e.Message);
            }
        }
    }
}

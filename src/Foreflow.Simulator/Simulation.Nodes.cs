using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;
using Foreflow.Simulator.Events;

namespace Foreflow.Simulator;

/// <summary>Nodes and replicas: what the live engine's node agents do, and what goes wrong with them.</summary>
public sealed partial class Simulation
{
    private readonly Dictionary<int, int> _nodeNumbers = [];
    private readonly Dictionary<int, int> _losses = [];
    private const long ByOutage = -1;

    private double _claimedCoreSeconds;
    private long _claimedMillicores;
    private Instant _claimedAt;

    private void Join(int node, Instant at)
    {
        if (_nodeNumbers.ContainsKey(node)) return;
        var number = _snapshot.Nodes.Count;
        _nodeNumbers[node] = number;
        Apply(new NodeJoined(at, number, new NodeId($"node-{node + 1}"), _scenario.Nodes[node].Capacity, _scenario.Nodes[node].Class));
    }

    private void ScheduleNodeFailure(int node)
    {
        if (_scenario.Failures.NodeMeanTimeBetween is not { } mean) return;
        var losses = _losses[node] = _losses.GetValueOrDefault(node) + 1;
        _queue.Add(_now + Exponential(mean, Draw.Mix(Draw.Mix(_seed, 0xFA11), ((ulong)(uint)node << 32) | (uint)losses)), EventKind.NodeFails, node, losses);
    }

    /// <summary>A node is lost: the <paramref name="loss"/>th by chance, or by an outage of the scenario.</summary>
    private void Lose(int node, long loss)
    {
        // A node that came back after an outage has a new loss before it: the one that was drawn before does not come as well.
        var byPlan = loss == ByOutage;
        if (!byPlan && loss != _losses[node]) return;
        if (!_nodeNumbers.Remove(node, out var number)) return;
        Apply(new NodeLost(_now, number));
        foreach (var stage in _snapshot.Stages)
        {
            foreach (var replica in stage.Replicas.Where(r => r.Node == number).ToArray()) EndReplica(replica, AttemptCause.NodeLost);
            foreach (var entry in stage.InFlight.Where(t => t.Node == number).ToArray()) EndAttempt(entry.Ticket, AttemptCause.NodeLost);
        }

        if (!byPlan) _queue.Add(_now + _scenario.Failures.NodeRepair, EventKind.NodeReturns, node);
    }

    private void Order(long replica, int stage)
    {
        var (workflow, position) = Place(stage);
        var model = _scenario.Workflows[workflow].Stages[position];
        var seconds = model.StartUp.Seconds(Draw.Mix(Draw.Mix(_seed, 0x57A7), ((ulong)(uint)stage << 40) | (ulong)replica));
        _meters[stage].ReplicasChanged(_now.Ticks, +1);
        _queue.Add(_now + TimeSpan.FromSeconds(seconds), EventKind.ReplicaReady, replica);
    }

    private void BecomeReady(long replica)
    {
        Apply(new ReplicaReady(_now, replica));
        if (_scenario.Failures.ReplicaMeanTimeBetween is not { } mean) return;
        _queue.Add(_now + Exponential(mean, Draw.Mix(Draw.Mix(_seed, 0xDEAD), (ulong)replica)), EventKind.ReplicaFails, replica);
    }

    /// <summary>A replica is gone, and with it the tasks it had.</summary>
    private void EndReplica(ReplicaState replica, AttemptCause cause)
    {
        var stage = _snapshot.Stages[replica.Stage];
        var held = replica.InFlight == 0 ? [] : stage.InFlight.Where(t => t.Replica == replica.Number).Select(t => t.Ticket).ToArray();
        Apply(new ReplicaEnded(_now, replica.Number, cause));
        _meters[replica.Stage].ReplicasChanged(_now.Ticks, -1);
        foreach (var ticket in held) EndAttempt(ticket, cause);
    }

    private void ChangeBackground()
    {
        var load = _scenario.Background!;
        foreach (var (node, number) in _nodeNumbers.OrderBy(n => n.Key))
        {
            var unit = (2 * Draw.Uniform(Draw.Mix(_seed, 0xBAC6), (ulong)_now.Ticks, (ulong)node)) - 1;
            var share = Math.Clamp(load.Share + (load.Spread * unit), 0, 1);
            var capacity = _scenario.Nodes[node].Capacity;
            Apply(new NodeSampled(_now, number, new Resources((long)(capacity.CpuMillicores * share), (long)(capacity.MemoryBytes * share))));
        }

        if (_end != Instant.Never || _runs.Count + _open > 0) _queue.Add(_now + load.Step, EventKind.BackgroundChanges);
    }

    private (int Workflow, int Position) Place(int stage)
    {
        var state = _snapshot.Stages[stage];
        return (state.Workflow, _workflows[state.Workflow].Spec.Positions.IndexOf(state.Position));
    }

    private static TimeSpan Exponential(TimeSpan mean, ulong hash) => TimeSpan.FromTicks((long)(-mean.Ticks * Math.Log(1 - Draw.Uniform(hash))));

    private void BeginNodeMeter()
    {
        NoteClaimed(0);
        _claimedCoreSeconds = 0;
    }

    private void NoteClaimed(long changeMillicores)
    {
        _claimedCoreSeconds += _claimedMillicores / 1000.0 * (_now - _claimedAt).TotalSeconds;
        _claimedMillicores += changeMillicores;
        _claimedAt = _now;
    }

    /// <summary>Share of the nodes' cores that attempts held.</summary>
    private double NodeUtilisation(double seconds)
    {
        NoteClaimed(0);
        var cores = _scenario.Nodes.Sum(n => n.Capacity.CpuCores) * seconds;
        return cores > 0 ? _claimedCoreSeconds / cores : 0;
    }
}

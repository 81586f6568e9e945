using System.Text.Json;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Engine.Pools;

/// <summary>Shows a pool to people.</summary>
internal static class PoolViews
{
    public static PoolView Of(ClusterSnapshot snapshot, CyclePlan? plan, double replicaSecondsEnded, Instant now) => new(
        snapshot.Generation,
        now,
        [.. snapshot.Stages.Select(stage => StageOf(snapshot, stage))],
        snapshot.OpenRuns,
        replicaSecondsEnded + snapshot.Stages.Sum(s => s.Replicas.Sum(r => (now - r.StartedAt).TotalSeconds)),
        plan is null ? null : JsonSerializer.Serialize(PlanDocument.Of(plan, snapshot), PlanJson.Default.PlanDocument));

    private static StagePoolView StageOf(ClusterSnapshot snapshot, StageState stage) => new()
    {
        Workflow = stage.Id.Workflow,
        Stage = stage.Id.Name,
        Queued = stage.Queued,
        InFlight = stage.InFlight.Count,
        Replicas = [.. stage.Replicas.Select(r => new ReplicaView(r.Number, snapshot.Nodes[r.Node].Id.Value, r.Phase, r.InFlight, r.StartedAt))],
        TasksStarted = stage.TasksStarted,
        ColdStartsMet = stage.ColdStartsMet,
        WaitsMissed = stage.WaitsMissed,
    };
}

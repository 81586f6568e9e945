using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Scheduling;

/// <summary>
/// Upward rank of stages: mean seconds from the start of a stage to the end of its run by the longest way
/// (Topcuoglu, Hariri and Wu 2002, equation 4, without communication), and for what is open and does not all fit at once,
/// by the way that capacity makes longest (<see cref="ContendedRank"/>).
/// </summary>
/// <remarks>Holds scratch space; it carries no state from one refresh to the next.</remarks>
internal sealed class UpwardRank
{
    private readonly ContendedRank _contended = new();
    private double[] _seconds = [];
    private Resources[] _demands = [];
    private double[] _ranks = [];

    /// <summary>Sets the rank of every stage from the mean execution times known now.</summary>
    public void Refresh(ClusterSnapshot snapshot)
    {
        var capacity = Resources.Zero;
        foreach (var node in snapshot.Nodes)
            if (node.Alive) capacity += node.Capacity - node.TakenByOthers;
        foreach (var workflow in snapshot.Workflows)
        {
            var stages = workflow.Spec.Stages;
            if (_ranks.Length < stages.Length) (_seconds, _demands, _ranks) = (new double[stages.Length], new Resources[stages.Length], new double[stages.Length]);
            var ranks = _ranks.AsSpan(0, stages.Length);
            ranks.Clear();
            // Stages come after those they need, so from the back every successor is done before its predecessors.
            for (var i = stages.Length - 1; i >= 0; i--)
            {
                ranks[i] += snapshot.Stages[workflow.FirstStage + i].MeanExecutionSeconds;
                foreach (var need in stages[i].Needs) ranks[need] = Math.Max(ranks[need], ranks[i]);
            }

            if (workflow.OpenRuns.Count > 0) Contend(snapshot, workflow, stages, capacity, ranks);
            for (var i = 0; i < stages.Length; i++) snapshot.Stages[workflow.FirstStage + i].UpwardRankSeconds = ranks[i];
        }
    }

    private void Contend(ClusterSnapshot snapshot, WorkflowState workflow, ImmutableArray<StageSpec> stages, in Resources capacity, Span<double> ranks)
    {
        for (var i = 0; i < stages.Length; i++)
        {
            // The tasks of a foreach are one block: as many at once as fit, as often as it takes.
            var stage = snapshot.Stages[workflow.FirstStage + i];
            var request = stage.Spec.Kind == StageKind.Handler ? Resources.Zero : new Resources(stage.Spec.Request.CpuMillicores, stage.Spec.Request.MemoryBytes);
            var tasks = Math.Max(1, (int)Math.Round(stage.MeanFanOut));
            var atOnce = Math.Clamp(Math.Min(request.CopiesWithin(capacity), stage.Spec.MaxReplicas), 1, tasks);
            _seconds[i] = stage.MeanExecutionSeconds * Math.Ceiling((double)tasks / atOnce);
            _demands[i] = Resources.Min(request * atOnce, capacity);
        }

        _contended.TryImprove(stages, _seconds.AsSpan(0, stages.Length), _demands.AsSpan(0, stages.Length), capacity, ranks);
    }
}

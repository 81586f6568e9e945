using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Scheduling;

/// <summary>
/// Upward rank of stages: mean seconds from the start of a stage to the end of its run by the longest way
/// (Topcuoglu, Hariri and Wu 2002, equation 4, without communication).
/// </summary>
public static class UpwardRank
{
    /// <summary>Sets the rank of every stage from the mean execution times known now.</summary>
    public static void Refresh(ClusterSnapshot snapshot)
    {
        foreach (var workflow in snapshot.Workflows)
        {
            var stages = workflow.Spec.Stages;
            for (var i = stages.Length - 1; i >= 0; i--)
                snapshot.Stages[workflow.FirstStage + i].UpwardRankSeconds = 0;
            // Stages come after those they need, so from the back every successor is done before its predecessors.
            for (var i = stages.Length - 1; i >= 0; i--)
            {
                var stage = snapshot.Stages[workflow.FirstStage + i];
                stage.UpwardRankSeconds += stage.MeanExecutionSeconds;
                foreach (var need in stages[i].Needs)
                {
                    var before = snapshot.Stages[workflow.FirstStage + need];
                    before.UpwardRankSeconds = Math.Max(before.UpwardRankSeconds, stage.UpwardRankSeconds);
                }
            }
        }
    }
}

using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows;
using Foreflow.Traces.Workflows;

namespace Foreflow.Simulator.Scenarios;

/// <summary>Makes a workflow of a recorded run: one stage a task, with the run time it had, the cores it occupied and the memory it held.</summary>
public static class TracedWorkflow
{
    /// <summary>The workflow; its stages stand in the order of the trace.</summary>
    public static SimulatedWorkflow Of(WorkflowHistory history, ArrivalProcess arrivals)
    {
        var builder = new WorkflowBuilder("trace");
        foreach (var task in history.Tasks)
        {
            builder.Stage(NameOf(task.Index), stage =>
            {
                stage.Run("simulated").Needs([.. task.Parents.Select(NameOf)]);
                stage.Resources(new Resources((long)Math.Max(1, Math.Round(task.Cores * 1000)), Math.Max(1, task.MemoryBytes ?? 1)), isFixed: true);
            });
        }

        return new SimulatedWorkflow
        {
            Definition = builder.Build(),
            Arrivals = arrivals,
            Stages = [.. history.Tasks.Select(t => new StageModel { Time = TimeDistribution.Fixed(t.RuntimeSeconds) })],
        };
    }

    private static string NameOf(int index) => $"t{index.ToString(CultureInfo.InvariantCulture)}";
}

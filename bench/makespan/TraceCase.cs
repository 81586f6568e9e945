using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Replication;
using Foreflow.Core.Scheduling;
using Foreflow.Simulator;
using Foreflow.Simulator.Scenarios;
using Foreflow.Traces.Workflows;

namespace Foreflow.Bench.Makespan;

/// <summary>A recorded run on a number of slots: every task takes one.</summary>
internal sealed class TraceCase
{
    private const long Roomy = 1L << 50;
    private readonly WorkflowHistory _history;

    public TraceCase(WorkflowHistory history) =>
        _history = history with { Tasks = [.. history.Tasks.Select(t => t with { Cores = 1, MemoryBytes = 1 })] };

    public int Tasks => _history.Tasks.Length;

    /// <summary>No schedule is shorter: the longest path, or the work shared by the slots.</summary>
    public double LowerBoundSeconds(int slots) => Math.Max(_history.CriticalPathSeconds, _history.Tasks.Sum(t => t.RuntimeSeconds) / slots);

    public double MakespanSeconds(int slots, TaskOrder order, TraceKnowledge known)
    {
        var start = Instant.FromUnixSeconds(1_767_571_200);
        var scenario = new Scenario
        {
            Start = start,
            Nodes = [new SimulatedNode(new Resources(slots * 1000L, Roomy))],
            Workflows = [TracedWorkflow.Of(_history, new TracedArrivals([start]), known)],
        };
        scenario = scenario with { Settings = scenario.Settings with { CyclePeriod = TimeSpan.FromMinutes(1) } };
        var result = Simulation.Run(scenario, new PolicySet { Replication = StaticReplication.AtLeast("fixed"), Order = order }, seed: 1);
        return result["runsCompleted"] == 1 ? result["makespanSeconds"] : throw new InvalidOperationException("the run did not end");
    }
}

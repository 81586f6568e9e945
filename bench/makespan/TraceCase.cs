using System.Collections.Immutable;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Replication;
using Foreflow.Core.Scheduling;
using Foreflow.Simulator;
using Foreflow.Simulator.Scenarios;
using Foreflow.Traces.Workflows;

namespace Foreflow.Bench.Makespan;

/// <summary>What the scheduler knows of run times beforehand.</summary>
internal enum Knowledge
{
    /// <summary>Nothing: it learns as tasks end.</summary>
    None,

    /// <summary>The mean of each type of task, as profiles have it.</summary>
    MeanOfType,

    /// <summary>The run time of each task.</summary>
    Exact,
}

/// <summary>A recorded run on a number of slots: every task takes one.</summary>
internal sealed class TraceCase
{
    private const long Roomy = 1L << 50;
    private readonly WorkflowHistory _history;
    private readonly Dictionary<string, double> _means;

    public TraceCase(WorkflowHistory history)
    {
        _history = history with { Tasks = [.. history.Tasks.Select(t => t with { Cores = 1, MemoryBytes = 1 })] };
        _means = history.Tasks.GroupBy(t => t.Type).ToDictionary(g => g.Key, g => g.Average(t => t.RuntimeSeconds));
    }

    public int Tasks => _history.Tasks.Length;

    /// <summary>No schedule is shorter: the longest path, or the work shared by the slots.</summary>
    public double LowerBoundSeconds(int slots) => Math.Max(_history.CriticalPathSeconds, _history.Tasks.Sum(t => t.RuntimeSeconds) / slots);

    public double MakespanSeconds(int slots, TaskOrder order, Knowledge knowledge)
    {
        var start = Instant.FromUnixSeconds(1_767_571_200);
        var workflow = TracedWorkflow.Of(_history, new TracedArrivals([start]));
        var scenario = new Scenario
        {
            Start = start,
            Nodes = [new SimulatedNode(new Resources(slots * 1000L, Roomy))],
            Workflows = [workflow with { Profiles = ProfilesOf(workflow, start, knowledge) }],
        };
        scenario = scenario with { Settings = scenario.Settings with { CyclePeriod = TimeSpan.FromMinutes(1) } };
        var result = Simulation.Run(scenario, new PolicySet { Replication = StaticReplication.AtLeast("fixed"), Order = order }, seed: 1);
        return result["runsCompleted"] == 1 ? result["makespanSeconds"] : throw new InvalidOperationException("the run did not end");
    }

    private ImmutableDictionary<string, StageProfile> ProfilesOf(SimulatedWorkflow workflow, Instant at, Knowledge knowledge)
    {
        var known = ImmutableDictionary.CreateBuilder<string, StageProfile>();
        if (knowledge == Knowledge.None) return known.ToImmutable();
        for (var i = 0; i < _history.Tasks.Length; i++)
        {
            var task = _history.Tasks[i];
            var seconds = knowledge == Knowledge.Exact ? task.RuntimeSeconds : _means[task.Type];
            var profile = new StageProfile();
            profile.Record(new AttemptRecord(at, AttemptCause.Succeeded, new AttemptUsage { WallTime = TimeSpan.FromSeconds(seconds) }));
            known.Add(workflow.Definition.Stages[i].Name, profile);
        }

        return known.ToImmutable();
    }
}

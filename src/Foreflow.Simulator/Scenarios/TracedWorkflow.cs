using System.Collections.Immutable;
using System.Globalization;
using Foreflow.Core;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Workflows;
using Foreflow.Traces.Workflows;

namespace Foreflow.Simulator.Scenarios;

/// <summary>What is known of the run times of a recorded run before it is simulated.</summary>
public enum TraceKnowledge
{
    /// <summary>Nothing: it is the first run.</summary>
    Nothing,

    /// <summary>Mean and spread over the tasks of each type.</summary>
    Types,

    /// <summary>The time of each task: an earlier run took as long.</summary>
    Runs,
}

/// <summary>Makes a workflow of a recorded run: one stage a task, with the run time it had, the cores it occupied and the memory it held.</summary>
public static class TracedWorkflow
{
    /// <summary>The workflow; its stages stand in the order of the trace.</summary>
    public static SimulatedWorkflow Of(WorkflowHistory history, ArrivalProcess arrivals, TraceKnowledge known = TraceKnowledge.Nothing)
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
            Profiles = known == TraceKnowledge.Nothing ? ImmutableDictionary<string, StageProfile>.Empty : ProfilesOf(history, known),
        };
    }

    private static ImmutableDictionary<string, StageProfile> ProfilesOf(WorkflowHistory history, TraceKnowledge known)
    {
        var types = new Dictionary<string, StageProfile>(StringComparer.Ordinal);
        var profiles = ImmutableDictionary.CreateBuilder<string, StageProfile>();
        foreach (var task in history.Tasks)
        {
            var key = known == TraceKnowledge.Types ? task.Type : task.Id;
            if (!types.TryGetValue(key, out var profile)) types[key] = profile = new StageProfile();
            profile.Record(new AttemptRecord(Instant.Epoch, AttemptCause.Succeeded, new AttemptUsage { WallTime = TimeSpan.FromSeconds(task.RuntimeSeconds) }));
            profiles.Add(NameOf(task.Index), profile);
        }

        return profiles.ToImmutable();
    }

    private static string NameOf(int index) => $"t{index.ToString(CultureInfo.InvariantCulture)}";
}

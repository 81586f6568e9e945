using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator;

/// <summary>A run on its way through a simulation.</summary>
internal sealed class SimulatedRun(long number, int workflow, SimulatedWorkflow model, ulong seed, int firstStage, bool counts)
{
    private Dictionary<(int Stage, int Task), (long Bytes, int Kills)>? _grants;

    public long Number { get; } = number;

    /// <summary>Position of its workflow in the scenario.</summary>
    public int Workflow { get; } = workflow;

    public SimulatedWorkflow Model { get; } = model;

    /// <summary>Number within the pool of its workflow's first stage.</summary>
    public int FirstStage { get; } = firstStage;

    /// <summary>True when it arrived while it was measured.</summary>
    public bool Counts { get; } = counts;

    /// <summary>Seed of everything that is drawn for it: the same under every policy.</summary>
    public ulong Seed { get; } = seed;

    public RunState State { get; } = new(new RunId(number.ToString("D12", System.Globalization.CultureInfo.InvariantCulture)), model.Definition);

    /// <summary>Longest run time of a task, by stage.</summary>
    public double[] LongestSeconds { get; } = new double[model.Stages.Length];

    /// <summary>Core-seconds of its tasks that claim a node.</summary>
    public double CoreSeconds { get; private set; }

    /// <summary>An attempt was made, and was not in vain because another had been faster.</summary>
    public void Worked(int stage, double seconds, double cores)
    {
        LongestSeconds[stage] = Math.Max(LongestSeconds[stage], seconds);
        CoreSeconds += seconds * cores;
    }

    /// <summary>What a task's last failed attempt was granted, and how often memory was short.</summary>
    public (long Bytes, int Kills) Grant(int stage, int task) => _grants?.GetValueOrDefault((stage, task)) ?? default;

    public void NoteGrant(int stage, int task, long bytes, AttemptCause cause)
    {
        _grants ??= [];
        var kills = Grant(stage, task).Kills + (cause == AttemptCause.OutOfMemory ? 1 : 0);
        _grants[(stage, task)] = (bytes, kills);
    }
}

/// <summary>What a ticket stands for.</summary>
/// <param name="Run">The run.</param>
/// <param name="Stage">Position of the stage in the definition.</param>
/// <param name="Task">Index within the stage.</param>
/// <param name="Attempt">Number of the attempt.</param>
internal readonly record struct TaskLink(SimulatedRun Run, int Stage, int Task, int Attempt);

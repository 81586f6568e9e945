using System.Text.Json;
using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Core.Workflows;

namespace Foreflow.Traces.Import;

/// <summary>A run that took place elsewhere, told in the events it would have had here.</summary>
/// <param name="Definition">The workflow as far as it is known: its commands are placeholders.</param>
/// <param name="Events">What happened, in order. The first is <see cref="RunAccepted"/>.</param>
public sealed record RecordedRun(WorkflowDefinition Definition, IReadOnlyList<RunEvent> Events)
{
    /// <summary>The run after its last event.</summary>
    public RunState Fold(RunId id)
    {
        var run = new RunState(id, Definition);
        var ignored = new List<RunCommand>();
        foreach (var happened in Events)
        {
            RunMachine.Handle(run, happened, ignored);
            ignored.Clear();
        }

        return run;
    }

    /// <summary>Puts the attempts of a run in the order in which its state machine can take them.</summary>
    /// <param name="definition">The workflow.</param>
    /// <param name="accepted">When the run was accepted; no attempt starts before.</param>
    /// <param name="tasksOf">Number of tasks of each stage, in the order of the definition.</param>
    /// <param name="attempts">What is known of them.</param>
    internal static RecordedRun Of(WorkflowDefinition definition, Instant accepted, IReadOnlyList<int> tasksOf, IEnumerable<RecordedAttempt> attempts)
    {
        var inputs = new Dictionary<string, int[]>(StringComparer.Ordinal);
        for (var i = 0; i < definition.Stages.Length; i++)
            if (tasksOf[i] > 1) inputs[definition.Stages[i].Name] = [.. Enumerable.Range(1, tasksOf[i])];

        // At one instant a stage's events come before those of the stages that need it, or they would come too early.
        var rank = new int[definition.Stages.Length];
        foreach (var stage in definition.Graph.TopologicalOrder)
            foreach (var parent in definition.Graph.Parents[stage]) rank[stage] = Math.Max(rank[stage], rank[parent] + 1);
        var events = new List<(Instant At, int Rank, int Stage, int Task, int Attempt, int Step, RunEvent Happened)>();
        foreach (var a in attempts)
        {
            if (a.Number > 1) Add(a, a.Started, 0, new RetryCame(a.Started, a.Stage, a.Task));
            Add(a, a.Started, 1, new AttemptStarted(a.Started, a.Stage, a.Task, a.Number, a.Node, Granted: a.Granted.IsZero ? null : a.Granted));
            Add(a, a.Ended, 2, new AttemptFinished(a.Ended, a.Stage, a.Task, a.Number, a.Cause, Usage: a.Usage));
        }

        events.Sort((x, y) => (x.At, x.Rank, x.Stage, x.Task, x.Attempt, x.Step).CompareTo((y.At, y.Rank, y.Stage, y.Task, y.Attempt, y.Step)));
        var first = new RunAccepted(accepted, definition.Name, definition.Version, JsonSerializer.SerializeToElement(inputs));
        return new RecordedRun(definition, [first, .. events.Select(e => e.Happened)]);

        void Add(in RecordedAttempt a, Instant at, int step, RunEvent happened) => events.Add((at, rank[a.Stage], a.Stage, a.Task, a.Number, step, happened));
    }
}

/// <summary>An attempt of a run that took place elsewhere.</summary>
/// <param name="Stage">Position of its stage in the definition.</param>
/// <param name="Task">Index of its task within the stage.</param>
/// <param name="Number">1 for the first of the task.</param>
/// <param name="Node">Machine it ran on, as recorded.</param>
internal readonly record struct RecordedAttempt(
    int Stage, int Task, int Number, Instant Started, Instant Ended, AttemptCause Cause, string Node, Resources Granted, Core.Profiling.AttemptUsage? Usage);

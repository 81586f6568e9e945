using Foreflow.Core.Model;
using Foreflow.Core.Workflows;
using Foreflow.Traces.Workflows;

namespace Foreflow.Traces.Import;

/// <summary>
/// The run behind a WfFormat record. The record tells how long each task took and what it waited for, not when it ran:
/// every stage is shown as early as the stages it needs allow, with all its tasks side by side.
/// </summary>
internal static class RunOfWorkflow
{
    internal static RecordedRun Of(WorkflowHistory history, WorkflowDefinition definition, IReadOnlyDictionary<string, string> names, Func<WorkflowTask, Core.Profiling.AttemptRecord> attemptOf, Instant now)
    {
        var position = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < definition.Stages.Length; i++) position[definition.Stages[i].Name] = i;
        var tasks = new List<WorkflowTask>[definition.Stages.Length];
        foreach (var type in history.Tasks.GroupBy(t => t.Type, StringComparer.Ordinal)) tasks[position[names[type.Key]]] = [.. type];

        // In whole ticks: a stage must not begin a rounding error before the last task it needs has ended.
        var ends = new TimeSpan[tasks.Length];
        var begins = new TimeSpan[tasks.Length];
        foreach (var stage in definition.Graph.TopologicalOrder)
        {
            foreach (var parent in definition.Graph.Parents[stage]) begins[stage] = begins[stage] > ends[parent] ? begins[stage] : ends[parent];
            ends[stage] = begins[stage] + tasks[stage].Max(t => TimeSpan.FromSeconds(t.RuntimeSeconds));
        }

        var accepted = history.ExecutedAt ?? now - ends.Max();
        return RecordedRun.Of(definition, accepted, [.. tasks.Select(t => t.Count)], Attempts());

        IEnumerable<RecordedAttempt> Attempts()
        {
            for (var stage = 0; stage < tasks.Length; stage++)
                for (var task = 0; task < tasks[stage].Count; task++)
                {
                    var one = tasks[stage][task];
                    var started = accepted + begins[stage];
                    yield return new RecordedAttempt(
                        stage, task, 1, started, started + TimeSpan.FromSeconds(one.RuntimeSeconds), AttemptCause.Succeeded, one.Machine ?? "recorded", Resources.Zero, attemptOf(one).Usage);
                }
        }
    }
}

using Foreflow.Core.Model;
using Foreflow.Core.Workflows;
using Foreflow.Traces.Workflows;

namespace Foreflow.Traces.Import;

/// <summary>
/// A workflow definition after a recorded run: a stage for each type of task, which needs the types its tasks waited
/// for. It is a start to be edited: a record tells which program ran, not how to run it again.
/// </summary>
internal static class RecordedDefinition
{
    /// <summary>A stage with more tasks than this becomes one over an input of the workflow that has no default.</summary>
    private const int LongestDefault = 1000;

    /// <summary>The definition; null, with a note, where the types wait for each other in a circle.</summary>
    internal static WorkflowDefinition? Of(WorkflowHistory history, string name, IReadOnlyDictionary<string, string> names, List<string> notes)
    {
        var types = history.TopologicalOrder.Select(i => history.Tasks[i]).GroupBy(t => t.Type, StringComparer.Ordinal).ToList();
        var needs = types.ToDictionary(
            t => t.Key,
            t => t.SelectMany(task => task.Parents).Select(p => history.Tasks[p].Type).Where(p => p != t.Key).Distinct().Order(StringComparer.Ordinal).ToList(),
            StringComparer.Ordinal);
        if (IsCircular(needs))
        {
            notes.Add("types of task wait for each other in a circle: there is no stage for each, and so no definition");
            return null;
        }

        var workflow = Workflow.Create(name).Description($"After a run recorded in {System.IO.Path.GetFileName(history.Path)}.");
        foreach (var type in types)
        {
            var (stage, tasks) = (names[type.Key], type.ToList());
            if (tasks.Count > LongestDefault) workflow.Input(stage, InputType.Array, $"The {tasks.Count} items of stage {stage}.");
            else if (tasks.Count > 1) workflow.Input(stage, Enumerable.Range(1, tasks.Count).ToArray(), $"The items of stage {stage}.");
            workflow.Stage(stage, s => Fill(s, stage, tasks, needs[type.Key].Select(n => names[n])));
        }

        if (workflow.TryBuild(out var definition, out var diagnostics)) return definition;
        notes.Add($"no definition: {diagnostics[0].Message}");
        return null;
    }

    private static void Fill(StageBuilder stage, string name, List<WorkflowTask> tasks, IEnumerable<string> needs)
    {
        var program = tasks.Select(t => t.Program).FirstOrDefault(p => p is not null);
        stage.Needs([.. needs]).Run(program is null ? $"echo 'put the command of {name} here' >&2; exit 1" : $"{program}  # its arguments were not kept");
        if (tasks.Count > 1) stage.Foreach($"inputs.{name}");
        var memory = tasks.Max(t => t.MemoryBytes ?? 0);
        var millicores = (long)Math.Ceiling(tasks.Max(t => t.Cores) * 1000);
        stage.Resources(new Resources(millicores, memory));
    }

    private static bool IsCircular(Dictionary<string, List<string>> needs)
    {
        var left = needs.ToDictionary(n => n.Key, n => n.Value.ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        while (left.Where(l => l.Value.Count == 0).Select(l => l.Key).ToList() is { Count: > 0 } free)
        {
            foreach (var type in free) left.Remove(type);
            foreach (var rest in left.Values) rest.ExceptWith(free);
        }

        return left.Count > 0;
    }
}

using Foreflow.Core.Model;
using Foreflow.Core.Workflows;
using Foreflow.Traces.Tasks;

namespace Foreflow.Traces.Import;

/// <summary>
/// The run behind a Nextflow trace. The trace tells when each task ran, not what it waited for: its processes become
/// stages side by side. Rows of one name are the attempts of one task, up to the one that succeeded.
/// </summary>
internal static class RunOfTasks
{
    private const string UnknownNode = "recorded";

    /// <summary>The run; null, with a note, where the trace does not hold one.</summary>
    internal static RecordedRun? Of(TaskTrace trace, string name, IReadOnlyDictionary<string, string> names, Func<TraceTask, Core.Profiling.AttemptRecord> attemptOf, List<string> notes)
    {
        var timed = trace.Tasks.Where(t => t.Started is not null && t.Completed >= t.Started).ToList();
        if (timed.Count == 0)
        {
            notes.Add("no run is kept: the file does not tell when its tasks ran");
            return null;
        }

        if (timed.Count < trace.Tasks.Count) notes.Add($"{trace.Tasks.Count - timed.Count} tasks without times are not in the run");
        var processes = timed.GroupBy(t => t.Process, StringComparer.Ordinal).OrderBy(g => g.Min(t => t.Started)!.Value).ThenBy(g => g.Key, StringComparer.Ordinal).ToList();
        var tasks = processes.Select(TasksOf).ToList();
        var workflow = Workflow.Create(name).Description($"After the tasks in {Path.GetFileName(trace.Path)}.");
        for (var i = 0; i < processes.Count; i++)
        {
            var (stage, own) = (names[processes[i].Key], tasks[i]);
            if (own.Count > 1) workflow.Input(stage, InputType.Array, $"The {own.Count} items of stage {stage}.");
            workflow.Stage(stage, s => Fill(s, stage, own));
        }

        if (!workflow.TryBuild(out var definition, out var diagnostics))
        {
            notes.Add($"no run is kept: {diagnostics[0].Message}");
            return null;
        }

        var accepted = timed.Min(t => Instant.Min(t.Submitted ?? t.Started!.Value, t.Started!.Value));
        return RecordedRun.Of(definition!, accepted, [.. tasks.Select(t => t.Count)], Attempts());

        IEnumerable<RecordedAttempt> Attempts()
        {
            for (var stage = 0; stage < tasks.Count; stage++)
                for (var task = 0; task < tasks[stage].Count; task++)
                    for (var number = 1; number <= tasks[stage][task].Count; number++)
                    {
                        var row = tasks[stage][task][number - 1];
                        var record = attemptOf(row);
                        yield return new RecordedAttempt(stage, task, number, row.Started!.Value, row.Completed!.Value, row.Cause, row.Machine ?? UnknownNode, record.Granted, record.Usage);
                    }
        }
    }

    /// <summary>The attempts of each task of a process, by when they started.</summary>
    private static List<List<TraceTask>> TasksOf(IEnumerable<TraceTask> process)
    {
        var tasks = new List<List<TraceTask>>();
        var open = new Dictionary<string, List<TraceTask>>(StringComparer.Ordinal);
        foreach (var row in process.OrderBy(t => t.Started!.Value).ThenBy(t => t.Row))
        {
            var isRetry = open.TryGetValue(row.Name, out var attempts) && row.Attempt > attempts[^1].Attempt && row.Started >= attempts[^1].Completed;
            if (!isRetry) tasks.Add(attempts = []);
            attempts!.Add(row);
            if (row.Cause == AttemptCause.Succeeded) open.Remove(row.Name);
            else open[row.Name] = attempts;
        }

        return tasks;
    }

    private static void Fill(StageBuilder stage, string name, List<List<TraceTask>> tasks)
    {
        stage.Run($"echo 'put the command of {name} here' >&2; exit 1").Retries(Math.Max(0, tasks.Max(t => t.Count) - 1));
        if (tasks.Count > 1) stage.Foreach($"inputs.{name}");
    }
}

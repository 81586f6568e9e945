using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Traces.Tasks;
using Foreflow.Traces.Workflows;

namespace Foreflow.Traces.Import;

/// <summary>
/// Turns histories into profiles and runs, so that a workflow is not unknown on its first day. Everything counts as learnt now,
/// however old it is: it weighs in full until the stages have been measured here, and halves each day like all else.
/// </summary>
public static class HistoryImport
{
    /// <summary>Learns from a file of tasks.</summary>
    /// <param name="trace">The file.</param>
    /// <param name="workflow">Name of the workflow its tasks become stages of.</param>
    /// <param name="now">When it is imported.</param>
    /// <param name="machinesAreClasses">True: each machine named in the file is a class of nodes of its own.</param>
    public static ImportedHistory FromTasks(TaskTrace trace, string workflow, Instant now, bool machinesAreClasses = false)
    {
        var name = StageNames.Clean(workflow);
        var names = StageNames.Of(trace.Tasks.Select(t => t.Process));
        var gatherer = new ProfileGatherer(name, names, now);
        foreach (var left in trace.LeftOut) gatherer.LeaveOut(left.Row, left.Reason);
        foreach (var task in trace.Tasks)
        {
            if (task.Cause == AttemptCause.Succeeded && task.RunSeconds is null)
            {
                gatherer.LeaveOut(task.Row, "it was too short to be timed");
                continue;
            }

            gatherer.Add(task.Row, task.Process, machinesAreClasses ? task.Machine : null, AttemptOf(task, now));
        }

        // The tasks of one run of a Nextflow process are what a foreach would have made.
        if (trace.Layout == "Nextflow trace")
        {
            foreach (var process in trace.Tasks.Where(t => t.Attempt == 1).GroupBy(t => t.Process)) gatherer.AddFanOut(process.Key, process.Count());
        }

        var notes = new List<string>();
        RecordedRun? run = null;
        if (trace.Layout == "Nextflow trace") run = RunOfTasks.Of(trace, name, names, t => AttemptOf(t, now), notes);
        else notes.Add($"no run is kept: a {trace.Layout} holds the tasks of several");
        return new ImportedHistory(name, gatherer.Stages, gatherer.Profiles, null, run, gatherer.LeftOut.OrderBy(l => l.Row).ToList(), notes);
    }

    /// <summary>Learns from a recorded workflow run.</summary>
    /// <param name="history">The run.</param>
    /// <param name="workflow">Name of the workflow; the recorded one when null.</param>
    /// <param name="now">When it is imported.</param>
    /// <param name="machinesAreClasses">True: each machine named in the file is a class of nodes of its own.</param>
    public static ImportedHistory FromWorkflow(WorkflowHistory history, string? workflow, Instant now, bool machinesAreClasses = false)
    {
        var name = StageNames.Clean(workflow ?? history.Name);
        var names = StageNames.Of(history.Tasks.Select(t => t.Type));
        var gatherer = new ProfileGatherer(name, names, now);
        foreach (var task in history.Tasks)
        {
            if (task.RuntimeSeconds > 0) gatherer.Add(task.Index + 1, task.Type, machinesAreClasses ? task.Machine : null, AttemptOf(task, now));
            else gatherer.LeaveOut(task.Index + 1, $"task {task.Id} was too short to be timed");
        }

        foreach (var type in history.Tasks.GroupBy(t => t.Type)) gatherer.AddFanOut(type.Key, type.Count());
        var notes = history.Notes.ToList();
        var definition = RecordedDefinition.Of(history, name, names, notes);
        var run = definition is null ? null : RunOfWorkflow.Of(history, definition, names, t => AttemptOf(t, now), now);
        return new ImportedHistory(name, gatherer.Stages, gatherer.Profiles, definition, run, gatherer.LeftOut, notes);
    }

    private static AttemptRecord AttemptOf(TraceTask task, Instant now) => new(
        now,
        task.Cause,
        task.RunSeconds is not { } seconds ? null : new AttemptUsage
        {
            WallTime = TimeSpan.FromSeconds(seconds),
            CpuSeconds = task.CpuCores * seconds,
            CpuPeakCores = task.CpuPeakCores,
            MemoryPeakBytes = task.MemoryPeakBytes,
            MemoryMeanBytes = task.MemoryMeanBytes,
            DiskReadBytes = task.DiskReadBytes,
            DiskWriteBytes = task.DiskWriteBytes,
            InputBytes = task.InputBytes,
        },
        StartUp: null,
        Queue: task.Started - task.Submitted is { } queue && queue >= TimeSpan.Zero ? queue : null,
        Granted: new Resources((long)((task.CoresRequested ?? 0) * 1000), task.MemoryRequestedBytes ?? 0),
        Number: task.Attempt);

    private static AttemptRecord AttemptOf(WorkflowTask task, Instant now) => new(
        now,
        AttemptCause.Succeeded,
        new AttemptUsage
        {
            WallTime = TimeSpan.FromSeconds(task.RuntimeSeconds),
            CpuSeconds = task.CpuCores * task.RuntimeSeconds,
            MemoryPeakBytes = task.MemoryBytes,
            DiskReadBytes = task.ReadBytes,
            DiskWriteBytes = task.WrittenBytes,
            InputBytes = task.InputBytes,
        });
}

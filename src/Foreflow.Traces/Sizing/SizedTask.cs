using Foreflow.Core.Model;
using Foreflow.Traces.Tasks;

namespace Foreflow.Traces.Sizing;

/// <summary>A task of a trace that sizing can be judged by.</summary>
/// <param name="Trace">As recorded.</param>
/// <param name="Started">When it started.</param>
/// <param name="Completed">When it ended.</param>
/// <param name="Hours">How long it ran.</param>
/// <param name="NeedBytes">Its peak.</param>
/// <param name="PresetBytes">What it asked for.</param>
/// <param name="Cores">Cores it asked for; 1 where not recorded.</param>
/// <param name="IsCounted">False for tasks that are only learnt from: they ran, but the filter leaves them out.</param>
public sealed record SizedTask(TraceTask Trace, Instant Started, Instant Completed, double Hours, long NeedBytes, long PresetBytes, double Cores, bool IsCounted);

/// <summary>Which tasks of a trace count.</summary>
/// <param name="MinimumTasks">Processes with fewer tasks are left out.</param>
/// <param name="WholeProcesses">True: a process with any task too short to be timed is left out as a whole.</param>
public sealed record SizingFilter(int MinimumTasks, bool WholeProcesses)
{
    /// <summary>The filter of Sizey's evaluation (Bader et al. 2024): processes of at least 34 tasks, all of them timed.</summary>
    public static readonly SizingFilter Sizey = new(34, true);

    /// <summary>Every task with a time and a peak.</summary>
    public static readonly SizingFilter None = new(1, false);

    /// <summary>Chooses the tasks that count, and says why each other row does not.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="presetBytes">Preset of tasks that name none; null where such tasks cannot be sized.</param>
    public (IReadOnlyList<SizedTask> Tasks, IReadOnlyList<LeftOutRow> LeftOut) Choose(TaskTrace trace, long? presetBytes = null)
    {
        var leftOut = new List<LeftOutRow>(trace.LeftOut);
        var ran = new List<TraceTask>();
        foreach (var task in trace.Tasks)
        {
            if (task.Cause != AttemptCause.Succeeded) leftOut.Add(new LeftOutRow(task.Row, "it did not succeed"));
            else if (task.MemoryPeakBytes is null) leftOut.Add(new LeftOutRow(task.Row, "its memory was not sampled"));
            else ran.Add(task);
        }

        var reasons = ran.GroupBy(t => t.Process, StringComparer.Ordinal).ToDictionary(g => g.Key, g => ReasonAgainst([.. g]), StringComparer.Ordinal);
        var tasks = new List<SizedTask>();
        var clock = Instant.Epoch;
        foreach (var task in ran)
        {
            var reason = reasons[task.Process] ?? ReasonAgainst(task, presetBytes);
            if (reason is not null) leftOut.Add(new LeftOutRow(task.Row, reason));

            // Without times, tasks count as run one after another, in file order.
            var seconds = task.RunSeconds ?? 0;
            var started = task.Started ?? clock;
            var completed = task.Completed ?? started + TimeSpan.FromSeconds(seconds);
            if (task.Started is null) clock = completed;
            var preset = task.MemoryRequestedBytes ?? presetBytes ?? 0;
            tasks.Add(new SizedTask(task, started, completed, seconds / 3600, task.MemoryPeakBytes!.Value, preset, task.CoresRequested ?? 1, reason is null));
        }

        return (tasks, leftOut.OrderBy(r => r.Row).ToList());
    }

    private string? ReasonAgainst(TraceTask[] process)
    {
        if (process.Length < MinimumTasks) return $"its process has fewer than {MinimumTasks} tasks";
        return WholeProcesses && process.Any(t => t.RunSeconds is null) ? "its process has tasks too short to be timed" : null;
    }

    private static string? ReasonAgainst(TraceTask task, long? presetBytes) => task switch
    {
        { RunSeconds: null } => "it was too short to be timed",
        { MemoryRequestedBytes: null } when presetBytes is null => "it asked for no memory, and no preset is given",
        _ => null,
    };
}

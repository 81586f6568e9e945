using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Engine.Storage;

namespace Foreflow.Engine.Runs;

/// <summary>Shows a run to people.</summary>
public static class RunViews
{
    /// <summary>The run as it is.</summary>
    public static RunView Of(RunState run) => new(
        run.Id.Value,
        run.Definition.Name,
        run.Definition.Version,
        run.Phase,
        run.Note,
        run.AcceptedAt ?? Instant.Epoch,
        run.EndedAt,
        [.. run.Stages.Select((stage, i) => StageOf(run.Definition.Stages[i].Name, stage))],
        run.RerunOf);

    private static StageView StageOf(string name, StageRun stage)
    {
        var (queued, running, succeeded, failed, attempts) = (0, 0, 0, 0, 0);
        for (var t = 0; t < stage.TaskCount; t++)
        {
            ref readonly var task = ref stage.Task(t);
            attempts += task.Attempts;
            switch (task.Phase)
            {
                case TaskPhase.Queued or TaskPhase.BackingOff: queued++; break;
                case TaskPhase.Running: running++; break;
                case TaskPhase.Succeeded: succeeded++; break;
                case TaskPhase.Failed: failed++; break;
            }
        }

        return new StageView(name, stage.Phase, stage.TaskCount, queued, running, succeeded, failed, attempts, stage.Error, stage.Paused, stage.Reused,
            stage.IsOver ? null : stage.Parked, stage.IsOver ? null : stage.PausedWhy,
            stage.IsOver ? [] : [.. stage.Standing.Select(s => new StandingView(s.Task, s.Attempt, s.Since, s.Why))]);
    }
}

/// <summary>Sums a run up for lists.</summary>
public static class RunSummaries
{
    /// <summary>A run as it is.</summary>
    public static RunSummary Of(RunState run, OwnerId owner)
    {
        var (total, succeeded, failed) = (0, 0, 0);
        Instant? started = null;
        foreach (var stage in run.Stages)
        {
            total += stage.TaskCount;
            if (stage.StartedAt is { } at && (started is null || at < started)) started = at;
            for (var t = 0; t < stage.TaskCount; t++)
            {
                if (stage.Task(t).Phase == TaskPhase.Succeeded) succeeded++;
                else if (stage.Task(t).Phase == TaskPhase.Failed) failed++;
            }
        }

        return new RunSummary
        {
            Id = run.Id,
            Workflow = run.Definition.Name,
            WorkflowVersion = run.Definition.Version,
            Status = run.Phase switch
            {
                RunPhase.Paused => RunStatus.Paused,
                RunPhase.Succeeded => RunStatus.Succeeded,
                RunPhase.Failed => RunStatus.Failed,
                RunPhase.Cancelled => RunStatus.Cancelled,
                _ => RunStatus.Running,
            },
            CreatedAt = run.AcceptedAt!.Value,
            StartedAt = started,
            EndedAt = run.EndedAt,
            Priority = (int)run.Definition.Priority,
            TasksTotal = total,
            TasksSucceeded = succeeded,
            TasksFailed = failed,
            Owner = owner,
            Message = run.Note ?? run.WaitsFor,
        };
    }
}

using Foreflow.Core.Runs;
using Foreflow.Engine.Pools;

namespace Foreflow.Engine.Runs;

/// <summary>Says the commands of a run machine in the words of the pool.</summary>
internal static class RunCommands
{
    public static RunMessage ToMessage(RunState run, RunCommand[] commands, bool recovered)
    {
        List<SettledStage> settled = [];
        List<WithdrawnAttempt> withdrawn = [];
        List<ReadyTasks> ready = [];
        var ended = false;
        foreach (var command in commands)
        {
            switch (command)
            {
                case SettleStage c: settled.Add(new SettledStage(c.Stage, c.Skipped)); break;
                case WithdrawTask c when TryTakeBack(ready, c): break;
                case WithdrawTask c: withdrawn.Add(new WithdrawnAttempt(new AttemptKey(c.Stage, c.Task, c.Attempt), c.OnlyIfWaiting, c.Cause)); break;
                case SubmitTasks c: ready.Add(new ReadyTasks(c.Stage, c.FirstTask, c.Count, run.Stages[c.Stage].TaskCount, c.Attempt, c.AfterCause, null, c.WorkersEnded)); break;
                case EndRun: ended = true; break;
            }
        }

        return new RunMessage
        {
            Run = run.Id.Value,
            Workflow = run.Definition.Name,
            Version = run.Definition.Version,
            Recovered = recovered,
            Folder = run.Folder,
            Settled = settled,
            Withdrawn = withdrawn,
            Ready = ready,
            Ended = ended,
        };
    }

    /// <summary>A task that was submitted in the same breath is not submitted at all: in a message, what is withdrawn comes first.</summary>
    private static bool TryTakeBack(List<ReadyTasks> ready, WithdrawTask withdrawn)
    {
        var at = ready.FindIndex(r => r.Stage == withdrawn.Stage && r.Attempt == withdrawn.Attempt && r.FirstTask <= withdrawn.Task && withdrawn.Task < r.FirstTask + r.Count);
        if (at < 0) return false;
        var (tasks, before) = (ready[at], withdrawn.Task - ready[at].FirstTask);
        ready.RemoveAt(at);
        var after = tasks.Count - before - 1;
        if (after > 0) ready.Insert(at, tasks with { FirstTask = withdrawn.Task + 1, Count = after });
        if (before > 0) ready.Insert(at, tasks with { Count = before });
        return true;
    }
}

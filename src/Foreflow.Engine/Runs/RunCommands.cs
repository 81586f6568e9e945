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
}

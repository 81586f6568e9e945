using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Engine.Runs;

namespace Foreflow.Shell.Tests.World;

/// <summary>What must be true of every history. Reads events by itself, not through the state machine.</summary>
internal static class Verdict
{
    public static void Judge(World world)
    {
        foreach (var run in world.Accepted)
            if (Events(world, run).Count == 0) world.Fail($"{run} was accepted, and is not in the store");
        foreach (var run in world.Submitted.Where(run => Events(world, run).Count > 0 && !world.IsOver(run))) world.Fail($"{run} never ended");
        foreach (var run in world.Submitted) JudgeCommits(world, run);
        JudgeOverlaps(world);
        foreach (var (engine, pool) in world.Pools)
        {
            if (pool.OpenRuns != 0) world.Fail($"{engine}: {pool.OpenRuns} runs are still open in the pool");
            foreach (var stage in pool.Stages.Where(s => s.Queued + s.InFlight > 0)) world.Fail($"{engine}: {stage.Workflow}/{stage.Stage} still has {stage.Queued} queued and {stage.InFlight} running");
        }
    }

    /// <summary>The result that stands is the first success of an attempt that was not void; no attempt starts after it, and its output is what the run has.</summary>
    private static void JudgeCommits(World world, string run)
    {
        var live = new Dictionary<(int, int), HashSet<int>>();
        var newest = new Dictionary<(int, int), int>();
        var committed = new Dictionary<(int, int), int>();
        var events = Events(world, run);
        foreach (var happened in events)
        {
            switch (happened)
            {
                case AttemptStarted e:
                    var task = (e.Stage, e.Task);
                    if (committed.TryGetValue(task, out var by)) world.Fail($"{run}: attempt {e.Attempt} of task {e.Stage}/{e.Task} started after attempt {by} was committed");
                    if (newest.GetValueOrDefault(task) >= e.Attempt) world.Fail($"{run}: attempt {e.Attempt} of task {e.Stage}/{e.Task} started twice");
                    newest[task] = e.Attempt;
                    if (e.Hedge is null || !live.TryGetValue(task, out var running)) live[task] = running = [];
                    running.Add(e.Attempt);
                    break;
                case AttemptFinished e when live.TryGetValue((e.Stage, e.Task), out var those) && those.Remove(e.Attempt) && e.Cause == AttemptCause.Succeeded:
                    those.Clear();
                    committed[(e.Stage, e.Task)] = e.Attempt;
                    break;
            }
        }

        if (events.Count == 0) return;
        var state = new RunState(new RunId(run), world.DefinitionOf(((RunAccepted)events[0]).Workflow));
        foreach (var happened in events) RunMachine.Handle(state, happened, new List<RunCommand>());
        for (var stage = 0; stage < state.Stages.Count; stage++)
        {
            for (var task = 0; task < state.Stages[stage].TaskCount; task++)
            {
                if (state.Stages[stage].Task(task) is not { Phase: TaskPhase.Succeeded } done) continue;
                var has = done.Outputs.GetProperty("by").GetInt32();
                if (committed.GetValueOrDefault((stage, task)) != has) world.Fail($"{run}: task {stage}/{task} has the output of attempt {has}, and not of {committed.GetValueOrDefault((stage, task))}");
            }
        }
    }

    private static void JudgeOverlaps(World world)
    {
        foreach (var task in world.Machine.Executions.GroupBy(e => e.Attempt.Task))
        {
            Execution? before = null;
            // A task that may be done twice may be hedged: two at once, not more.
            var alone = !world.MayHedge(task.Key) ? 1 : 2;
            foreach (var execution in task)
            {
                if (alone == 2)
                {
                    if (task.Count(e => e.StartedAt < execution.StartedAt && (e.EndedAt is not { } end || end > execution.StartedAt)) > 1) world.Fail($"{execution} is the third at once");
                }
                else if (before is not null && (before.EndedAt is not { } ended || ended > execution.StartedAt)) world.Fail($"{execution} overlaps {before}");
                before = execution;
            }

            // That a handler has started is written with its end: after a crash the next engine gives the number again.
            var numbers = task.GroupBy(e => (e.Attempt.Number, world.IsHandler(task.Key) ? e.Engine : null));
            foreach (var twice in numbers.Where(g => g.Count() > 1)) world.Fail($"attempt {twice.First().Attempt} ran {twice.Count()} times");
        }
    }

    private static List<RunEvent> Events(World world, string run) =>
        [.. world.Stored.ReadAsync(new RunId(run)).AsTask().GetAwaiter().GetResult().Select(RunJson.Read)];
}

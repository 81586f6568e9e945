using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;
using Foreflow.Core.Workflows;
using Foreflow.Engine.Runs;

namespace Foreflow.Engine.Pools;

/// <summary>A workflow version as a pool knows it.</summary>
internal sealed record WorkflowLink(WorkflowDefinition Definition, WorkflowSpec Spec, int Index, int FirstStage)
{
    /// <summary>Folder the newest run's commands start in: where replicas start too.</summary>
    public string? Folder { get; set; }

    /// <summary>Position in the definition of the stage at a position of the spec.</summary>
    public int DefinitionIndex(int position) => Spec.Positions.IndexOf(position);
}

/// <summary>A run as a pool knows it.</summary>
internal sealed class RunLink(string id, long number, WorkflowLink workflow)
{
    public string Id => id;

    public long Number => number;

    public WorkflowLink Workflow => workflow;

    public Dictionary<(int Stage, int Task), TaskLink> Tasks { get; } = [];

    /// <summary>Attempts that run beside those of <see cref="Tasks"/>; null while there were none.</summary>
    public Dictionary<(int Stage, int Task), TaskLink>? Hedges { get; set; }

    /// <summary>Memory that failed attempts were granted, and how many were killed for it: what the next grant is made from.</summary>
    public Dictionary<(int Stage, int Task), (long Bytes, int Kills)> Grants { get; } = [];

    public void NoteGrant(AttemptKey key, long bytes, AttemptCause cause)
    {
        var (_, kills) = Grants.GetValueOrDefault((key.Stage, key.Task));
        Grants[(key.Stage, key.Task)] = (bytes, cause == AttemptCause.OutOfMemory ? kills + 1 : kills);
    }

    public int StageIndex(int definitionStage) => workflow.FirstStage + workflow.Spec.Positions[definitionStage];
}

/// <summary>A task as a pool knows it.</summary>
internal sealed record TaskLink(RunLink Run, AttemptKey Key, long Ticket);

/// <summary>Which number of the snapshot is which run, task and workflow of the engine.</summary>
internal sealed class PoolRegister
{
    private readonly Dictionary<string, RunLink> _runs = new(StringComparer.Ordinal);
    private readonly Dictionary<long, TaskLink> _tasks = [];
    private readonly Dictionary<(string, string), WorkflowLink> _workflows = [];
    private readonly List<WorkflowLink> _byIndex = [];
    private long _nextRun = 1;
    private long _nextTicket = 1;

    public RunLink? FindRun(string id) => _runs.GetValueOrDefault(id);

    public RunLink AddRun(string id, WorkflowLink workflow) => _runs[id] = new RunLink(id, _nextRun++, workflow);

    /// <summary>Forgets a run, and of its attempts those that nothing more will be heard of: one that was outrun may still be ending.</summary>
    public void RemoveRun(RunLink run, ClusterSnapshot snapshot)
    {
        _runs.Remove(run.Id);
        Forget(run.Tasks);
        if (run.Hedges is not null) Forget(run.Hedges);

        void Forget(Dictionary<(int Stage, int Task), TaskLink> tasks)
        {
            foreach (var task in tasks.Values)
                if (snapshot.Task(task.Ticket) is not { Running: true }) _tasks.Remove(task.Ticket);
        }
    }

    public TaskLink? FindTask(long ticket) => _tasks.GetValueOrDefault(ticket);

    public TaskLink? FindTask(RunLink run, int stage, int task) => run.Tasks.GetValueOrDefault((stage, task));

    /// <summary>Gives tickets to tasks; returns the first.</summary>
    public long AddTasks(RunLink run, in ReadyTasks ready)
    {
        var first = _nextTicket;
        for (var i = 0; i < ready.Count; i++)
        {
            var task = new TaskLink(run, new AttemptKey(ready.Stage, ready.FirstTask + i, ready.Attempt), _nextTicket++);
            _tasks.Add(task.Ticket, task);
            run.Tasks[(ready.Stage, ready.FirstTask + i)] = task;
        }

        return first;
    }

    /// <summary>An attempt of a task beside one that runs. Should the run not take it, its number may be given to another: the two are kept apart.</summary>
    public TaskLink AddHedge(TaskLink hedged, long ticket)
    {
        var task = new TaskLink(hedged.Run, hedged.Key with { Attempt = hedged.Key.Attempt + 1 }, ticket);
        _tasks.Add(ticket, task);
        (task.Run.Hedges ??= [])[(task.Key.Stage, task.Key.Task)] = task;
        return task;
    }

    /// <summary>The attempt of a key; null where it is over.</summary>
    public TaskLink? FindAttempt(RunLink run, AttemptKey key)
    {
        if (run.Tasks.GetValueOrDefault((key.Stage, key.Task)) is { } task && task.Key == key) return task;
        return run.Hedges?.GetValueOrDefault((key.Stage, key.Task)) is { } hedge && hedge.Key == key ? hedge : null;
    }

    public void RemoveTask(TaskLink task)
    {
        _tasks.Remove(task.Ticket);
        var key = (task.Key.Stage, task.Key.Task);
        if (task.Run.Tasks.GetValueOrDefault(key) == task) task.Run.Tasks.Remove(key);
        else if (task.Run.Hedges?.GetValueOrDefault(key) == task) task.Run.Hedges!.Remove(key);
    }

    public WorkflowLink? FindWorkflow(string name, string version) => _workflows.GetValueOrDefault((name, version));

    public WorkflowLink WorkflowOf(int index) => _byIndex[index];

    public WorkflowLink AddWorkflow(WorkflowDefinition definition, WorkflowSpec spec, int index, int firstStage)
    {
        var link = new WorkflowLink(definition, spec, index, firstStage);
        _workflows.Add((definition.Name, definition.Version), link);
        _byIndex.Add(link);
        return link;
    }
}

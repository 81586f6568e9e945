namespace Foreflow.Core.Model;

/// <summary>A stage of a workflow: what profiles, demand curves and replicas belong to.</summary>
/// <param name="Workflow">Name of the workflow.</param>
/// <param name="Name">Name of the stage within it.</param>
public readonly record struct StageId(string Workflow, string Name) : IComparable<StageId>
{
    /// <inheritdoc/>
    public int CompareTo(StageId other)
    {
        var byWorkflow = string.CompareOrdinal(Workflow, other.Workflow);
        return byWorkflow != 0 ? byWorkflow : string.CompareOrdinal(Name, other.Name);
    }

    /// <summary><c>workflow/stage</c>.</summary>
    public override string ToString() => $"{Workflow}/{Name}";
}

/// <summary>One instance of a workflow. The shell makes ids; Core only compares them.</summary>
/// <param name="Value">Unique text, ordered by time of acceptance.</param>
public readonly record struct RunId(string Value) : IComparable<RunId>
{
    /// <inheritdoc/>
    public int CompareTo(RunId other) => string.CompareOrdinal(Value, other.Value);

    /// <summary>The id as text.</summary>
    public override string ToString() => Value;
}

/// <summary>One execution of a stage within a run.</summary>
/// <param name="Run">The run.</param>
/// <param name="Stage">Name of the stage.</param>
/// <param name="Index">0, or the position in <c>foreach</c>.</param>
public readonly record struct TaskId(RunId Run, string Stage, int Index)
{
    /// <summary><c>run/stage[index]</c>.</summary>
    public override string ToString() => $"{Run}/{Stage}[{Index}]";
}

/// <summary>One try of a task. The number doubles as fencing token: only the newest one may commit.</summary>
/// <param name="Task">The task.</param>
/// <param name="Number">1 for the first try; never used twice within a task.</param>
public readonly record struct AttemptId(TaskId Task, int Number)
{
    /// <summary><c>run/stage[index]#number</c>.</summary>
    public override string ToString() => $"{Task}#{Number}";
}

/// <summary>A machine of a pool.</summary>
/// <param name="Value">Unique text.</param>
public readonly record struct NodeId(string Value) : IComparable<NodeId>
{
    /// <inheritdoc/>
    public int CompareTo(NodeId other) => string.CompareOrdinal(Value, other.Value);

    /// <summary>The id as text.</summary>
    public override string ToString() => Value;
}

/// <summary>A warm instance of a stage that takes tasks.</summary>
/// <param name="Stage">The stage it serves.</param>
/// <param name="Number">Never used twice within a stage.</param>
public readonly record struct ReplicaId(StageId Stage, long Number) : IComparable<ReplicaId>
{
    /// <inheritdoc/>
    public int CompareTo(ReplicaId other)
    {
        var byStage = Stage.CompareTo(other.Stage);
        return byStage != 0 ? byStage : Number.CompareTo(other.Number);
    }

    /// <summary><c>workflow/stage~number</c>.</summary>
    public override string ToString() => $"{Stage}~{Number}";
}

namespace Foreflow.Engine.Storage;

/// <summary>Where a run stands, as far as lists and counts tell them apart. The numbers are stored: never renumber them.</summary>
public enum RunStatus
{
    /// <summary>Accepted; nothing of it has started.</summary>
    Queued = 0,

    /// <summary>At least one task has started.</summary>
    Running = 1,

    /// <summary>Held back by an operator or by a resource that is not granted; goes on later.</summary>
    Paused = 2,

    /// <summary>Ended: every stage that had to succeed did.</summary>
    Succeeded = 3,

    /// <summary>Ended: a stage failed for good.</summary>
    Failed = 4,

    /// <summary>Ended: a person or a program called it off.</summary>
    Cancelled = 5,
}

/// <summary>Questions about a <see cref="RunStatus"/>.</summary>
public static class RunStatusExtensions
{
    /// <summary>Whether the run still has to be carried on, by its owner or by who claims it.</summary>
    public static bool IsOpen(this RunStatus status) => status <= RunStatus.Paused;
}

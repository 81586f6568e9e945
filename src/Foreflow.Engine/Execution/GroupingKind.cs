namespace Foreflow.Engine.Execution;

/// <summary>How the processes of an attempt are held together.</summary>
public enum GroupingKind
{
    /// <summary>The best this host allows: control groups of either version, else the process tree.</summary>
    Best,

    /// <summary>Control groups of version 1 only, even where the unified hierarchy is mounted too.</summary>
    OlderHierarchies,

    /// <summary>The process tree as /proc shows it: nothing is limited, and figures are lower bounds.</summary>
    ProcessTree,
}

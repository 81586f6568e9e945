namespace Foreflow.Engine.Storage;

/// <summary>Everything an engine keeps. Safe to call from any thread.</summary>
public interface IStorage : IAsyncDisposable
{
    /// <summary>Where it is, for people: <c>SQLite in /var/lib/foreflow</c>. Holds no password.</summary>
    string Description { get; }

    /// <summary>Events and summaries of runs.</summary>
    IRunStore Runs { get; }

    /// <summary>Who carries on which run.</summary>
    IRunOwnership Ownership { get; }

    /// <summary>Journals of pools.</summary>
    IJournalStore Journal { get; }

    /// <summary>Profiles of stages.</summary>
    IProfileStore Profiles { get; }

    /// <summary>Models and series.</summary>
    IBlobStore Blobs { get; }

    /// <summary>Definitions of workflows.</summary>
    IWorkflowStore Workflows { get; }

    /// <summary>What operators have set.</summary>
    ISwitchStore Switches { get; }

    /// <summary>Results to use again.</summary>
    IResultCache Results { get; }

    /// <summary>Leases on gates that engines share.</summary>
    IGateStore Gates { get; }
}

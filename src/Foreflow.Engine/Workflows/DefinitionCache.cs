using System.Collections.Concurrent;
using Foreflow.Core.Workflows;
using Foreflow.Core.Workflows.Yaml;
using Foreflow.Engine.Storage;

namespace Foreflow.Engine.Workflows;

/// <summary>Definitions by name and version: from memory, else from the store, where every accepted version is kept.</summary>
public sealed class DefinitionCache(IWorkflowStore store)
{
    private readonly ConcurrentDictionary<(string Name, string Version), WorkflowDefinition> _known = new();

    /// <summary>Makes a definition known and keeps it.</summary>
    public async ValueTask AddAsync(WorkflowDefinition definition, Core.Model.Instant now)
    {
        if (_known.ContainsKey((definition.Name, definition.Version))) return;
        await store.SaveAsync(new WorkflowVersion(definition.Name, definition.Version, WorkflowWriter.Write(definition), now));
        // Only now: a run must not be accepted of a definition that a restart would not find.
        _known.TryAdd((definition.Name, definition.Version), definition);
    }

    /// <summary>A definition.</summary>
    /// <exception cref="KeyNotFoundException">No such version was ever stored.</exception>
    public async ValueTask<WorkflowDefinition> GetAsync(string name, string version)
    {
        if (_known.TryGetValue((name, version), out var known)) return known;
        var stored = await store.FindAsync(name, version)
            ?? throw new KeyNotFoundException($"version {version} of workflow '{name}' is not in the store");
        var reading = WorkflowReader.Read(stored.Definition);
        return _known.GetOrAdd((name, version), reading.Workflow ?? throw new WorkflowException(reading.Diagnostics));
    }

    /// <summary>A definition that was used in this process before; null where it was not.</summary>
    public WorkflowDefinition? Find(string name, string version) => _known.GetValueOrDefault((name, version));
}

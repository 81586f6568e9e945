using Foreflow.Cli.Presentation;
using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Workflows;
using Foreflow.Engine.Workflows;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Cli.Hosting;

/// <summary>Makes a scenario of what a data folder's pool lived through.</summary>
public static class LiveHistory
{
    /// <summary>Reads journal, workflows and profiles of a folder.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="last">Only this long before the newest arrival is simulated; null: all.</param>
    /// <param name="error">Told what is left out.</param>
    /// <param name="cancel">Stops reading.</param>
    /// <exception cref="UserErrorException">There is nothing to simulate.</exception>
    public static async Task<Scenario> ReadAsync(string folder, TimeSpan? last, TextWriter error, CancellationToken cancel)
    {
        await using var storage = await DataFolder.OpenExistingAsync(folder);
        var history = await JournalReader.HistoryAsync(storage, cancel);
        if (history.Arrivals == 0) throw new UserErrorException($"{folder}: no run has arrived there yet, so there is nothing to simulate; 'foreflow run FILE' starts one");
        var definitions = new Dictionary<string, WorkflowDefinition>(StringComparer.Ordinal);
        var cache = new DefinitionCache(storage.Workflows);
        foreach (var (name, version) in history.Workflows)
        {
            if (await storage.Workflows.FindAsync(name, version, cancel) is not null) definitions[name] = await cache.GetAsync(name, version);
            else error.WriteLine($"workflow '{name}' is left out: its version {version} is no longer in the store");
        }

        // A simulated node is like any other of the pool: what is known of all classes together comes first.
        var profiles = new Dictionary<StageId, StageProfile>();
        foreach (var kept in ProfileShelf.Together(await ProfileShelf.LoadAsync(storage.Profiles, workflow: null, error.WriteLine, cancel)))
            profiles.TryAdd(kept.Stage, kept.Profile);

        try
        {
            return history.ToScenario((name, _) => definitions.GetValueOrDefault(name), profiles.GetValueOrDefault, last);
        }
        catch (ScenarioException e)
        {
            throw new UserErrorException($"{folder}: {e.Message}");
        }
    }
}

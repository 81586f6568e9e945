using System.Security.Cryptography;
using System.Text;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows.Yaml;
using Foreflow.Engine.Runs;
using Foreflow.Engine.Storage;
using Foreflow.Traces.Import;

namespace Foreflow.Cli.Hosting;

/// <summary>What became of an import.</summary>
/// <param name="ProfilesAdded">False where the same file had been learnt before.</param>
/// <param name="Run">The run it is kept as; null where the history holds none.</param>
public readonly record struct ShelvedHistory(bool ProfilesAdded, RunId? Run);

/// <summary>
/// Adds a history made elsewhere to a store: its workflow, its run, its profiles. Each step is whole or not there and can
/// be done again without counting twice, so an import that was cut off is completed by importing the file once more.
/// </summary>
public static class HistoryShelf
{
    private static readonly OwnerId Importer = new("import");

    /// <summary>Names what an import adds: the same file for the same workflow and classes of nodes has the same source.</summary>
    public static string SourceOf(string path, string workflow, string nodeClass)
    {
        using var file = File.OpenRead(path);
        var content = Convert.ToHexStringLower(SHA256.HashData(file));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{content}\n{workflow}\n{nodeClass}")));
    }

    /// <summary>Adds a history.</summary>
    /// <param name="storage">Where to.</param>
    /// <param name="source">What <see cref="SourceOf"/> says of its file.</param>
    /// <param name="history">The history.</param>
    /// <param name="profiles">Its profiles, by the classes of nodes they are kept for.</param>
    /// <param name="now">When it is added.</param>
    /// <param name="cancel">Stops between two steps.</param>
    public static async Task<ShelvedHistory> AddAsync(IStorage storage, string source, ImportedHistory history, IEnumerable<ShelvedProfile> profiles, Instant now, CancellationToken cancel)
    {
        RunId? run = history.Run is null ? null : new RunId($"import-{source[..12]}");
        if (history.Run is { } recorded && await storage.Runs.FindAsync(run!.Value, cancel) is null) await AddRunAsync(storage, run.Value, recorded, now, cancel);
        return new ShelvedHistory(await ProfileShelf.AddOnceAsync(storage.Profiles, source, profiles, cancel), run);
    }

    private static async Task AddRunAsync(IStorage storage, RunId id, RecordedRun recorded, Instant now, CancellationToken cancel)
    {
        var definition = recorded.Definition;
        var current = await storage.Workflows.FindCurrentAsync(definition.Name, cancel);
        if (await storage.Workflows.FindAsync(definition.Name, definition.Version, cancel) is null)
        {
            await storage.Workflows.SaveAsync(new WorkflowVersion(definition.Name, definition.Version, WorkflowWriter.Write(definition), now), cancel);
            // What was recorded elsewhere does not take the place of a workflow that is in use here.
            if (current is not null) await storage.Workflows.SaveAsync(current, cancel);
        }

        var summary = RunSummaries.Of(recorded.Fold(id), Importer);
        await storage.Runs.AppendAsync(new RunAppend(id, 0, [.. recorded.Events.Select(RunJson.Write)], summary));
    }
}

using Foreflow.Cli.Presentation;
using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Engine.Runs;
using Foreflow.Engine.Storage;
using Foreflow.Engine.Workflows;

namespace Foreflow.Cli.Hosting;

/// <summary>Reads runs from the store, without an engine.</summary>
public static class RunReader
{
    /// <summary>A run as it is on disk, for people.</summary>
    public static async Task<RunView> ViewAsync(IStorage storage, RunId id, CancellationToken cancel) => RunViews.Of(await StateAsync(storage, id, cancel));

    /// <summary>A run as it is on disk.</summary>
    public static async Task<RunState> StateAsync(IStorage storage, RunId id, CancellationToken cancel)
    {
        var events = (await storage.Runs.ReadAsync(id, cancel: cancel)).Select(RunJson.Read).ToList();
        if (events.Count == 0) throw new UserErrorException($"run {id} has no events: it was pruned");
        var accepted = (RunAccepted)events[0];
        var run = new RunState(id, await new DefinitionCache(storage.Workflows).GetAsync(accepted.Workflow, accepted.Version));
        var ignored = new List<RunCommand>();
        foreach (var happened in events) RunMachine.Handle(run, happened, ignored);
        return run;
    }
}

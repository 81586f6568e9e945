using Foreflow.Cli.Presentation;
using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Engine.Runs;

namespace Foreflow.Cli.Hosting;

/// <summary>The runs that a command carries on because the process they belonged to has stopped.</summary>
internal sealed class TakenRuns(EngineSession engine, RunProgressView progress)
{
    private const int Named = 5;

    /// <summary>Says which there are, if any.</summary>
    public void Tell()
    {
        var taken = engine.TakeOver.Taken;
        if (taken.Count == 0) return;
        Console.Error.WriteLine($"foreflow: carrying on {taken.Count} run(s) whose process stopped: {string.Join(", ", taken.Take(Named))}{(taken.Count > Named ? ", …" : "")}");
    }

    /// <summary>Follows them until each is over or paused: those taken over meanwhile, too.</summary>
    public async Task<IReadOnlyList<RunView>> FollowAsync(CancellationToken cancel)
    {
        var views = new List<RunView>();
        while (engine.TakeOver.Taken.Skip(views.Count).ToList() is { Count: > 0 } more)
            views.AddRange(await Task.WhenAll(more.Select(run => progress.FollowAsync(engine.Client, run, cancel, orPause: true))));
        return views;
    }

    /// <summary>Says how many are not over, and what carries them on: they are nobody's to cancel here.</summary>
    public async Task TellLeftAsync()
    {
        var open = 0;
        foreach (var run in engine.TakeOver.Taken)
            if ((await engine.Client.ViewAsync(run)) is { EndedAt: null, Phase: not RunPhase.Paused }) open++;
        if (open > 0) Console.Error.WriteLine($"foreflow: {open} run(s) carried on for a process that stopped are left as they are. 'foreflow runs resume' goes on with them.");
    }
}

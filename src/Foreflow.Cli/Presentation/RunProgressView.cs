using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Engine;
using Foreflow.Engine.Runs;
using Spectre.Console;

namespace Foreflow.Cli.Presentation;

/// <summary>Shows how runs get on: in a terminal one line a run that changes in place, in a pipe one line for each stage that is over.</summary>
public sealed class RunProgressView
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(150);
    // No stage can be called so.
    private const string PausedMark = "(paused)";
    private const int RunsALook = 20;
    private readonly bool _silent;
    private readonly bool _live;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, RunView> _latest = new(StringComparer.Ordinal);
    private bool _drawn;
    private int _followed;

    private RunProgressView(bool silent, bool live) => (_silent, _live) = (silent, live);

    /// <summary>A view that suits the answer's form and where standard error goes.</summary>
    public static RunProgressView Create(OutputFormat format) =>
        new(silent: format == OutputFormat.Json && Console.IsErrorRedirected, live: !Console.IsErrorRedirected && AnsiConsole.Profile.Capabilities.Ansi);

    /// <summary>Follows a run to its end.</summary>
    /// <param name="client">The engine that carries it on.</param>
    /// <param name="run">The run.</param>
    /// <param name="cancel">Ends the following, not the run.</param>
    /// <param name="orPause">True to return where it is paused, too.</param>
    public async Task<RunView> FollowAsync(EngineClient client, RunId run, CancellationToken cancel, bool orPause = false)
    {
        var told = new HashSet<string>(StringComparer.Ordinal);
        Interlocked.Increment(ref _followed);
        var ended = client.WaitForEndAsync(run, cancel).AsTask();
        while (true)
        {
            var view = await client.ViewAsync(run);
            Show(view, told);
            // A run is over once its last event is on disk, which is a moment after it is seen to be.
            if (view.EndedAt is not null) return await ended;
            if (orPause && view.Phase == RunPhase.Paused) return view;
            await Task.WhenAny(ended, Task.Delay(PeriodFor(Interlocked.CompareExchange(ref _followed, 0, 0)), cancel));
            cancel.ThrowIfCancellationRequested();
            if (ended.IsFaulted) ended = client.WaitForEndAsync(run, cancel).AsTask();
            if (!ended.IsCompletedSuccessfully) continue;
            Show(await ended, told);
            return await ended;
        }
    }

    /// <summary>Looks are shared by all that are followed: thousands of runs must not keep the engine busy with being looked at. An end is told at once in any case.</summary>
    private static TimeSpan PeriodFor(int runs) => LookPeriod * Math.Max(1, runs / RunsALook);

    /// <summary>Ends the line that changes in place.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_drawn) Console.Error.WriteLine();
            _drawn = false;
        }
    }

    private void Show(RunView view, HashSet<string> told)
    {
        if (_silent) return;
        lock (_gate)
        {
            _latest[view.Id] = view;
            if (_live)
            {
                var line = LineOf(view);
                var width = Math.Max(20, Console.WindowWidth - 1);
                Console.Error.Write("\r" + (line.Length > width ? line[..(width - 1)] + "…" : line.PadRight(width)));
                _drawn = true;
                return;
            }

            if (view.Phase != RunPhase.Paused) told.Remove(PausedMark);
            else if (told.Add(PausedMark)) Console.Error.WriteLine($"{view.Id}: {view.Error}; 'foreflow runs resume {view.Id}' lets it go on");
            foreach (var stage in view.Stages.Where(s => s.Phase > StagePhase.Running && told.Add(s.Name)))
                Console.Error.WriteLine($"{view.Id} {stage.Name}: {stage.Phase.ToString().ToLowerInvariant()} ({stage.Succeeded} of {stage.Tasks} tasks, {stage.Attempts} attempts)");
        }
    }

    private string LineOf(RunView view)
    {
        if (_latest.Count == 1)
            return view.Workflow + " " + (view.Phase == RunPhase.Paused ? $"({view.Error}) " : "") + string.Join("  ", view.Stages.Select(s => $"{s.Name} {MarkOf(s)}"));
        var open = _latest.Values.Count(r => r.EndedAt is null);
        return $"{view.Workflow}: {_latest.Count} runs, {open} open, {_latest.Values.Count(r => r.Phase == RunPhase.Succeeded)} succeeded, {_latest.Values.Count(r => r.Phase == RunPhase.Failed)} failed";
    }

    private static string MarkOf(StageView stage) => stage.Phase switch
    {
        StagePhase.Waiting => "·",
        StagePhase.Running => stage.Tasks > 1 ? $"{stage.Succeeded}/{stage.Tasks}" : stage.Running > 0 ? "running" : "queued",
        StagePhase.Succeeded => "✓",
        StagePhase.Skipped => "skipped",
        _ => "✗",
    };
}

using Foreflow.Core.Model;
using Foreflow.Core.Runs;
using Foreflow.Engine.Runs;
using Foreflow.Engine.Storage;

namespace Foreflow.Cli.Hosting;

/// <summary>What becomes of the runs a command has submitted when it is interrupted.</summary>
internal static class InterruptedRuns
{
    /// <summary>A run that is cancelled asks its processes to end and kills them after ten seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Later than this somebody wonders what is waited for.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    /// <summary>Interrupted by a person: cancels them and waits for their ends. By the system: leaves them open, to be carried on. Says which.</summary>
    /// <returns>What the command returns.</returns>
    public static async Task<int> LeaveAsync(EngineSession engine, IReadOnlyList<RunId> runs, TakenRuns taken)
    {
        if (Interruption.IsByPerson) await CancelAsync(engine, runs);
        else await TellOpenAsync(engine, runs);
        await taken.TellLeftAsync();
        return Interruption.ExitCode;
    }

    private static async Task CancelAsync(EngineSession engine, IReadOnlyList<RunId> runs)
    {
        using var limit = new CancellationTokenSource(Patience);
        var cancelled = 0;
        var ending = Parallel.ForEachAsync(runs, limit.Token, async (run, cancel) =>
        {
            await engine.Client.CancelAsync(run, "interrupted by the user").AsTask().WaitAsync(cancel);
            if ((await engine.Client.WaitForEndAsync(run, cancel)).Phase == RunPhase.Cancelled) Interlocked.Increment(ref cancelled);
        });
        if (await Task.WhenAny(ending, Task.Delay(Moment)) != ending)
            Console.Error.WriteLine("foreflow: waiting for processes to end, at most 10 s each; Ctrl-C again leaves at once");
        try
        {
            await ending;
            Console.Error.WriteLine($"foreflow: interrupted; {cancelled} run(s) cancelled. 'foreflow runs' lists them.");
        }
        catch (Exception e) when (e is OperationCanceledException or StorageException or OrleansException or TimeoutException)
        {
            Console.Error.WriteLine($"foreflow: interrupted; {cancelled} of {runs.Count} run(s) cancelled so far. 'foreflow runs' lists them, 'foreflow runs resume' finishes it.");
        }
    }

    private static async Task TellOpenAsync(EngineSession engine, IReadOnlyList<RunId> runs)
    {
        var open = 0;
        foreach (var run in runs)
            if (await engine.Client.ViewAsync(run) is { EndedAt: null }) open++;
        Console.Error.WriteLine($"foreflow: told to stop; {open} run(s) are left open. 'foreflow runs resume' carries them on, and so does the next 'foreflow run'.");
    }
}

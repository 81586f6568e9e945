using System.Diagnostics;
using System.Text.Json;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;

namespace Foreflow.Bench.Throughput;

/// <summary>Memory of an engine whose store holds a million runs that are over.</summary>
internal static class FinishedRuns
{
    public static async Task RunAsync(Options options)
    {
        var (runs, own, open) = (options.Number("--runs", 1_000_000), options.Number("--by-engine", 100_000), options.Number("--open", 500));
        own = Math.Min(own, runs);
        using var scratch = new Scratch();
        await using var engine = await EngineUnderLoad.StartAsync(scratch.Folder);
        var chain = EngineUnderLoad.Chain(1);
        var clock = Stopwatch.StartNew();
        var cost = await engine.RunToEndAsync(chain, own, open);
        Say.Line($"{own:N0} runs of one stage by the engine: {cost.StagesPerSecond:N0} runs/s, {Resident.Megabytes} MB resident");
        await FillAsync(engine, runs - own);
        Say.Line($"{runs - own:N0} more written to its store, {Resident.Megabytes} MB resident; {clock.Elapsed.TotalSeconds:0} s so far");
        cost = await engine.RunToEndAsync(chain, Math.Min(own, 20_000), open);
        var list = Stopwatch.StartNew();
        await engine.Storage.Runs.ListAsync(new RunQuery());
        Say.Line($"then, on top of them: {cost.StagesPerSecond:N0} runs/s, the newest 100 listed in {list.Elapsed.TotalMilliseconds:0.0} ms, {Resident.Megabytes} MB resident, at most {Resident.HighestMegabytes} MB");
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            finishedRuns = runs,
            byEngine = own,
            runsPerSecond = Math.Round(cost.StagesPerSecond),
            listMilliseconds = Math.Round(list.Elapsed.TotalMilliseconds, 1),
            residentMegabytes = Resident.Megabytes,
            highestMegabytes = Resident.HighestMegabytes,
        }));
    }

    /// <summary>Rows as the engine writes them, without the engine's work.</summary>
    private static async Task FillAsync(EngineUnderLoad engine, int runs)
    {
        var like = (await engine.Storage.Runs.ListAsync(new RunQuery { Limit = 1 })).Runs[0];
        var events = await engine.Storage.Runs.ReadAsync(like.Id);
        using var room = new SemaphoreSlim(2_000);
        for (var i = 0; i < runs; i++)
        {
            await room.WaitAsync();
            _ = OneAsync(like with { Id = new RunId(FormattableString.Invariant($"0{i:D15}")), CreatedAt = new Instant(like.CreatedAt.Ticks - runs + i) });
        }

        for (var i = 0; i < 2_000; i++) await room.WaitAsync();

        async Task OneAsync(RunSummary run)
        {
            await engine.Storage.Runs.AppendAsync(new RunAppend(run.Id, 0, events, run));
            room.Release();
        }
    }
}

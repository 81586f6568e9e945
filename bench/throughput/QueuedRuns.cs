using System.Diagnostics;
using System.Text.Json;
using Foreflow.Core.Model;
using Foreflow.Core.Workflows;
using Foreflow.Engine.Storage;

namespace Foreflow.Bench.Throughput;

/// <summary>How long submitting, listing and cancelling take while runs by the hundred thousand wait for a machine that has no room.</summary>
internal static class QueuedRuns
{
    // Longer than a period of the control cycle: what a full cycle holds up is among the samples.
    private static readonly TimeSpan Sampled = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    public static async Task RunAsync(Options options)
    {
        var most = options.Number("--most", 100_000);
        using var scratch = new Scratch();
        // Room for one task at a time, which never ends: all others wait.
        await using var engine = await EngineUnderLoad.StartAsync(scratch.Folder, capacity: new Resources(1_000, 1L << 30));
        var workflow = Workflow.Create("waiting")
            .Stage("load", s => s.Run("exec sleep 86400").Resources(new Resources(1_000, 256L << 20), isFixed: true))
            .Stage("store", s => s.Run("true").Needs("load"))
            .Build();
        var waiting = new List<RunId> { await engine.SubmitAsync(workflow) };
        var random = new Random(7);
        await MeasureAsync(engine, workflow, waiting, random, TimeSpan.FromSeconds(3));
        Say.Line($"{"queued",8} {"",8} {"p50 ms",8} {"p99 ms",8} {"worst",8}");
        var levels = new List<object>();
        foreach (var queued in (int[])[0, 1_000, 10_000, 100_000])
        {
            if (queued > most) break;
            var clock = Stopwatch.StartNew();
            await FillAsync(engine, workflow, waiting, queued);
            if (queued > 0) Say.Line($"filled up to {queued:N0} in {clock.Elapsed.TotalSeconds:0.0} s, {Resident.Megabytes} MB resident");
            var (submit, list, cancel) = await MeasureAsync(engine, workflow, waiting, random, Sampled);
            foreach (var (name, times) in ((string, List<double>)[])[("submit", submit), ("list", list), ("cancel", cancel)])
                Say.Line($"{queued,8:N0} {name,8} {At(times, 0.5),8:0.0} {At(times, 0.99),8:0.0} {times.Max(),8:0.0}");
            levels.Add(new { queued, submit = Of(submit), list = Of(list), cancel = Of(cancel), residentMegabytes = Resident.Megabytes });
        }

        Console.WriteLine(JsonSerializer.Serialize(new { levels }));
    }

    private static async Task FillAsync(EngineUnderLoad engine, WorkflowDefinition workflow, List<RunId> waiting, int queued)
    {
        using var slots = new SemaphoreSlim(200);
        var ids = new System.Collections.Concurrent.ConcurrentQueue<RunId>();
        for (var i = waiting.Count - 1; i < queued; i++)
        {
            await slots.WaitAsync();
            _ = OneAsync();
        }

        for (var i = 0; i < 200; i++) await slots.WaitAsync();
        waiting.AddRange(ids);

        async Task OneAsync()
        {
            ids.Enqueue(await engine.SubmitAsync(workflow));
            slots.Release();
        }
    }

    /// <summary>One of each after the other. Of two cancelled runs one is the newest, the other any: perhaps one that is in memory no more.</summary>
    private static async Task<(List<double> Submit, List<double> List, List<double> Cancel)> MeasureAsync(
        EngineUnderLoad engine, WorkflowDefinition workflow, List<RunId> waiting, Random random, TimeSpan duration)
    {
        var (submit, list, cancel) = (new List<double>(), new List<double>(), new List<double>());
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < duration; await Task.Delay(Pause))
        {
            var (first, second) = (default(RunId), default(RunId));
            submit.Add(await TimeAsync(async () => first = await engine.SubmitAsync(workflow)));
            submit.Add(await TimeAsync(async () => second = await engine.SubmitAsync(workflow)));
            list.Add(await TimeAsync(async () => await engine.Storage.Runs.ListAsync(new RunQuery())));
            list.Add(await TimeAsync(async () => await engine.Storage.Runs.ListAsync(new RunQuery { Workflow = workflow.Name, Statuses = [RunStatus.Running, RunStatus.Queued] })));
            cancel.Add(await TimeAsync(async () => await engine.Client.CancelAsync(first, "bench")));
            // The first of all holds the machine: it stays.
            var any = waiting.Count > 1 ? random.Next(1, waiting.Count) : -1;
            var chosen = any < 0 ? second : waiting[any];
            if (any >= 0) waiting[any] = second;
            cancel.Add(await TimeAsync(async () => await engine.Client.CancelAsync(chosen, "bench")));
        }

        return (submit, list, cancel);
    }

    private static async Task<double> TimeAsync(Func<Task> what)
    {
        var from = Stopwatch.GetTimestamp();
        await what();
        return Stopwatch.GetElapsedTime(from).TotalMilliseconds;
    }

    private static double At(List<double> times, double quantile)
    {
        times.Sort();
        return times[(int)(quantile * (times.Count - 1))];
    }

    private static object Of(List<double> times) => new { samples = times.Count, p50 = Math.Round(At(times, 0.5), 2), p99 = Math.Round(At(times, 0.99), 2), worst = Math.Round(times.Max(), 2) };
}

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Foreflow.Core.Workflows;
using Foreflow.Engine.Nodes;

namespace Foreflow.Bench.Throughput;

/// <summary>
/// Kills an engine that has 10,000 runs open (kill -9), starts another on its folder, and measures from the start of that
/// process how long it takes until it works again. In every open run one stage is done, one was running, one is to come.
/// </summary>
internal static class Restart
{
    public static async Task RunAsync(Options options)
    {
        var (runs, rounds) = (options.Number("--runs", 10_000), options.Number("--rounds", 3));
        var reports = new List<Report>();
        for (var round = 0; round < rounds; round++)
        {
            using var scratch = new Scratch();
            using (var first = Start(scratch.Folder, runs, "hold"))
            {
                while (await first.StandardOutput.ReadLineAsync() is { } line && line != "holding")
                {
                }

                first.Kill();
                await first.WaitForExitAsync();
            }

            using var second = Start(scratch.Folder, runs, "finish");
            var text = await second.StandardOutput.ReadToEndAsync();
            await second.WaitForExitAsync();
            var report = JsonSerializer.Deserialize<Report>(text) ?? throw new InvalidOperationException(text);
            Say.Line($"round {round + 1}: engine up {report.UpMs} ms, all {runs:N0} runs taken up {report.TakenUpMs} ms ({report.TakenUpCpuMs} ms of processor), first interrupted stage committed {report.FirstCommitMs} ms, a new run done {report.NewRunMs} ms, all runs finished {report.AllFinishedMs} ms after the start of the process ({report.Finished:N0} finished, {report.ResidentMegabytes} MB)");
            if (report.Finished != runs) throw new InvalidOperationException($"{runs - report.Finished} runs were lost");
            reports.Add(report);
        }

        var worst = reports.MaxBy(r => Math.Max(r.TakenUpMs, r.NewRunMs))!;
        Console.WriteLine(JsonSerializer.Serialize(new { runs, rounds, workingAgainMs = Math.Max(worst.TakenUpMs, worst.NewRunMs), worst.TakenUpMs, worst.TakenUpCpuMs, worst.NewRunMs, worst.FirstCommitMs, worst.AllFinishedMs }, JsonSerializerOptions.Web));
    }

    /// <summary>The life of one of the engines, in a process of its own.</summary>
    public static async Task LifeAsync(Options options)
    {
        var (folder, runs, holds) = (options.Text("--folder")!, options.Number("--runs", 0), options.Text("--life") == "hold");
        var began = Process.GetCurrentProcess().StartTime;
        long SinceStart() => (long)(DateTime.Now - began).TotalMilliseconds;
        var (held, firstCommit) = (0, 0L);
        var all = new TaskCompletionSource();
        var handlers = EngineUnderLoad.Noop()
            .Add("hold", async (_, cancel) =>
            {
                if (Interlocked.Increment(ref held) == runs) all.TrySetResult();
                if (holds) await Task.Delay(Timeout.Infinite, cancel);
                return null;
            })
            .Add("after", (_, _) =>
            {
                // It starts only once the end of the stage before is on disk.
                Interlocked.CompareExchange(ref firstCommit, SinceStart(), 0);
                return ValueTask.FromResult<string?>(null);
            });
        var workflow = Workflow.Create("interrupted")
            .Stage("before", s => s.Handler("noop"))
            .Stage("during", s => s.Handler("hold").Needs("before"))
            .Stage("after", s => s.Handler("after").Needs("during"))
            .Build();
        await using var engine = await EngineUnderLoad.StartAsync(folder, handlers: handlers);
        var up = SinceStart();
        if (holds)
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, runs), new ParallelOptions { MaxDegreeOfParallelism = 200 }, async (_, _) => await engine.SubmitAsync(workflow));
            await all.Task;
            Console.WriteLine("holding");
            await Task.Delay(Timeout.Infinite);
        }

        await engine.RunToEndAsync(EngineUnderLoad.Chain(1), 1, 1);
        var newRun = SinceStart();
        while (engine.TakeOver.Taken.Count < runs) await Task.Delay(5);
        var taken = SinceStart();
        var cpu = (long)Process.GetCurrentProcess().TotalProcessorTime.TotalMilliseconds;
        var finished = 0;
        foreach (var run in engine.TakeOver.Taken)
            if ((await engine.Client.WaitForEndAsync(run)).Phase == Core.Runs.RunPhase.Succeeded) finished++;
        Console.WriteLine(JsonSerializer.Serialize(new Report(up, firstCommit, newRun, taken, cpu, SinceStart(), finished, Resident.HighestMegabytes)));
    }

    private static Process Start(string folder, int runs, string life) => Process.Start(new ProcessStartInfo(Environment.ProcessPath!)
    {
        ArgumentList = { "restart-life", "--folder", folder, "--runs", runs.ToString(CultureInfo.InvariantCulture), "--life", life },
        RedirectStandardOutput = true,
    })!;

    private sealed record Report(long UpMs, long FirstCommitMs, long NewRunMs, long TakenUpMs, long TakenUpCpuMs, long AllFinishedMs, int Finished, long ResidentMegabytes);
}

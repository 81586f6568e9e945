using System.Diagnostics;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;

namespace Foreflow.Bench.Storage;

/// <summary>How long lists, counts and look-ups take among many runs.</summary>
internal static class Lists
{
    private static readonly ReadOnlyMemory<byte>[] Events = [new byte[150], new byte[150]];

    public static async Task MeasureAsync(IStorage storage, int ended, int queued)
    {
        var runs = storage.Runs;
        var clock = Stopwatch.StartNew();
        using var room = new SemaphoreSlim(4_000);
        var last = 0;
        for (var i = 0; i < ended + queued; i++)
        {
            last = Appends.NextNumber();
            var status = i >= ended ? RunStatus.Queued : i % 50 == 0 ? RunStatus.Failed : RunStatus.Succeeded;
            await room.WaitAsync();
            _ = AddAsync(Appends.Summary(last, status));
        }

        for (var i = 0; i < 4_000; i++) await room.WaitAsync();
        Console.WriteLine($"filled with {ended:N0} ended and {queued:N0} queued runs in {clock.Elapsed.TotalSeconds:F0} s ({(ended + queued) / clock.Elapsed.TotalSeconds:N0} runs/s)");

        await TimeAsync("list, newest 100", () => runs.ListAsync(new RunQuery()));
        await TimeAsync("list, newest 1,000", () => runs.ListAsync(new RunQuery { Limit = 1_000 }));
        await TimeAsync("list of a workflow", () => runs.ListAsync(new RunQuery { Workflow = "workflow-3" }));
        await TimeAsync("list of failed", () => runs.ListAsync(new RunQuery { Statuses = [RunStatus.Failed] }));
        await TimeAsync("list of open (3 states)", () => runs.ListAsync(new RunQuery { Statuses = [RunStatus.Queued, RunStatus.Running, RunStatus.Paused] }));
        await TimeAsync("list of failed of a workflow", () => runs.ListAsync(new RunQuery { Workflow = "workflow-3", Statuses = [RunStatus.Failed] }));
        await TimeAsync("list since, none found", () => runs.ListAsync(new RunQuery { Since = Instant.FromUnixSeconds(4_000_000_000), Statuses = [RunStatus.Failed] }));
        var deep = new RunCursor(Instant.FromUnixSeconds(1_800_000_000 + (last / 2)), last / 2);
        await TimeAsync("list from the middle", () => runs.ListAsync(new RunQuery { After = deep }));
        await TimeAsync("counts by state", () => runs.CountAsync());
        await TimeAsync("find one", () => runs.FindAsync(new RunId($"01hzx{last / 3:D12}")));
        await TimeAsync("resolve the start of an id", () => runs.ResolveAsync("01hzx00000", 20));
        await TimeAsync("events of one", () => runs.ReadAsync(new RunId($"01hzx{last / 3:D12}")));
        await TimeAsync($"ids of all {queued:N0} open runs", () => storage.Ownership.OpenRunsAsync(new OwnerId("bench")));
        await TimeAsync("prune 500", () => runs.PruneAsync(Instant.Never, 500));

        async Task AddAsync(RunSummary run)
        {
            await runs.AppendAsync(new RunAppend(run.Id, 0, Events, run));
            room.Release();
        }
    }

    private static async Task TimeAsync<T>(string what, Func<ValueTask<T>> read)
    {
        var times = new List<double>();
        for (var i = 0; i < 21; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await read();
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        var first = times[0];
        times.Sort();
        Console.WriteLine($"  {what,-32} first {first,7:F1} ms, median {times[10],7:F2} ms, slowest {times[^1],7:F1} ms");
    }
}

using System.Diagnostics;
using Foreflow.Core.Model;
using Foreflow.Engine.Storage;

namespace Foreflow.Bench.Storage;

/// <summary>Appends a second, each acknowledged on disk before the next of its run.</summary>
internal static class Appends
{
    // A run of five stages: accepted, started and ended for each, ended.
    private const int EventsPerRun = 12;
    private static readonly ReadOnlyMemory<byte>[] Event = [new byte[150]];
    private static int lastRun;

    public static async Task MeasureRunsAsync(IStorage storage, int open, int seconds)
    {
        var meter = new Meter();
        var until = Stopwatch.GetTimestamp() + (seconds * Stopwatch.Frequency);
        await Task.WhenAll(Enumerable.Range(0, open).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetTimestamp() < until) await RunAsync(storage, meter);
        })));
        meter.Print($"{open,5} runs open");
    }

    public static async Task MeasureJournalAsync(IStorage storage, int seconds)
    {
        // A pool's grain does not wait for one append before it makes the next; it keeps 1,000 on their way, of 4 records each.
        const int Records = 4;
        var meter = new Meter();
        var pool = $"pool{Interlocked.Increment(ref lastRun)}";
        using var room = new SemaphoreSlim(1_000);
        var clock = Stopwatch.StartNew();
        for (long next = 0; clock.Elapsed.TotalSeconds < seconds; next += Records)
        {
            var records = new JournalRecord[Records];
            for (var i = 0; i < Records; i++)
                records[i] = new JournalRecord(next + i, new Instant(next), i, i == 0 ? "nightly/decode" : null, Event[0]);
            await room.WaitAsync();
            _ = AppendAsync(records);
        }

        for (var i = 0; i < 1_000; i++) await room.WaitAsync();
        meter.Print("journal, 4 records an append");

        async Task AppendAsync(JournalRecord[] records)
        {
            var started = Stopwatch.GetTimestamp();
            await storage.Journal.AppendAsync(pool, records);
            meter.Add(started);
            room.Release();
        }
    }

    /// <summary>One run from its first event to its last.</summary>
    public static async Task RunAsync(IStorage storage, Meter meter)
    {
        var number = Interlocked.Increment(ref lastRun);
        var run = Summary(number, RunStatus.Queued);
        for (var next = 0; next < EventsPerRun; next++)
        {
            var summary = next switch
            {
                0 => run,
                1 => run with { Status = RunStatus.Running, StartedAt = run.CreatedAt },
                EventsPerRun - 1 => run with { Status = RunStatus.Succeeded, StartedAt = run.CreatedAt, EndedAt = run.CreatedAt },
                _ => null,
            };
            var started = Stopwatch.GetTimestamp();
            await storage.Runs.AppendAsync(new RunAppend(run.Id, next, Event, summary));
            meter.Add(started);
        }
    }

    public static RunSummary Summary(int number, RunStatus status) => new()
    {
        Id = new RunId($"01hzx{number:D12}"),
        Workflow = $"workflow-{number % 7}",
        WorkflowVersion = "3f1c9a",
        Status = status,
        CreatedAt = Instant.FromUnixSeconds(1_800_000_000 + number),
        EndedAt = status.IsOpen() ? null : Instant.FromUnixSeconds(1_800_000_000 + number + 60),
        Owner = new OwnerId("bench"),
        TasksTotal = 5,
    };

    public static int NextNumber() => Interlocked.Increment(ref lastRun);
}

/// <summary>Counts and times operations, and what the process spends on them.</summary>
internal sealed class Meter
{
    private readonly long started = Stopwatch.GetTimestamp();
    private readonly TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime;
    private readonly long allocated = GC.GetTotalAllocatedBytes();
    private readonly long[] latencies = new long[200_000];
    private int count;

    public void Add(long from)
    {
        var index = Interlocked.Increment(ref count) - 1;
        latencies[index % latencies.Length] = Stopwatch.GetTimestamp() - from;
    }

    public void Print(string what)
    {
        var elapsed = Stopwatch.GetElapsedTime(started);
        var micros = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalMicroseconds;
        var sorted = latencies.Take(Math.Min(count, latencies.Length)).Order().ToArray();
        double Quantile(double q) => sorted.Length == 0 ? 0 : Stopwatch.GetElapsedTime(0, sorted[(int)(q * (sorted.Length - 1))]).TotalMilliseconds;
        Console.WriteLine(
            $"{what}: {count / elapsed.TotalSeconds,9:N0} appends/s, latency p50 {Quantile(0.5):F2} ms, p99 {Quantile(0.99):F2} ms, " +
            $"{micros / count:F1} us of processor and {(GC.GetTotalAllocatedBytes() - allocated) / (double)count:F0} bytes allocated an append");
    }
}

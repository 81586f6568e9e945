using System.Diagnostics;
using Foreflow.Engine.Storage;

namespace Foreflow.Bench.Storage;

/// <summary>Two engines on one folder: one writes as fast as it can, the other now and then. How long does the other wait?</summary>
internal static class Fairness
{
    public static async Task MeasureAsync(Func<IStorage> open, int seconds)
    {
        await using var busy = open();
        await using var other = open();
        var until = Stopwatch.GetTimestamp() + (seconds * Stopwatch.Frequency);
        var (load, meter) = (new Meter(), new Meter());
        var writing = Task.WhenAll(Enumerable.Range(0, 500).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetTimestamp() < until) await Appends.RunAsync(busy, load);
        })));
        while (Stopwatch.GetTimestamp() < until) await Appends.RunAsync(other, meter);
        await writing;
        load.Print("two on one folder: the busy one ");
        meter.Print("two on one folder: the other one");
    }
}

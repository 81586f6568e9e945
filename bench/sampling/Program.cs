using System.Diagnostics;
using System.Globalization;
using Foreflow.Core.Model;
using Foreflow.Engine.Execution;

// What sampling costs with many attempts at once, and what a process costs that does nothing.
// Usage: Foreflow.Bench.Sampling [attempts 100] [seconds 20] [no-op processes 300]
var attempts = Argument(0, 100);
var seconds = Argument(1, 20);
var processes = Argument(2, 300);
if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("processes run on Linux only");

foreach (var grouping in Enum.GetValues<GroupingKind>())
{
    await SamplingAsync(grouping);
    await ProcessesAsync(grouping);
}

await BareProcessesAsync();

async Task SamplingAsync(GroupingKind grouping)
{
    var folder = Directory.CreateTempSubdirectory("foreflow-bench-").FullName;
    var rounds = new List<double>();
    var runner = new NodeRunner(new() { DataFolder = folder, Grouping = grouping });
    runner.Sampled += samples => rounds.Add(samples.Attempts.Length);
    await using (runner)
    {
        var running = Enumerable.Range(0, attempts).Select(i => runner.Start(Order(folder, i, "while :; do sleep 5; done"))).ToList();
        // Away from the start's own cost: let everything get under way.
        await Task.Delay(TimeSpan.FromSeconds(3));
        rounds.Clear();
        var before = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.StartNew();
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        var cpu = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        var share = cpu / clock.Elapsed.TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{grouping,-16} sampling {attempts} attempts each 1 s: {share * 100:0.00} % of a core over {rounds.Count} rounds, {cpu / Math.Max(1, rounds.Count) / attempts * 1e6:0} us an attempt and round"));

        // The same rounds back to back, on this thread: what they cost when nobody else has emptied the caches meanwhile.
        var costs = new List<double>();
        for (var i = 0; i < 200; i++)
        {
            var used = Environment.CpuUsage.TotalTime;
            runner.SampleAll();
            costs.Add((Environment.CpuUsage.TotalTime - used).TotalMicroseconds / attempts);
        }

        costs.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{grouping,-16} the same back to back: median {costs[costs.Count / 2]:0} us an attempt and round"));
    }

    Directory.Delete(folder, recursive: true);
}

async Task ProcessesAsync(GroupingKind grouping)
{
    var folder = Directory.CreateTempSubdirectory("foreflow-bench-").FullName;
    await using (var runner = new NodeRunner(new() { DataFolder = folder, Grouping = grouping }))
    {
        for (var i = 0; i < 20; i++) await runner.Start(Order(folder, i, "")).Completion;
        var times = new List<double>();
        var all = Stopwatch.StartNew();
        for (var i = 0; i < processes; i++)
        {
            var clock = Stopwatch.StartNew();
            var outcome = await runner.Start(Order(folder, 1000 + i, "")).Completion;
            times.Add(clock.Elapsed.TotalMilliseconds);
            if (outcome.Cause != AttemptCause.Succeeded) throw new InvalidOperationException(outcome.Detail);
        }

        Report($"{grouping,-16} no-op script, one after another", times);
        all.Restart();
        await Parallel.ForEachAsync(Enumerable.Range(0, processes), new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (i, _) => await runner.Start(Order(folder, 10_000 + i, "")).Completion);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{grouping,-16} no-op script, 8 at a time: {all.Elapsed.TotalMilliseconds / processes:0.00} ms each"));
    }

    Directory.Delete(folder, recursive: true);
}

// The same shell started by the platform's own class, unmeasured, unlimited and uncaptured, to compare with.
async Task BareProcessesAsync()
{
    var times = new List<double>();
    for (var i = 0; i < processes; i++)
    {
        var clock = Stopwatch.StartNew();
        using var process = Process.Start("/bin/sh", ["-c", ""])!;
        await process.WaitForExitAsync();
        times.Add(clock.Elapsed.TotalMilliseconds);
    }

    Report("Process.Start    no-op script, one after another", times);
}

static AttemptOrder Order(string folder, int number, string script) => new()
{
    Attempt = new(new(new("bench"), "stage", number), 1),
    Command = new StageCommand.Script(script),
    WorkingFolder = folder,
    AttemptFolder = Path.Combine(folder, number.ToString(CultureInfo.InvariantCulture)),
};

static void Report(string what, List<double> milliseconds)
{
    milliseconds.Sort();
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: median {milliseconds[milliseconds.Count / 2]:0.00} ms, p95 {milliseconds[(int)(milliseconds.Count * 0.95)]:0.00} ms"));
}

int Argument(int index, int otherwise) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : otherwise;

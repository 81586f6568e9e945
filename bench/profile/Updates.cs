using Foreflow.Core.Profiling;

namespace Foreflow.Bench.Profile;

/// <summary>How fast a profile learns: whole attempts with all measures, not single values.</summary>
internal static class Updates
{
    private const int Rounds = 9;

    public static void Run()
    {
        var attempts = Attempts.Make(200_000, seed: 1);
        var values = ValuesOf(attempts);
        Measure("whole attempts, all measures known", attempts, values);
        var single = attempts.Select(a => a with { StartUp = null, Queue = null, Usage = new AttemptUsage { WallTime = a.Usage!.WallTime } }).ToArray();
        Measure("attempts with a run time only", single, 1);
    }

    /// <summary>Statistics that one attempt updates on average.</summary>
    private static double ValuesOf(AttemptRecord[] attempts)
    {
        var profile = new StageProfile();
        foreach (var attempt in attempts) profile.Record(attempt);
        return Enum.GetValues<Measure>().Sum(m => profile[m].Count) / (double)attempts.Length;
    }

    private static void Measure(string what, AttemptRecord[] attempts, double values)
    {
        var rates = new List<double>();
        var allocated = 0L;
        for (var round = 0; round < Rounds; round++)
        {
            var profile = new StageProfile();
            foreach (var attempt in attempts.AsSpan(0, 20_000)) profile.Record(attempt);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var began = ThreadClock.Nanoseconds;
            foreach (var attempt in attempts) profile.Record(attempt);
            var seconds = (ThreadClock.Nanoseconds - began) / 1e9;
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            rates.Add(attempts.Length / seconds);
        }

        rates.Sort();
        var median = rates[Rounds / 2];
        Console.WriteLine($"{what}: median {median:N0} attempts a second of processor time ({rates[0]:N0} to {rates[^1]:N0}), {median * values:N0} values, {allocated / (double)attempts.Length:0.0} B allocated each");
    }
}

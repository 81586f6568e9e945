using System.Diagnostics;
using Foreflow.Core.Tests.Reservation;

namespace Foreflow.Bench.Ledger;

/// <summary>Walks of every size, by turns, until so many operations were compared; the first difference ends it.</summary>
internal static class Soak
{
    private static readonly WalkSize[] s_sizes =
    [
        new(Horizon: 60, Nodes: 3, Capacity: 8, MaxAmount: 4),
        new(Horizon: 200, Nodes: 1, Capacity: 30, MaxAmount: 4),
        new(Horizon: 60, Nodes: 20, Capacity: 8, MaxAmount: 5),
        new(Horizon: 600, Nodes: 2, Capacity: 400, MaxAmount: 3),
    ];

    public static void Run(long operations, int seed)
    {
        var clock = Stopwatch.StartNew();
        long done = 0, conflicts = 0, walks = 0, nextReport = 100_000;
        for (; done < operations; seed++, walks++)
        {
            // Long walks are slow to check: one in fifty.
            var walk = new LedgerWalk(seed, walks % 50 == 49 ? s_sizes[3] : s_sizes[walks % 3]);
            try
            {
                walk.Run();
            }
            catch (Exception difference)
            {
                Console.WriteLine($"seed {seed}, operation {walk.Operations}: {difference}");
                Environment.ExitCode = 1;
                return;
            }

            done += walk.Operations;
            conflicts += walk.Conflicts;
            if (done < nextReport) continue;
            Console.WriteLine($"{done:N0} operations in {walks + 1:N0} walks, {conflicts:N0} conflicts, no difference, {clock.Elapsed.TotalSeconds:N0} s");
            nextReport = done + 500_000;
        }

        Console.WriteLine($"done: {done:N0} operations in {walks:N0} walks, {conflicts:N0} conflicts, no difference, {clock.Elapsed.TotalSeconds:N0} s; next seed {seed}");
    }
}

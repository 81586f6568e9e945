using System.Globalization;
using System.Text;

namespace Foreflow.Shell.Tests;

/// <summary>
/// The shell under simulated time, store, processes and crashes, thousands of histories. A failure names its seed;
/// FOREFLOW_SIMULATION_SEED=SEED runs that history alone and prints it, FOREFLOW_SIMULATIONS=N runs N of them.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int DefaultHistories = 4_000;

    [Fact]
    public void Whatever_goes_wrong_every_accepted_run_ends_and_every_result_is_committed_once()
    {
        if (Environment.GetEnvironmentVariable("FOREFLOW_SIMULATION_SEED") is { Length: > 0 } only)
        {
            var world = Play(int.Parse(only, CultureInfo.InvariantCulture));
            output.WriteLine(Story(world));
            output.WriteLine(world.JournalTail(100));
            output.WriteLine(world.OpenRuns());
            Assert.Empty(world.Faults);
            return;
        }

        var histories = Environment.GetEnvironmentVariable("FOREFLOW_SIMULATIONS") is { Length: > 0 } asked ? int.Parse(asked, CultureInfo.InvariantCulture) : DefaultHistories;
        var failed = new List<World.World>();
        for (var seed = 1; seed <= histories && failed.Count < 10; seed++)
        {
            var world = Play(seed);
            if (world.Faults.Count > 0) failed.Add(world);
        }

        if (failed.Count == 0) return;
        var report = new StringBuilder();
        foreach (var world in failed) report.AppendLine(CultureInfo.InvariantCulture, $"seed {world.Seed}: {string.Join("; ", world.Faults.Take(3))}");
        report.AppendLine(CultureInfo.InvariantCulture, $"FOREFLOW_SIMULATION_SEED={failed[0].Seed} replays the first:").AppendLine(Story(failed[0]));
        Assert.Fail(report.ToString());
    }

    [Fact]
    public void The_same_seed_is_the_same_history()
    {
        foreach (var seed in Enumerable.Range(1, 20))
        {
            var (first, again) = (Play(seed), Play(seed));
            Assert.Equal(first.Turns.Trace, again.Turns.Trace);
            Assert.Equal(first.Notes, again.Notes);
        }
    }

    private static World.World Play(int seed)
    {
        var world = new World.World(seed);
        world.Run();
        return world;
    }

    private static string Story(World.World world) => string.Join('\n', world.Notes.TakeLast(200).Append($"{world.Turns.Count} turns, {world.Clock.Elapsed}, trace {world.Turns.Trace:x}"));
}

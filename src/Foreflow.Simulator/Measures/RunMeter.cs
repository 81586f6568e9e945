using Foreflow.Core.Model;
using Foreflow.Core.Runs;

namespace Foreflow.Simulator.Measures;

/// <summary>
/// How long runs took from arrival to end, and how long each must have taken whatever the schedule: the longest path of
/// its tasks' run times, or its work over the cores there are.
/// </summary>
internal sealed class RunMeter(double cores)
{
    private readonly List<float> _makespans = [];
    private double _seconds;
    private double _leastSeconds;

    public long Arrived { get; set; }

    public long Completed { get; private set; }

    public long Failed { get; private set; }

    public double MakespanSeconds => Completed > 0 ? _seconds / Completed : 0;

    /// <summary>Seconds from arrival to end of the runs that ended well, in the order they ended.</summary>
    public IReadOnlyList<float> Makespans => _makespans;

    public double LowerBoundSeconds => Completed > 0 ? _leastSeconds / Completed : 0;

    public void Ended(RunState run, Instant now, double[] longestSeconds, double coreSeconds)
    {
        if (run.Phase != RunPhase.Succeeded)
        {
            Failed++;
            return;
        }

        Completed++;
        var seconds = (now - run.AcceptedAt!.Value).TotalSeconds;
        _seconds += seconds;
        _makespans.Add((float)seconds);
        _leastSeconds += Math.Max(LongestPath(run, longestSeconds), cores > 0 ? coreSeconds / cores : 0);
    }

    private static double LongestPath(RunState run, double[] longestSeconds)
    {
        if (longestSeconds.Length == 1) return longestSeconds[0];
        var graph = run.Definition.Graph;
        var longest = 0.0;
        foreach (var stage in graph.TopologicalOrder)
        {
            var before = 0.0;
            foreach (var parent in graph.Parents[stage]) before = Math.Max(before, longestSeconds[parent]);
            longest = Math.Max(longest, longestSeconds[stage] += before);
        }

        return longest;
    }
}

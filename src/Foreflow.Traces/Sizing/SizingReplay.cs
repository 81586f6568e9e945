using Foreflow.Core.Model;
using Foreflow.Core.Profiling.Sizing;
using Foreflow.Traces.Tasks;

namespace Foreflow.Traces.Sizing;

/// <summary>
/// Replays a trace causally: each task is sized when it starts, from tasks that have completed by then and from nothing
/// else; a grant that is too small costs all of itself for as long as the task ran, and is followed by a larger one.
/// </summary>
public static class SizingReplay
{
    /// <summary>More grants than this for one task end in failure: 2^40 times the first would not be enough.</summary>
    private const int MaximumGrants = 40;

    /// <summary>Replays a trace.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="filter">Which of its tasks count; the others that ran are learnt from.</param>
    /// <param name="presetBytes">Preset of tasks that name none.</param>
    /// <param name="options">Constants of sizing; defaults when null.</param>
    public static SizingReport Run(TaskTrace trace, SizingFilter filter, long? presetBytes = null, SizingOptions? options = null)
    {
        var (tasks, leftOut) = filter.Choose(trace, presetBytes);
        var moments = Moments(tasks);
        var preset = Replay(tasks, moments, new PresetPolicy());
        var baseline = Replay(tasks, moments, new LargestSoFarPolicy());
        var foreflow = Replay(tasks, moments, new ForeflowPolicy(options ?? SizingOptions.Default));

        var rows = Enumerable.Range(0, tasks.Count).Where(i => tasks[i].IsCounted)
            .GroupBy(i => tasks[i].Trace.Process, StringComparer.Ordinal)
            .Select(g => Row(g.Key, [.. g], tasks, preset, baseline, foreflow))
            .OrderByDescending(r => r.UsedGBh).ThenBy(r => r.Process, StringComparer.Ordinal).ToList();
        var predictions = Enumerable.Range(0, tasks.Count).Where(i => tasks[i].IsCounted)
            .Select(i => new SizingPrediction(tasks[i].Trace.Row, foreflow[i], foreflow[i][^1] >= tasks[i].NeedBytes))
            .OrderBy(p => p.Row).ToList();
        return new SizingReport(rows, Total(rows), predictions, leftOut);
    }

    /// <summary>What was known of each task when it started, apart from what policies learn for themselves.</summary>
    private static SizingMoment[] Moments(IReadOnlyList<SizedTask> tasks)
    {
        var lineage = new LineageSignals(tasks);
        var moments = new SizingMoment[tasks.Count];
        foreach (var (index, starts) in Order(tasks))
        {
            if (starts) moments[index] = new SizingMoment(tasks[index], lineage.Of(tasks[index]));
            else lineage.Learn(tasks[index]);
        }

        return moments;
    }

    private static List<long>[] Replay(IReadOnlyList<SizedTask> tasks, SizingMoment[] moments, ISizingPolicy policy)
    {
        var grants = new List<long>[tasks.Count];
        foreach (var (index, starts) in Order(tasks))
        {
            var task = tasks[index];
            if (!task.IsCounted) continue;
            if (!starts)
            {
                policy.Learn(moments[index], grants[index][0] >= task.NeedBytes);
                continue;
            }

            var granted = grants[index] = [policy.First(moments[index])];
            while (granted[^1] < task.NeedBytes && granted.Count < MaximumGrants)
            {
                granted.Add(policy.Next(moments[index], granted[^1], granted.Count));
            }
        }

        return grants;
    }

    /// <summary>
    /// Starts and completions by time. At one instant, completions of tasks that started earlier come first, then starts,
    /// then completions of tasks that started just then: no task learns from itself or from one that starts with it.
    /// </summary>
    private static IEnumerable<(int Index, bool Starts)> Order(IReadOnlyList<SizedTask> tasks)
    {
        var events = new List<(Instant At, int Phase, int Index)>(2 * tasks.Count);
        for (var i = 0; i < tasks.Count; i++)
        {
            var (started, completed) = (tasks[i].Started, Instant.Max(tasks[i].Started, tasks[i].Completed));
            events.Add((started, 1, i));
            events.Add((completed, completed > started ? 0 : 2, i));
        }

        events.Sort();
        return events.Select(e => (e.Index, e.Phase == 1));
    }

    private static SizingRow Row(string process, int[] members, IReadOnlyList<SizedTask> tasks, params List<long>[][] policies)
    {
        var used = members.Sum(i => GBh(tasks[i].NeedBytes, tasks[i].Hours));
        var wastes = policies.Select(grants => members.Aggregate(default(PolicyWaste), (sum, i) => sum + Waste(tasks[i], grants[i]))).ToArray();
        return new SizingRow(process, members.Length, used, wastes[0], wastes[1], wastes[2]);
    }

    private static SizingRow Total(List<SizingRow> rows) => new(
        "total",
        rows.Sum(r => r.Tasks),
        rows.Sum(r => r.UsedGBh),
        rows.Aggregate(default(PolicyWaste), (sum, r) => sum + r.Preset),
        rows.Aggregate(default(PolicyWaste), (sum, r) => sum + r.Baseline),
        rows.Aggregate(default(PolicyWaste), (sum, r) => sum + r.Foreflow));

    private static PolicyWaste Waste(SizedTask task, List<long> grants)
    {
        var failed = grants.Count(g => g < task.NeedBytes);
        var waste = grants.Sum(g => GBh(g < task.NeedBytes ? g : g - task.NeedBytes, task.Hours));
        return new PolicyWaste(waste, failed, failed > 0 ? 1 : 0);
    }

    private static double GBh(long bytes, double hours) => bytes / 1e9 * hours;
}

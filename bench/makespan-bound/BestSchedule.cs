using Foreflow.Traces.Workflows;
using Google.OrTools.Sat;

namespace Foreflow.Bench.MakespanBound;

/// <summary>What the solver found out about the shortest run of a recorded workflow on a number of slots.</summary>
/// <param name="LeastSeconds">No schedule is shorter: proven.</param>
/// <param name="BestSeconds">A schedule this long exists.</param>
/// <param name="Proven">True when the two are the same.</param>
internal sealed record BestSchedule(double LeastSeconds, double BestSeconds, bool Proven)
{
    /// <summary>Run times are counted in this many steps a second: rounded down for the bound, so that it stays one.</summary>
    private const double StepsPerSecond = 1000;

    /// <summary>Solves the scheduling of tasks with precedence on equal slots (resource-constrained project scheduling) by CP-SAT.</summary>
    public static BestSchedule Of(WorkflowHistory history, int slots, double mostSeconds)
    {
        var model = new CpModel();
        var steps = history.Tasks.Select(t => (long)Math.Floor(t.RuntimeSeconds * StepsPerSecond)).ToArray();
        var horizon = steps.Sum();
        var starts = steps.Select((s, i) => model.NewIntVar(0, horizon - s, $"start{i}")).ToArray();
        var end = model.NewIntVar(0, horizon, "end");
        var slot = model.AddCumulative(slots);
        for (var i = 0; i < steps.Length; i++)
        {
            slot.AddDemand(model.NewFixedSizeIntervalVar(starts[i], steps[i], $"task{i}"), 1);
            model.Add(end >= starts[i] + steps[i]);
            foreach (var parent in history.Tasks[i].Parents) model.Add(starts[i] >= starts[parent] + steps[parent]);
        }

        model.Add(end >= HeadsAndTails(history, steps, slots));
        model.Minimize(end);
        var solver = new CpSolver { StringParameters = FormattableString.Invariant($"max_time_in_seconds:{mostSeconds},num_workers:{Environment.ProcessorCount},random_seed:1") };
        var status = solver.Solve(model);
        var found = status is CpSolverStatus.Optimal or CpSolverStatus.Feasible;
        return new BestSchedule(solver.BestObjectiveBound / StepsPerSecond, found ? solver.ObjectiveValue / StepsPerSecond : double.NaN, status == CpSolverStatus.Optimal);
    }

    /// <summary>
    /// A bound the solver does not find by itself: tasks that cannot start before r and after which at least q is left take r,
    /// then their work over the slots, then q (Carlier 1987, over all pairs of r and q). With r = q = 0 it is work over slots.
    /// </summary>
    private static long HeadsAndTails(WorkflowHistory history, long[] steps, int slots)
    {
        var (heads, tails) = (new long[steps.Length], new long[steps.Length]);
        foreach (var i in history.TopologicalOrder)
            foreach (var parent in history.Tasks[i].Parents) heads[i] = Math.Max(heads[i], heads[parent] + steps[parent]);
        foreach (var i in history.TopologicalOrder.Reverse())
            foreach (var child in history.Tasks[i].Children) tails[i] = Math.Max(tails[i], tails[child] + steps[child]);
        var most = 0L;
        foreach (var head in heads.Distinct())
        {
            foreach (var tail in tails.Distinct())
            {
                var work = 0L;
                for (var i = 0; i < steps.Length; i++)
                    if (heads[i] >= head && tails[i] >= tail) work += steps[i];
                if (work > 0) most = Math.Max(most, head + tail + ((work + slots - 1) / slots));
            }
        }

        return most;
    }
}

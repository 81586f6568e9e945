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

        model.Minimize(end);
        var solver = new CpSolver { StringParameters = FormattableString.Invariant($"max_time_in_seconds:{mostSeconds},num_workers:{Environment.ProcessorCount},random_seed:1") };
        var status = solver.Solve(model);
        var found = status is CpSolverStatus.Optimal or CpSolverStatus.Feasible;
        return new BestSchedule(solver.BestObjectiveBound / StepsPerSecond, found ? solver.ObjectiveValue / StepsPerSecond : double.NaN, status == CpSolverStatus.Optimal);
    }
}

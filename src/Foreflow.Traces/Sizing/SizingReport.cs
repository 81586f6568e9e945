using Foreflow.Traces.Tasks;

namespace Foreflow.Traces.Sizing;

/// <summary>What a policy wasted.</summary>
/// <param name="WasteGBh">Granted and not used, in 10^9 bytes times hours; a grant that was too small is wasted whole, for as long as the task ran.</param>
/// <param name="FailedGrants">Grants that were too small.</param>
/// <param name="TasksFailedFirst">Tasks whose first grant was too small.</param>
public readonly record struct PolicyWaste(double WasteGBh, int FailedGrants, int TasksFailedFirst)
{
    /// <summary>Sum.</summary>
    public static PolicyWaste operator +(PolicyWaste a, PolicyWaste b) =>
        new(a.WasteGBh + b.WasteGBh, a.FailedGrants + b.FailedGrants, a.TasksFailedFirst + b.TasksFailedFirst);
}

/// <summary>How the policies did on a process, or on all.</summary>
/// <param name="Process">Name of the process.</param>
/// <param name="Tasks">Tasks that count.</param>
/// <param name="UsedGBh">Peak memory times hours.</param>
/// <param name="Preset">What the workflow's author asked for.</param>
/// <param name="Baseline">1.1 times the largest peak so far, doubled when too small.</param>
/// <param name="Foreflow">Foreflow's own sizing.</param>
public sealed record SizingRow(string Process, int Tasks, double UsedGBh, PolicyWaste Preset, PolicyWaste Baseline, PolicyWaste Foreflow)
{
    /// <summary>Foreflow's waste over the baseline's; null where the baseline wastes nothing.</summary>
    public double? OverBaseline => Baseline.WasteGBh > 0 ? Foreflow.WasteGBh / Baseline.WasteGBh : null;
}

/// <summary>What Foreflow granted a task.</summary>
/// <param name="Row">Data row in the trace, from 1.</param>
/// <param name="GrantsBytes">Every grant, in order.</param>
/// <param name="Succeeded">Whether the last one was enough.</param>
public sealed record SizingPrediction(int Row, IReadOnlyList<long> GrantsBytes, bool Succeeded);

/// <summary>A trace replayed.</summary>
/// <param name="Processes">By process, the most used first.</param>
/// <param name="Total">All processes together.</param>
/// <param name="Predictions">What Foreflow granted, in order of row.</param>
/// <param name="LeftOut">Rows that do not count, and why.</param>
public sealed record SizingReport(IReadOnlyList<SizingRow> Processes, SizingRow Total, IReadOnlyList<SizingPrediction> Predictions, IReadOnlyList<LeftOutRow> LeftOut);

using System.Collections.Immutable;
using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Outcomes;

/// <summary>
/// Watches how good the forecasts of demand are that decisions rest on: of each stage that replicas serve, for the time a
/// replica ordered now would be warm. Told once an hour of the pool's time. Bounded: some kilobytes a stage.
/// </summary>
internal sealed class ForecastWatch
{
    private static readonly long HourTicks = TimeSpan.FromHours(1).Ticks;

    private readonly Dictionary<int, StageForecasts> _stages = [];
    private DemandCurve?[] _curves = [];
    private bool _foresees;
    private long _hour = long.MinValue;

    /// <summary>A control cycle: judges the forecasts whose time has come and notes the new ones.</summary>
    public void Look(ClusterSnapshot snapshot, ImmutableArray<DemandCurve> demand, ICollection<Outcome> settled)
    {
        // Without a policy that looks ahead there is nothing to judge; with one, no curve means that nothing is foreseen.
        _foresees |= !demand.IsEmpty;
        if (!_foresees) return;
        var hour = snapshot.Now.Ticks / HourTicks;
        if (hour != _hour)
        {
            if (_hour != long.MinValue) Tell(snapshot, settled);
            _hour = hour;
        }

        if (_curves.Length < snapshot.Stages.Count) _curves = new DemandCurve?[snapshot.Stages.Count];
        Array.Clear(_curves);
        foreach (var curve in demand) _curves[curve.Stage] = curve;
        foreach (var stage in snapshot.Stages)
        {
            if (stage.Spec.Kind != StageKind.Worker) continue;
            if (!_stages.TryGetValue(stage.Index, out var forecasts))
            {
                if (_curves[stage.Index] is null && stage.TasksReady == 0) continue;
                _stages.Add(stage.Index, forecasts = new StageForecasts(stage, snapshot.Now));
            }

            forecasts.Look(snapshot, stage, _curves[stage.Index]);
        }
    }

    /// <summary>The journal ends.</summary>
    public void Close(ClusterSnapshot snapshot, ICollection<Outcome> settled) => Tell(snapshot, settled);

    private void Tell(ClusterSnapshot snapshot, ICollection<Outcome> settled)
    {
        foreach (var stage in snapshot.Stages)
            if (_stages.TryGetValue(stage.Index, out var forecasts) && forecasts.Tell(stage, snapshot.Now) is { } outcome) settled.Add(outcome);
    }
}

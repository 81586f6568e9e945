using Foreflow.Core;
using Foreflow.Core.Forecasting.Demand;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;
using Foreflow.Simulator.Measures;

namespace Foreflow.Simulator.Reports;

/// <summary>One look at a stage.</summary>
/// <param name="At">When.</param>
/// <param name="Demand">Tasks that wait or run.</param>
/// <param name="Waiting">Tasks that wait.</param>
/// <param name="Replicas">Replicas there are.</param>
/// <param name="Reserved">Reservations of the pool.</param>
/// <param name="ForecastLow">Slots forecast for a start-up from now at 50 %; NaN without a forecast.</param>
/// <param name="ForecastHigh">The same at 95 %.</param>
public readonly record struct TimelinePoint(Instant At, int Demand, int Waiting, int Replicas, int Reserved, double ForecastLow, double ForecastHigh);

/// <summary>How a simulation went, as a report draws it: a look at every stage at each full cycle, thinned out as it grows.</summary>
public sealed class Timeline
{
    private const int Most = 2000;

    private readonly List<List<TimelinePoint>> _stages = [];
    private readonly List<string> _names = [];
    private int _stride = 1;
    private int _seen;

    /// <summary>Full names of the stages.</summary>
    public IReadOnlyList<string> Stages => _names;

    /// <summary>The looks at a stage, in order.</summary>
    public IReadOnlyList<TimelinePoint> Of(int stage) => _stages[stage];

    internal void Take(CyclePlan plan, ClusterSnapshot snapshot, IReadOnlyList<StageMeter> meters, int reserved)
    {
        while (_stages.Count < meters.Count)
        {
            _names.Add(meters[_stages.Count].Name);
            _stages.Add([]);
        }

        if (_seen++ % _stride != 0) return;
        foreach (var stage in snapshot.Stages)
        {
            var curve = plan.Demand.FirstOrDefault(d => d.Stage == stage.Index);
            var lead = TimeSpan.FromSeconds(stage.StartUpSeconds) + snapshot.Settings.CyclePeriod;
            var (low, high) = curve is null ? (double.NaN, double.NaN) : (Peak(curve, 0.5, lead), Peak(curve, 0.95, lead));
            _stages[stage.Index].Add(new TimelinePoint(plan.At, meters[stage.Index].InSystem, stage.Queued, meters[stage.Index].Replicas, reserved, low, high));
        }

        if (_stages.Count > 0 && _stages[0].Count >= Most) Thin();
    }

    /// <summary>The highest slots of a demand curve at a level until a replica ordered now is warm.</summary>
    private static double Peak(DemandCurve curve, double level, TimeSpan lead)
    {
        var highest = 0.0;
        for (var ahead = TimeSpan.Zero; ahead <= lead; ahead += curve.Step) highest = Math.Max(highest, curve.At(ahead).Quantile(level));
        return highest;
    }

    private void Thin()
    {
        _stride *= 2;
        for (var s = 0; s < _stages.Count; s++) _stages[s] = [.. _stages[s].Where((_, i) => i % 2 == 0)];
    }
}

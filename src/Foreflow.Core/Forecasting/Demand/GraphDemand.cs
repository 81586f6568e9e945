using System.Collections.Immutable;
using System.Numerics.Tensors;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Forecasting.Demand;

/// <summary>
/// Demand of every stage, derived from the graph: open runs are played forward from where they are, given how long their
/// tasks have run already, and forecast arrivals are folded with what a run asks of each stage as it grows older. Keeps
/// what it learnt of arrivals and runs from cycle to cycle; the same events give the same curves.
/// </summary>
public sealed class GraphDemand
{
    /// <summary>Futures of open runs played in a cycle and workflow; of more open runs a sample stands for all, of fewer each is played several times.</summary>
    private const int RunsPlayed = 1024;

    private readonly SortedDictionary<string, ArrivalForecast> _arrivals = new(StringComparer.Ordinal);
    private readonly Dictionary<int, WorkflowResponse> _responses = [];

    /// <summary>The arrival forecast of a workflow: versions of it share one.</summary>
    public ArrivalForecast ArrivalsOf(string workflow, PoolSettings settings)
    {
        if (!_arrivals.TryGetValue(workflow, out var forecast))
            _arrivals[workflow] = forecast = new ArrivalForecast(settings.FineStep, settings.CoarseStep);
        return forecast;
    }

    /// <summary>The demand curve of each stage that has any, by stage number.</summary>
    public ImmutableArray<DemandCurve> Forecast(ClusterSnapshot snapshot)
    {
        var settings = snapshot.Settings;
        var buckets = (int)Math.Ceiling(settings.FineHorizon / settings.FineStep);
        var curves = ImmutableArray.CreateBuilder<DemandCurve>();
        var newest = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var workflow in snapshot.Workflows) newest[workflow.Spec.Name] = workflow.Index;
        foreach (var workflow in snapshot.Workflows)
        {
            // Arrivals go to the newest version; runs of older ones are played to their end.
            var arrives = newest[workflow.Spec.Name] == workflow.Index && workflow.Arrivals.Count > 0;
            if (workflow.OpenRuns.Count == 0 && !arrives) continue;
            if (!workflow.Spec.Stages.Any(s => s.Kind != StageKind.Handler)) continue;
            var seed = Draw.Mix(settings.Seed, Draw.Mix(workflow.Spec.Name));
            if (!_responses.TryGetValue(workflow.Index, out var response) || response.IsOutdated(snapshot, workflow, buckets))
                _responses[workflow.Index] = response = WorkflowResponse.Of(snapshot, workflow, buckets, seed);
            var load = new WorkflowLoad(snapshot, workflow, response, seed);
            if (workflow.OpenRuns.Count > 0) load.PlayOpenRuns();
            ArrivalForecast? forecast = null;
            ArrivalOutlook? outlook = null;
            if (arrives)
            {
                forecast = ArrivalsOf(workflow.Spec.Name, settings);
                forecast.CatchUp(workflow.Arrivals, snapshot.Now);
                outlook = forecast.Outlook(workflow.Arrivals, snapshot.Now, buckets);
            }

            load.Collect(outlook, forecast?.Coarse(workflow.Arrivals, snapshot.Now, settings) ?? CoarseOutlook.Nothing, forecast, curves);
        }

        return curves.ToImmutable();
    }

    /// <summary>The load that one workflow puts on its stages.</summary>
    private sealed class WorkflowLoad
    {
        private readonly ClusterSnapshot _snapshot;
        private readonly WorkflowState _workflow;
        private readonly WorkflowResponse _response;
        private readonly ulong _seed;
        private readonly double _stepSeconds;
        private readonly float[][] _open;
        private readonly int[] _runsToCome;
        private readonly double[] _finish;
        private readonly Dictionary<(long Run, int Position), List<(double ElapsedSeconds, RuntimeTable Runtimes)>> _elapsed = [];

        public WorkflowLoad(ClusterSnapshot snapshot, WorkflowState workflow, WorkflowResponse response, ulong seed)
        {
            (_snapshot, _workflow, _response, _seed) = (snapshot, workflow, response, seed);
            _stepSeconds = snapshot.Settings.FineStep.TotalSeconds;
            var stages = workflow.Spec.Stages.Length;
            _open = new float[stages][];
            _runsToCome = new int[stages];
            _finish = new double[stages];
        }

        public void PlayOpenRuns()
        {
            var runs = _workflow.OpenRuns;
            for (var i = 0; i < _open.Length; i++)
            {
                _open[i] = new float[_response.Buckets];
                foreach (var task in Stage(i).InFlight)
                {
                    // Of two attempts of a task the newer one stands for it: the other has outlived what is usual.
                    if (task.HedgedBy != 0 && _snapshot.Task(task.HedgedBy) is not null) continue;
                    if (!_elapsed.TryGetValue((task.Run, i), out var list)) _elapsed[(task.Run, i)] = list = [];
                    list.Add((Math.Max(0, (_snapshot.Now - task.StartedAt).TotalSeconds), _response.RuntimesOn(i, _snapshot.Nodes[task.Node].Class)));
                }
            }

            var stride = Math.Max(1, (runs.Count + RunsPlayed - 1) / RunsPlayed);
            var plays = Math.Clamp(RunsPlayed / Math.Max(1, runs.Count), 1, _snapshot.Settings.SamplePaths);
            for (var i = 0; i < runs.Count; i += stride)
                for (var play = 0; play < plays; play++) Play(runs[i], Draw.Mix(Draw.Mix(_seed, (ulong)runs[i].Number), (ulong)play), (float)stride / plays);
            foreach (var run in runs)
                for (var i = 0; i < _runsToCome.Length; i++)
                    if (run.Stages[i] != StageProgress.Settled) _runsToCome[i]++;
        }

        public void Collect(ArrivalOutlook? outlook, CoarseOutlook coarse, ArrivalForecast? forecast, ImmutableArray<DemandCurve>.Builder curves)
        {
            var expected = outlook is null || outlook.IsEmpty ? null : Array.ConvertAll(outlook.Mean, m => (float)m);
            for (var i = 0; i < _open.Length; i++)
            {
                if (Stage(i).Spec.Kind == StageKind.Handler) continue;
                var mean = new float[_response.Buckets];
                var noise = new float[_response.Buckets];
                var level = new float[_response.Buckets];
                if (expected is not null) AddArrivals(i, expected, outlook!, mean, noise, level);
                if (_open[i] is { } open) AddOpen(i, open, mean, noise);
                if (!mean.AsSpan().ContainsAnyExcept(0f) && coarse.PerSecond.Length == 0) continue;
                curves.Add(new DemandCurve(
                    Stage(i).Index, _snapshot.Now, _snapshot.Settings.FineStep, mean, noise, level, coarse, _response.SlotSeconds[i], _response.DelaySeconds[i])
                {
                    Distrust = forecast?.Guard.Reason,
                    Basis = forecast?.Description ?? "",
                });
            }
        }

        /// <summary>Runs that may come: a compound Poisson process through the stage, dispersed as arrivals are.</summary>
        private void AddArrivals(int position, float[] expected, ArrivalOutlook outlook, float[] mean, float[] noise, float[] level)
        {
            var (held, square) = (_response.Mean[position], _response.Square[position]);
            var (first, last) = (Array.FindIndex(held, h => h != 0), Array.FindLastIndex(held, h => h != 0));
            if (first < 0) return;
            var spread = new float[held.Length];
            for (var k = first; k <= last; k++)
                spread[k] = Math.Max(0, square[k] - (held[k] * held[k])) + ((float)outlook.Dispersion * held[k] * held[k]);
            for (var b = 0; b < expected.Length; b++)
            {
                if (expected[b] == 0 || b + first >= mean.Length) continue;
                var until = Math.Min(last + 1, mean.Length - b);
                var target = mean.AsSpan(b + first, until - first);
                TensorPrimitives.MultiplyAdd(held.AsSpan(first, until - first), expected[b], target, target);
                target = noise.AsSpan(b + first, until - first);
                TensorPrimitives.MultiplyAdd(spread.AsSpan(first, until - first), expected[b], target, target);
            }

            for (var b = 0; b < mean.Length; b++) level[b] = (float)outlook.LevelVariance[b] * mean[b] * mean[b];
        }

        /// <summary>Runs that are there: each holds its slots at a time or does not, so what is certain has no variance.</summary>
        private void AddOpen(int position, float[] open, float[] mean, float[] noise)
        {
            var most = (float)_runsToCome[position] * _response.Tasks[position];
            for (var b = 0; b < open.Length; b++)
            {
                mean[b] += open[b];
                if (most > 0) noise[b] += open[b] * _response.Tasks[position] * Math.Max(0, 1 - (open[b] / most));
            }
        }

        private StageState Stage(int position) => _snapshot.Stages[_workflow.FirstStage + position];

        private void Play(RunProgress run, ulong seed, float weight)
        {
            for (var i = 0; i < _finish.Length; i++)
            {
                _finish[i] = run.Stages[i] switch
                {
                    StageProgress.Settled => 0,
                    StageProgress.Active => PlayActive(run, i, seed, weight),
                    _ => PlayStage(i, seed, weight),
                };
            }
        }

        private double PlayActive(RunProgress run, int position, ulong seed, float weight)
        {
            var done = 0.0;
            var running = 0;
            if (_elapsed.TryGetValue((run.Number, position), out var elapsed))
            {
                running = elapsed.Count;
                for (var t = 0; t < running; t++)
                {
                    var remaining = elapsed[t].Runtimes.DrawRemaining(elapsed[t].ElapsedSeconds, Draw.Uniform(seed, (ulong)position, (ulong)t));
                    WorkflowResponse.AddLoad(_open[position], 0, remaining / _stepSeconds, weight);
                    done = Math.Max(done, remaining);
                }
            }

            var waiting = run.Outstanding[position] - running;
            return waiting > 0 ? Math.Max(done, PlayTasks(position, 0, waiting, seed, weight)) : done;
        }

        private double PlayStage(int position, ulong seed, float weight)
        {
            var ready = 0.0;
            foreach (var need in Stage(position).Spec.Needs) ready = Math.Max(ready, _finish[need]);
            if (ready >= _response.Buckets * _stepSeconds || Draw.Uniform(seed, (ulong)position, 1_000_003) > _response.Reached[position]) return ready;
            return PlayTasks(position, ready, _response.Tasks[position], seed, weight);
        }

        private double PlayTasks(int position, double ready, int tasks, ulong seed, float weight)
        {
            var drawn = Math.Min(tasks, 16);
            var finish = ready;
            for (var t = 0; t < drawn; t++)
            {
                var seconds = _response.Runtimes[position].Draw(Draw.Uniform(seed, (ulong)position, (ulong)t));
                WorkflowResponse.AddLoad(_open[position], ready / _stepSeconds, (ready + seconds) / _stepSeconds, weight * tasks / drawn);
                finish = Math.Max(finish, ready + seconds);
            }

            return finish;
        }
    }
}

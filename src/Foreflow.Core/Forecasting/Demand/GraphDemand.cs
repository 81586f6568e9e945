using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Forecasting.Demand;

/// <summary>
/// Demand of every stage, derived from the graph: open runs are played forward from where they are, and forecast
/// arrivals from their arrival, through branches, fan-outs and run times as the profiles know them. Many such futures
/// with common random numbers give the quantiles. As in M/G/infinity, futures do not queue: demand is what would be
/// needed for nobody to wait longer than the stage allows.
/// </summary>
public static class GraphDemand
{
    /// <summary>Runs and arrivals played forward one by one in a path; beyond this a sample of them stands for all.</summary>
    private const int RunsPlayed = 512;

    /// <summary>Tasks of a fan-out drawn one by one; beyond this they share the draws.</summary>
    private const int TasksDrawn = 16;

    /// <summary>The demand curve of each stage that has any, by stage number.</summary>
    public static ImmutableArray<DemandCurve> Forecast(
        ClusterSnapshot snapshot, Func<WorkflowState, int, int, ArrivalPaths> arrivals, Instant now, ulong seed)
    {
        var settings = snapshot.Settings;
        var buckets = (int)Math.Ceiling(settings.FineHorizon / settings.FineStep);
        var curves = ImmutableArray.CreateBuilder<DemandCurve>();
        foreach (var workflow in snapshot.Workflows)
        {
            if (workflow.OpenRuns.Count == 0 && workflow.Arrivals.Count == 0) continue;
            if (!workflow.Spec.Stages.Any(s => s.Kind != StageKind.Handler)) continue;
            if (IsOutdated(snapshot, workflow) && workflow.OpenRuns.Count == 0) continue;
            var future = IsOutdated(snapshot, workflow) ? null : arrivals(workflow, buckets, settings.SamplePaths);
            if (workflow.OpenRuns.Count == 0 && future!.IsEmpty) continue;
            var player = new FuturePlayer(snapshot, workflow, now, buckets, seed);
            player.Play(future, settings.SamplePaths);
            player.Collect(curves);
        }

        return curves.ToImmutable();
    }

    /// <summary>True when a newer version of the workflow is registered: its arrivals go there.</summary>
    private static bool IsOutdated(ClusterSnapshot snapshot, WorkflowState workflow)
    {
        for (var i = workflow.Index + 1; i < snapshot.Workflows.Count; i++)
            if (snapshot.Workflows[i].Spec.Name == workflow.Spec.Name) return true;
        return false;
    }

    /// <summary>Plays the futures of one workflow.</summary>
    private sealed class FuturePlayer
    {
        private readonly ClusterSnapshot _snapshot;
        private readonly WorkflowState _workflow;
        private readonly Instant _now;
        private readonly int _buckets;
        private readonly ulong _seed;
        private readonly double _stepSeconds;
        private readonly int _stages;
        private readonly RuntimeTable[] _runtimes;
        private readonly double[] _fanOut;
        private readonly double[] _reached;
        private readonly double[] _finish;
        private readonly Dictionary<(long Run, int Position), List<double>> _elapsed = [];
        private float[] _load = [];
        private int _paths;

        public FuturePlayer(ClusterSnapshot snapshot, WorkflowState workflow, Instant now, int buckets, ulong seed)
        {
            (_snapshot, _workflow, _now, _buckets, _seed) = (snapshot, workflow, now, buckets, seed);
            _stepSeconds = snapshot.Settings.FineStep.TotalSeconds;
            _stages = workflow.Spec.Stages.Length;
            _runtimes = new RuntimeTable[_stages];
            _fanOut = new double[_stages];
            _reached = new double[_stages];
            _finish = new double[_stages];
            for (var i = 0; i < _stages; i++)
            {
                var stage = Stage(i);
                _runtimes[i] = RuntimeTable.From(stage.Profile.ExecutionSeconds, stage.Spec.ExecutionSecondsPrior);
                _fanOut[i] = stage.Profile.FanOut.Count > 0 ? stage.Profile.FanOut.Mean : stage.Spec.FanOutPrior;
                _reached[i] = 1 - ((stage.TimesSkipped + 0.5) / (stage.TimesReached + 50.0));
                foreach (var task in stage.InFlight)
                {
                    if (!_elapsed.TryGetValue((task.Run, i), out var list)) _elapsed[(task.Run, i)] = list = [];
                    list.Add(Math.Max(0, (now - task.StartedAt).TotalSeconds));
                }
            }
        }

        public void Play(ArrivalPaths? future, int paths)
        {
            _paths = paths;
            _load = new float[_stages * _paths * _buckets];
            var open = _workflow.OpenRuns.Count;
            var stride = Math.Max(1, (open + RunsPlayed - 1) / RunsPlayed);
            for (var path = 0; path < paths; path++)
            {
                for (var i = path % stride; i < open; i += stride) PlayOpen(path, _workflow.OpenRuns[i], stride);
                if (future is not null) PlayArrivals(path, future);
            }
        }

        public void Collect(ImmutableArray<DemandCurve>.Builder curves)
        {
            var column = new float[_paths];
            for (var i = 0; i < _stages; i++)
            {
                if (Stage(i).Spec.Kind == StageKind.Handler) continue;
                var rows = _load.AsSpan(i * _paths * _buckets, _paths * _buckets);
                if (!rows.ContainsAnyExcept(0f)) continue;
                var mean = new float[_buckets];
                var quantiles = new float[_buckets * DemandCurve.Levels.Length];
                for (var b = 0; b < _buckets; b++)
                {
                    var sum = 0f;
                    for (var p = 0; p < _paths; p++) sum += column[p] = rows[(p * _buckets) + b];
                    if (sum == 0) continue;
                    mean[b] = sum / _paths;
                    Array.Sort(column);
                    for (var q = 0; q < DemandCurve.Levels.Length; q++)
                        quantiles[(b * DemandCurve.Levels.Length) + q] = column[Math.Min(_paths - 1, (int)Math.Ceiling(DemandCurve.Levels[q] * _paths) - 1)];
                }

                curves.Add(new DemandCurve(Stage(i).Index, _now, _snapshot.Settings.FineStep, mean, quantiles));
            }
        }

        private StageState Stage(int position) => _snapshot.Stages[_workflow.FirstStage + position];

        private void PlayOpen(int path, RunProgress run, float weight)
        {
            var seed = Draw.Mix(Draw.Mix(_seed, (ulong)run.Number), (ulong)path);
            for (var i = 0; i < _stages; i++)
            {
                switch (run.Stages[i])
                {
                    case StageProgress.Settled:
                        _finish[i] = 0;
                        break;
                    case StageProgress.Active:
                        _finish[i] = PlayActive(path, run, i, seed, weight);
                        break;
                    default:
                        _finish[i] = PlayStage(path, i, Ready(i), seed, weight);
                        break;
                }
            }
        }

        private double PlayActive(int path, RunProgress run, int position, ulong seed, float weight)
        {
            var done = 0.0;
            var running = 0;
            if (_elapsed.TryGetValue((run.Number, position), out var elapsed))
            {
                running = elapsed.Count;
                for (var t = 0; t < running; t++)
                {
                    var remaining = _runtimes[position].DrawRemaining(elapsed[t], Draw.Uniform(seed, (ulong)position, (ulong)t));
                    AddLoad(path, position, 0, remaining, 1, weight);
                    done = Math.Max(done, remaining);
                }
            }

            var waiting = run.Outstanding[position] - running;
            return waiting > 0 ? Math.Max(done, PlayTasks(path, position, 0, waiting, seed, weight)) : done;
        }

        private void PlayArrivals(int path, ArrivalPaths future)
        {
            var row = future.Path(path);
            var offset = (future.From - _now).TotalSeconds;
            var played = 0;
            for (var b = 0; b < row.Length; b++)
            {
                for (var k = 0; k < row[b]; k++)
                {
                    if (++played > RunsPlayed) return;
                    // Tied to the absolute bucket, so that the next cycle plays the same arrival the same way.
                    var seed = Draw.Mix(Draw.Mix(_seed, (ulong)(future.StartTicks(b) + k)), (ulong)path);
                    var arrival = Math.Max(0, offset + ((b + Draw.Uniform(Draw.Mix(seed, 7))) * _stepSeconds));
                    for (var i = 0; i < _stages; i++)
                    {
                        var ready = Stage(i).Spec.Needs.IsEmpty ? arrival : Ready(i);
                        _finish[i] = PlayStage(path, i, ready, seed, 1);
                    }
                }
            }
        }

        private double Ready(int position)
        {
            var ready = 0.0;
            foreach (var need in Stage(position).Spec.Needs) ready = Math.Max(ready, _finish[need]);
            return ready;
        }

        private double PlayStage(int path, int position, double ready, ulong seed, float weight)
        {
            if (Draw.Uniform(seed, (ulong)position, 1_000_003) > _reached[position]) return ready;
            var tasks = Math.Max(1, (int)Math.Round(_fanOut[position]));
            return PlayTasks(path, position, ready, tasks, seed, weight);
        }

        private double PlayTasks(int path, int position, double ready, int tasks, ulong seed, float weight)
        {
            var drawn = Math.Min(tasks, TasksDrawn);
            var each = weight * tasks / drawn;
            var finish = ready;
            var allowance = Stage(position).Spec.MaxWait.TotalSeconds;
            for (var t = 0; t < drawn; t++)
            {
                var seconds = _runtimes[position].Draw(Draw.Uniform(seed, (ulong)position, (ulong)t));
                AddLoad(path, position, ready, seconds + allowance, seconds / (seconds + allowance + 1e-9), each);
                finish = Math.Max(finish, ready + seconds);
            }

            return finish;
        }

        /// <summary>Adds a load of <paramref name="height"/> from <paramref name="start"/> for <paramref name="duration"/> seconds to the buckets it covers, by the share covered.</summary>
        private void AddLoad(int path, int position, double start, double duration, double height, float weight)
        {
            if (Stage(position).Spec.Kind == StageKind.Handler) return;
            var from = start / _stepSeconds;
            var until = (start + duration) / _stepSeconds;
            var last = Math.Min(_buckets - 1, (int)until);
            var row = _load.AsSpan(((position * _paths) + path) * _buckets, _buckets);
            for (var b = (int)from; b <= last; b++)
            {
                var covered = Math.Min(until, b + 1) - Math.Max(from, b);
                row[b] += (float)(covered * height) * weight;
            }
        }
    }
}

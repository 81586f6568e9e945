using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Forecasting.Demand;

/// <summary>
/// What one run asks of each stage as it grows older: mean and mean square of the slots it holds in each fine bucket after
/// its arrival, from runs played through branches, fan-outs and run times as the profiles know them. Arrivals folded with
/// it give demand: thousands of arrivals cost as much as one.
/// </summary>
internal sealed class WorkflowResponse
{
    /// <summary>A prime, so that every stride goes through all of them.</summary>
    private const int RunsPlayed = 97;

    /// <summary>Tasks of a fan-out drawn one by one; beyond this they share the draws.</summary>
    private const int TasksDrawn = 16;

    private readonly ClusterSnapshot _snapshot;
    private readonly WorkflowState _workflow;
    private readonly double _stepSeconds;
    private readonly float[][] _load;
    private readonly float[] _within;
    private readonly Dictionary<(int Position, string NodeClass), RuntimeTable> _runtimesByClass = [];

    private WorkflowResponse(ClusterSnapshot snapshot, WorkflowState workflow, int buckets)
    {
        (_snapshot, _workflow, Buckets) = (snapshot, workflow, buckets);
        _stepSeconds = snapshot.Settings.FineStep.TotalSeconds;
        var stages = workflow.Spec.Stages.Length;
        Runtimes = new RuntimeTable[stages];
        Tasks = new int[stages];
        Reached = new double[stages];
        for (var i = 0; i < stages; i++)
        {
            var stage = snapshot.Stages[workflow.FirstStage + i];
            Runtimes[i] = RuntimeTable.From(stage.Profile.ExecutionSeconds, stage.Spec.ExecutionSecondsPrior);
            Tasks[i] = Math.Max(1, (int)Math.Round(stage.MeanFanOut));
            Reached[i] = 1 - ((stage.TimesSkipped + 0.5) / (stage.TimesReached + 50.0));
        }

        Mean = new float[stages][];
        Square = new float[stages][];
        SlotSeconds = new double[stages];
        DelaySeconds = new double[stages];
        _load = new float[stages][];
        _within = new float[buckets];
        for (var i = 0; i < stages; i++) (Mean[i], Square[i], _load[i]) = (new float[buckets], new float[buckets], new float[buckets]);
    }

    /// <summary>Buckets it reaches.</summary>
    public int Buckets { get; }

    /// <summary>Tasks that had started when it was made.</summary>
    public long MadeAtTasks { get; private init; }

    /// <summary>When it was made.</summary>
    public Instant MadeAt { get; private init; }

    /// <summary>Run times by stage position.</summary>
    public RuntimeTable[] Runtimes { get; }

    /// <summary>Tasks a run makes of each stage.</summary>
    public int[] Tasks { get; }

    /// <summary>Probability that a stage whose turn has come is not skipped.</summary>
    public double[] Reached { get; }

    /// <summary>Mean slots held, by stage position and bucket of age.</summary>
    public float[][] Mean { get; }

    /// <summary>Mean square of the slots held.</summary>
    public float[][] Square { get; }

    /// <summary>Slot-seconds a run takes of each stage in all.</summary>
    public double[] SlotSeconds { get; }

    /// <summary>Mean age at which it takes them.</summary>
    public double[] DelaySeconds { get; }

    /// <summary>Plays runs of a workflow.</summary>
    public static WorkflowResponse Of(ClusterSnapshot snapshot, WorkflowState workflow, int buckets, ulong seed)
    {
        var response = new WorkflowResponse(snapshot, workflow, buckets) { MadeAtTasks = TasksStarted(snapshot, workflow), MadeAt = snapshot.Now };
        for (var run = 0; run < RunsPlayed; run++) response.Play(seed, run);
        response.Close();
        return response;
    }

    /// <summary>Run times of a stage on a class of nodes, where enough was measured there; else on all.</summary>
    public RuntimeTable RuntimesOn(int position, string nodeClass)
    {
        var stage = _snapshot.Stages[_workflow.FirstStage + position];
        var best = stage.Profiles.Best(nodeClass);
        if (ReferenceEquals(best, stage.Profile)) return Runtimes[position];
        if (_runtimesByClass.TryGetValue((position, nodeClass), out var known)) return known;
        return _runtimesByClass[(position, nodeClass)] = RuntimeTable.From(best.ExecutionSeconds, stage.Spec.ExecutionSecondsPrior);
    }

    /// <summary>True when so much more was measured since that run times, branches and fan-outs may look different.</summary>
    public bool IsOutdated(ClusterSnapshot snapshot, WorkflowState workflow, int buckets)
    {
        if (buckets != Buckets || _stepSeconds != snapshot.Settings.FineStep.TotalSeconds) return true;
        var tasks = TasksStarted(snapshot, workflow);
        return tasks > MadeAtTasks + Math.Min(MadeAtTasks / 8, 20_000) && snapshot.Now - MadeAt > snapshot.Settings.CyclePeriod * Math.Min(60, MadeAtTasks / 8);
    }

    private static long TasksStarted(ClusterSnapshot snapshot, WorkflowState workflow)
    {
        var tasks = 0L;
        for (var i = 0; i < workflow.Spec.Stages.Length; i++) tasks += snapshot.Stages[workflow.FirstStage + i].TasksStarted;
        return tasks;
    }

    /// <summary>
    /// Latin hypercube (McKay, Beckman and Conover 1979): over all runs, each draw goes once through every stratum, in an
    /// order of its own. Means come out as if thousands of runs were played.
    /// </summary>
    private static double Stratified(ulong seed, int run, ulong stage, ulong purpose)
    {
        var hash = Draw.Mix(Draw.Mix(seed, stage), purpose);
        var stride = 1 + (hash % (RunsPlayed - 1));
        var stratum = (((ulong)run * stride) + (hash >> 32)) % RunsPlayed;
        return (stratum + Draw.Uniform(hash, (ulong)run, 0)) / RunsPlayed;
    }

    private void Play(ulong seed, int run)
    {
        var stages = _workflow.Spec.Stages;
        Span<double> finish = stages.Length <= 256 ? stackalloc double[stages.Length] : new double[stages.Length];
        // Arrivals fall anywhere within their bucket.
        var arrival = Stratified(seed, run, ulong.MaxValue, 7) * _stepSeconds;
        for (var i = 0; i < stages.Length; i++)
        {
            var ready = arrival;
            foreach (var need in stages[i].Needs) ready = Math.Max(ready, finish[need]);
            finish[i] = ready;
            if (Stratified(seed, run, (ulong)i, 1_000_003) > Reached[i]) continue;
            var load = _load[i].AsSpan();
            load.Clear();
            Array.Clear(_within);
            var drawn = Math.Min(Tasks[i], TasksDrawn);
            for (var t = 0; t < drawn; t++)
            {
                var seconds = Runtimes[i].Draw(Stratified(seed, run, (ulong)i, (ulong)t));
                AddLoad(load, ready / _stepSeconds, (ready + seconds) / _stepSeconds, (float)Tasks[i] / drawn, _within);
                finish[i] = Math.Max(finish[i], ready + seconds);
                SlotSeconds[i] += seconds * Tasks[i] / drawn;
                DelaySeconds[i] += seconds * Tasks[i] / drawn * (ready + (seconds / 2));
            }

            for (var b = 0; b < load.Length; b++)
            {
                Mean[i][b] += load[b];
                Square[i][b] += (load[b] * load[b]) + _within[b];
            }
        }
    }

    private void Close()
    {
        for (var i = 0; i < Mean.Length; i++)
        {
            for (var b = 0; b < Buckets; b++)
            {
                Mean[i][b] /= RunsPlayed;
                Square[i][b] /= RunsPlayed;
            }

            DelaySeconds[i] = SlotSeconds[i] > 0 ? DelaySeconds[i] / SlotSeconds[i] : 0;
            SlotSeconds[i] /= RunsPlayed;
        }
    }

    /// <summary>Adds a load from one time to another, both in buckets, to the buckets it covers, by the share covered.</summary>
    /// <param name="within">Receives the variance of the load within each bucket: a slot held for half a bucket is held or not, never half held.</param>
    public static void AddLoad(Span<float> row, double from, double until, float height, Span<float> within = default)
    {
        if (from >= row.Length) return;
        var first = (int)from;
        var last = (int)Math.Min(row.Length - 1, until);
        if (first == last)
        {
            Cover(row, within, first, (float)(Math.Min(until, first + 1) - from), height);
            return;
        }

        Cover(row, within, first, (float)(first + 1 - from), height);
        for (var b = first + 1; b < last; b++) row[b] += height;
        Cover(row, within, last, (float)(Math.Min(until, last + 1) - last), height);
    }

    private static void Cover(Span<float> row, Span<float> within, int bucket, float share, float height)
    {
        row[bucket] += share * height;
        if (!within.IsEmpty) within[bucket] += height * height * share * (1 - share);
    }
}

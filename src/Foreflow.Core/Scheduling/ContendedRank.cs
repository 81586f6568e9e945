using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Core.Snapshot;

namespace Foreflow.Core.Scheduling;

/// <summary>
/// Upward rank where capacity is short. The plain rank takes every stage for free to start when those before it have ended, so
/// it cannot tell which of many equal ways is in the others' way. Here a run is list-scheduled on the capacity, then played
/// backwards (what ended last goes first), and forwards again in the order that gives: forward-backward improvement (Li and
/// Willis 1992; Valls, Ballestin and Quintanilla 2005). A stage's rank is how long before the end of the run it starts.
/// </summary>
/// <remarks>
/// The order is taken only where the run is shorter by it. Capacity is that of all nodes together: what does not fit on one
/// because of the rest there is left out, and so are gates, other runs and other workflows. At most three rounds, each
/// O(n log n) for n stages of equal request. Holds scratch space; it carries no state from one call to the next.
/// </remarks>
internal sealed class ContendedRank
{
    private const int Rounds = 3;

    /// <summary>Share by which a run must be shorter: times are means, and by chance some order is always a little better.</summary>
    private const double LeastGain = 0.01;

    /// <summary>Stages that do not fit and are passed, at most: who looks for the one that does through all of a wide run takes n^2.</summary>
    private const int MostPassed = 32;

    private readonly PriorityQueue<int, (double Order, int Stage)> _ready = new();
    private readonly PriorityQueue<int, (double End, int Stage)> _running = new();
    private readonly List<(int Stage, double Order)> _passed = [];
    private ImmutableArray<StageSpec> _stages;
    private double[] _seconds = [];
    private Resources[] _demands = [];
    private double[] _starts = [];
    private double[] _ranks = [];
    private int[] _before = [];
    private int[] _firstAfter = [];
    private int[] _after = [];
    private Resources _capacity;
    private Resources _least;

    /// <summary>Replaces the plain upward ranks of a workflow's stages where a run is shorter by another order.</summary>
    /// <param name="stages">The stages, each after those it needs.</param>
    /// <param name="seconds">Mean time of each with all its tasks on the capacity, in seconds.</param>
    /// <param name="demands">What each takes meanwhile; no more than the capacity.</param>
    /// <param name="capacity">What there is.</param>
    /// <param name="ranks">Upward ranks, in seconds.</param>
    /// <returns>True when the ranks were replaced.</returns>
    public bool TryImprove(ImmutableArray<StageSpec> stages, ReadOnlySpan<double> seconds, ReadOnlySpan<Resources> demands, in Resources capacity, Span<double> ranks)
    {
        var all = Resources.Zero;
        foreach (var demand in demands) all += demand;
        if (all.CpuAndMemoryFitWithin(capacity)) return false;

        Prepare(stages, seconds, demands, capacity);
        var longest = 0.0;
        foreach (var rank in ranks) longest = Math.Max(longest, rank);
        var plain = Schedule(forward: true, ranks);
        var (best, improved) = (plain * (1 - LeastGain), false);
        for (var round = 0; round < Rounds && best > longest; round++)
        {
            for (var i = 0; i < stages.Length; i++) _ranks[i] = _starts[i] + _seconds[i];
            Schedule(forward: false, _ranks);
            for (var i = 0; i < stages.Length; i++) _ranks[i] = _starts[i] + _seconds[i];
            var length = Schedule(forward: true, _ranks);
            if (length >= best) break;
            best = length;
            improved = true;
            _ranks.AsSpan(0, stages.Length).CopyTo(ranks);
        }

        return improved;
    }

    private void Prepare(ImmutableArray<StageSpec> stages, ReadOnlySpan<double> seconds, ReadOnlySpan<Resources> demands, in Resources capacity)
    {
        var n = stages.Length;
        (_stages, _capacity) = (stages, capacity);
        if (_starts.Length < n)
        {
            (_seconds, _starts, _ranks) = (new double[n], new double[n], new double[n]);
            (_demands, _before, _firstAfter) = (new Resources[n], new int[n], new int[n + 1]);
        }

        seconds.CopyTo(_seconds);
        demands.CopyTo(_demands);
        _least = demands[0];
        foreach (var demand in demands) _least = Resources.Min(_least, demand);

        // Successors in one array: those of a stage stand from its first to that of the next.
        _firstAfter.AsSpan(0, n + 1).Clear();
        foreach (var stage in stages)
            foreach (var need in stage.Needs) _firstAfter[need + 1]++;
        for (var i = 0; i < n; i++) _firstAfter[i + 1] += _firstAfter[i];
        if (_after.Length < _firstAfter[n]) _after = new int[_firstAfter[n]];
        _firstAfter.AsSpan(0, n).CopyTo(_before);
        for (var i = 0; i < n; i++)
            foreach (var need in stages[i].Needs) _after[_before[need]++] = i;
    }

    /// <summary>Starts at every moment what is ready and fits, the highest rank first. Sets the starts; answers with the length of the run, in seconds.</summary>
    private double Schedule(bool forward, ReadOnlySpan<double> ranks)
    {
        var n = _stages.Length;
        for (var i = 0; i < n; i++)
        {
            _before[i] = forward ? _stages[i].Needs.Length : _firstAfter[i + 1] - _firstAfter[i];
            if (_before[i] == 0) _ready.Enqueue(i, (-ranks[i], i));
        }

        var (now, free) = (0.0, _capacity);
        while (true)
        {
            while (_least.CpuAndMemoryFitWithin(free) && _passed.Count < MostPassed && _ready.TryDequeue(out var stage, out var turn))
            {
                if (!_demands[stage].CpuAndMemoryFitWithin(free))
                {
                    _passed.Add((stage, turn.Order));
                    continue;
                }

                free -= _demands[stage];
                _starts[stage] = now;
                _running.Enqueue(stage, (now + _seconds[stage], stage));
            }

            foreach (var (stage, order) in _passed) _ready.Enqueue(stage, (order, stage));
            _passed.Clear();
            if (!_running.TryDequeue(out var ended, out var at)) return now;
            now = at.End;
            free += _demands[ended];
            Release(forward, ended, ranks);
            while (_running.TryPeek(out ended, out at) && at.End <= now)
            {
                _running.Dequeue();
                free += _demands[ended];
                Release(forward, ended, ranks);
            }
        }
    }

    private void Release(bool forward, int ended, ReadOnlySpan<double> ranks)
    {
        var next = forward ? _after.AsSpan(_firstAfter[ended], _firstAfter[ended + 1] - _firstAfter[ended]) : _stages[ended].Needs.AsSpan();
        foreach (var stage in next)
            if (--_before[stage] == 0) _ready.Enqueue(stage, (-ranks[stage], stage));
    }
}

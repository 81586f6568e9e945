namespace Foreflow.Core.Profiling.Sizing;

/// <summary>A finished task, as sizing remembers it.</summary>
/// <param name="MemoryBytes">Its peak.</param>
/// <param name="Seconds">How long it ran.</param>
/// <param name="LogSignals">Natural logarithms of its signals, in the order of the history's names; NaN where unknown.</param>
internal readonly record struct FinishedTask(double MemoryBytes, double Seconds, float[] LogSignals)
{
    /// <summary>The logarithm of a signal, NaN where unknown.</summary>
    internal double LogSignal(int index) => index < LogSignals.Length ? LogSignals[index] : double.NaN;
}

/// <summary>The latest finished tasks of a stage, oldest first, and how memory depends on each signal.</summary>
internal sealed class SizingHistory(int window)
{
    /// <summary>Signals beyond this many are ignored.</summary>
    internal const int MaximumSignals = 256;

    private readonly List<FinishedTask> _ring = [];
    private readonly List<string> _names = [];
    private readonly List<SizeDependence> _dependences = [];
    private int _oldest;
    private long _learnt;

    /// <summary>How many are remembered.</summary>
    internal int Count => _ring.Count;

    /// <summary>How many there ever were.</summary>
    internal long Seen { get; private set; }

    /// <summary>Longest ever, in seconds.</summary>
    internal double LongestSeconds { get; private set; }

    /// <summary>The largest peak ever, in bytes.</summary>
    internal double LargestBytes { get; set; }

    internal IReadOnlyList<string> Names => _names;

    internal FinishedTask this[int index] => _ring[(_oldest + index) % _ring.Count];

    internal void Add(double memoryBytes, double seconds, IReadOnlyList<SizeSignal> signals)
    {
        var logSignals = Learn(signals, Math.Log(memoryBytes));
        Add(new FinishedTask(memoryBytes, seconds, logSignals));
        Seen++;
        _learnt++;
    }

    /// <summary>
    /// The signal that predicts memory best so far, out of sample, among those the next task has; before there is
    /// evidence, the first one the caller named. -1 where there is none.
    /// </summary>
    internal int BestSignal(IReadOnlyList<SizeSignal> signals)
    {
        const int Evidence = 5;
        var (best, bestError) = (-1, 1.0);
        foreach (var signal in signals)
        {
            var index = _names.IndexOf(signal.Name);
            if (index < 0 || !IsUsable(signal)) continue;
            var dependence = _dependences[index];
            var isKnown = dependence.Count >= Evidence && dependence.Count >= 0.7 * _learnt;
            if (!isKnown || dependence.Exponent <= 0 || dependence.RelativeError >= bestError) continue;
            (best, bestError) = (index, dependence.RelativeError);
        }

        if (best < 0 && Count < 2 * Evidence && signals.Count > 0 && IsUsable(signals[0])) best = _names.IndexOf(signals[0].Name);
        return best;
    }

    internal SizingHistory Clone()
    {
        var copy = new SizingHistory(window) { _oldest = _oldest, _learnt = _learnt, Seen = Seen, LongestSeconds = LongestSeconds, LargestBytes = LargestBytes };
        foreach (var task in _ring) copy._ring.Add(task with { LogSignals = [.. task.LogSignals] });
        copy._names.AddRange(_names);
        copy._dependences.AddRange(_dependences);
        return copy;
    }

    /// <summary>Puts what another history remembers before or after what this one does.</summary>
    internal void Merge(SizingHistory other, bool after)
    {
        var own = Enumerable.Range(0, Count).Select(i => Named(i)).ToList();
        var theirs = Enumerable.Range(0, other.Count).Select(i => other.Named(i)).ToList();
        var (seen, longest, largest) = (Seen + other.Seen, Math.Max(LongestSeconds, other.LongestSeconds), Math.Max(LargestBytes, other.LargestBytes));
        Clear();
        foreach (var (task, signals) in after ? own.Concat(theirs) : theirs.Concat(own)) Add(task.MemoryBytes, task.Seconds, signals);
        (Seen, LongestSeconds, LargestBytes) = (seen, longest, largest);
    }

    /// <summary>Sets the counts that go back beyond what is remembered, as read from storage.</summary>
    internal void Restore(long seen, double longestSeconds, double largestBytes) =>
        (Seen, LongestSeconds, LargestBytes) = (seen, longestSeconds, largestBytes);

    private static bool IsUsable(SizeSignal signal) => signal.Value > 0 && double.IsFinite(signal.Value);

    private void Clear()
    {
        _ring.Clear();
        _names.Clear();
        _dependences.Clear();
        (_oldest, _learnt) = (0, 0);
    }

    private (FinishedTask Task, SizeSignal[] Signals) Named(int index)
    {
        var task = this[index];
        var signals = new List<SizeSignal>();
        for (var s = 0; s < task.LogSignals.Length; s++)
        {
            if (!float.IsNaN(task.LogSignals[s])) signals.Add(new SizeSignal(_names[s], Math.Exp(task.LogSignals[s])));
        }

        return (task, [.. signals]);
    }

    private void Add(FinishedTask task)
    {
        LongestSeconds = Math.Max(LongestSeconds, task.Seconds);
        LargestBytes = Math.Max(LargestBytes, task.MemoryBytes);
        if (_ring.Count < window)
        {
            _ring.Add(task);
            return;
        }

        _ring[_oldest] = task;
        _oldest = (_oldest + 1) % _ring.Count;
    }

    private float[] Learn(IReadOnlyList<SizeSignal> signals, double logMemory)
    {
        for (var i = 0; i < signals.Count; i++)
        {
            var signal = signals[i];
            if (_names.Count >= MaximumSignals || !IsUsable(signal) || _names.Contains(signal.Name)) continue;
            _names.Add(signal.Name);
            _dependences.Add(default);
        }

        var logSignals = Forgotten() ?? new float[_names.Count];
        Array.Fill(logSignals, float.NaN);
        for (var i = 0; i < signals.Count; i++)
        {
            var signal = signals[i];
            var index = _names.IndexOf(signal.Name);
            if (index < 0 || !IsUsable(signal)) continue;
            logSignals[index] = (float)Math.Log(signal.Value);
            _dependences[index] = _dependences[index].With(logSignals[index], logMemory, 1);
        }

        return logSignals;
    }

    /// <summary>The signals of the task that the next one takes the place of, to be written over; null where there is none of the right length.</summary>
    private float[]? Forgotten() => _ring.Count == window && _ring[_oldest].LogSignals.Length == _names.Count ? _ring[_oldest].LogSignals : null;
}

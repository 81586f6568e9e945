namespace Foreflow.Core.Profiling.Sizing;

/// <summary>
/// How much memory to grant the next attempt of a stage. Several estimators say what it may need; each is judged by the
/// waste its grants would have caused so far, and the best one is followed, plus a margin learnt from first grants that
/// were too small. Not safe for concurrent use.
/// </summary>
public sealed class MemorySizer
{
    private readonly SizingOptions _options;
    private readonly IMemoryEstimator[] _estimators;
    private readonly SizingHistory _history;
    private readonly double[] _waste;

    /// <summary>A sizer that knows nothing yet.</summary>
    public MemorySizer(SizingOptions? options = null)
    {
        _options = options ?? SizingOptions.Default;
        _estimators = Estimators(_options);
        _history = new SizingHistory(_options.Window);
        _waste = new double[_estimators.Length];
    }

    private MemorySizer(MemorySizer other)
    {
        _options = other._options;
        _estimators = other._estimators;
        _history = other._history.Clone();
        _waste = (double[])other._waste.Clone();
        Margin = other.Margin;
    }

    /// <summary>Finished tasks it has ever learnt from.</summary>
    public long Seen => _history.Seen;

    /// <summary>The longest finished task, in seconds.</summary>
    public double LongestSeconds => _history.LongestSeconds;

    /// <summary>Most memory an attempt was seen to hold, or was killed at, in bytes; 0 while unknown.</summary>
    public long LargestBytes => (long)Math.Ceiling(_history.LargestBytes);

    /// <summary>The safety margin learnt from misses: 0.05 adds 5 % to a grant.</summary>
    public double Margin { get; private set; }

    internal SizingHistory History => _history;

    internal ReadOnlySpan<double> Waste => _waste;

    /// <summary>What to grant the first attempt of a task. Later ones climb the <see cref="RetryLadder"/>.</summary>
    public SizingDecision Decide(in SizingRequest request)
    {
        if (_history.Count == 0) return new SizingDecision(FirstOf(request), "preset", 0);
        var (best, bytes) = (-1, 0.0);
        for (var i = 0; i < _estimators.Length; i++)
        {
            // Cheaper by realised waste first; only then is the estimate worked out.
            if (best >= 0 && _waste[i] >= _waste[best]) continue;
            if (Grant(i, request) is { } grant) (best, bytes) = (i, grant);
        }

        var withMargin = Math.Min(request.CapBytes, bytes * (1 + Margin));
        return new SizingDecision((long)Math.Ceiling(withMargin), _estimators[best].Name, Margin);
    }

    /// <summary>Takes a finished task: judges the estimators by it, then learns from it.</summary>
    /// <param name="memoryBytes">Its peak.</param>
    /// <param name="seconds">How long it ran.</param>
    /// <param name="request">What was known of it when it started.</param>
    /// <param name="firstGrantWasEnough">Whether the first grant decided here was enough; null where it was not decided here.</param>
    /// <exception cref="ArgumentOutOfRangeException">A figure is not positive and finite.</exception>
    public void Record(double memoryBytes, double seconds, in SizingRequest request, bool? firstGrantWasEnough = null)
    {
        if (!(memoryBytes > 0) || !double.IsFinite(memoryBytes)) throw new ArgumentOutOfRangeException(nameof(memoryBytes), memoryBytes, "Positive and finite.");
        if (!(seconds > 0) || !double.IsFinite(seconds)) throw new ArgumentOutOfRangeException(nameof(seconds), seconds, "Positive and finite.");
        if (firstGrantWasEnough is { } enough) Margin = enough ? Margin * _options.MissMarginDecay : Margin + _options.MissMargin;

        // Judging costs a decision of every estimator. Once a stage is well known, it is done for a sample of its tasks.
        if (_history.Count > 0 && _history.Seen % Math.Max(1, _history.Seen / _options.Window) == 0) Judge(memoryBytes, seconds, request);
        _history.Add(memoryBytes, seconds, request.Signals);
    }

    /// <summary>Takes an attempt that was killed for memory at this grant; more than that is needed.</summary>
    /// <param name="grantedBytes">What it was granted.</param>
    /// <param name="wasFirst">True for the first attempt of a task: its grant was decided here.</param>
    public void RecordOutOfMemory(long grantedBytes, bool wasFirst)
    {
        _history.LargestBytes = Math.Max(_history.LargestBytes, grantedBytes);
        if (wasFirst) Margin += _options.MissMargin;
    }

    /// <summary>Adds what another sizer of the same stage has learnt to this one.</summary>
    /// <param name="other">The other.</param>
    /// <param name="otherIsNewer">True where its tasks are the later ones.</param>
    public void Merge(MemorySizer other, bool otherIsNewer)
    {
        _history.Merge(other._history, otherIsNewer);
        for (var i = 0; i < _waste.Length; i++) _waste[i] += other._waste[i];
        Margin = Math.Max(Margin, other.Margin);
    }

    /// <summary>An independent copy.</summary>
    public MemorySizer Clone() => new(this);

    internal void Restore(double margin, ReadOnlySpan<double> waste)
    {
        Margin = margin;
        waste[..Math.Min(waste.Length, _waste.Length)].CopyTo(_waste);
    }

    /// <summary>The estimators, the one to follow on equal waste first.</summary>
    private static IMemoryEstimator[] Estimators(SizingOptions options) =>
    [
        new SimilarInputEstimator(options),
        new PercentileEstimator("percentile", options.Window),
        new PercentileEstimator("recent", options.Recent),
    ];

    /// <summary>The grant while nothing is known. A cap that stands in for a missing preset is no one's estimate: it is granted whole.</summary>
    private long FirstOf(in SizingRequest request)
    {
        if (request.PresetBytes <= 0) return request.CapBytes;
        var share = request.PresetBytes < _options.FirstShareFromBytes || LargestBytes > 0 ? 1 : _options.FirstShare;
        return Math.Min((long)Math.Ceiling(request.PresetBytes * share), request.CapBytes);
    }

    private double? Grant(int estimator, in SizingRequest request) =>
        _estimators[estimator].Look(_history, request)?.LeastWaste(request, _history.LargestBytes, _options);

    /// <summary>Charges each estimator with the waste its grant would have caused. One that had nothing to say is charged with what was followed instead.</summary>
    private void Judge(double memoryBytes, double seconds, in SizingRequest request)
    {
        const int Fallback = 1;
        var fallback = WasteOf(Grant(Fallback, request)!.Value, memoryBytes, request) * seconds;
        for (var i = 0; i < _estimators.Length; i++)
        {
            _waste[i] += i != Fallback && Grant(i, request) is { } grant ? WasteOf(grant, memoryBytes, request) * seconds : fallback;
        }
    }

    private double WasteOf(double grant, double needed, in SizingRequest request)
    {
        var waste = 0.0;
        for (var kills = 1; grant < needed && grant < request.CapBytes; kills++)
        {
            waste += grant + _options.CoreWorthBytes * request.Cores;
            grant = RetryLadder.Next(grant, kills, _history.LargestBytes, request.PresetBytes, request.CapBytes, _options);
        }

        return waste + Math.Max(0, grant - needed);
    }
}

using Foreflow.Core.Model;
using Foreflow.Core.Profiling.Sizing;

namespace Foreflow.Core.Profiling;

/// <summary>
/// What a stage takes on one class of node, learnt from its attempts: for every <see cref="Measure"/> count, mean,
/// variance, peak, quantiles and dependence on input size; outcomes by cause; how often the stage is taken, how many
/// tasks it makes, and which stages it waits for. An update is O(1), profiles merge, and <see cref="ToBytes"/> keeps one in 8 KB.
/// Not safe for concurrent writing.
/// </summary>
public sealed class StageProfile
{
    /// <summary>How many causes an attempt can end for.</summary>
    internal const int CauseCount = (int)AttemptCause.Poison + 1;

    private readonly MeasureStatistics[] _measures;
    private readonly OutcomeStatistics[] _outcomes;
    private readonly DependencyBook _dependencies;

    /// <summary>Used again for every attempt: what learns from it keeps a copy.</summary>
    private readonly SizeSignal[] _inputSignal = new SizeSignal[1];
    private ExponentialDecay _decay;

    /// <summary>Weight of an observation at the time of the one before: several are often made at once.</summary>
    private (Instant At, double Weight) _weighed = (Instant.Never, 0);

    /// <summary>An empty profile with a half-life of 24 hours.</summary>
    public StageProfile() : this(ExponentialDecay.DefaultHalfLife) { }

    /// <summary>An empty profile.</summary>
    /// <param name="halfLife">Time in which an observation's weight halves.</param>
    /// <exception cref="ArgumentOutOfRangeException">The half-life is not positive.</exception>
    public StageProfile(TimeSpan halfLife)
    {
        _decay = new ExponentialDecay(halfLife);
        _measures = new MeasureStatistics[Measures.Count];
        for (var i = 0; i < _measures.Length; i++) _measures[i] = new MeasureStatistics(halfLife);
        _outcomes = new OutcomeStatistics[CauseCount];
        _dependencies = new DependencyBook();
        MemorySizing = new MemorySizer();
    }

    internal StageProfile(
        in ExponentialDecay decay, MeasureStatistics[] measures, OutcomeStatistics[] outcomes, in DecayingMoments branch, DependencyBook dependencies,
        in Resources largest, Instant lastUpdate, MemorySizer memorySizing)
    {
        (_decay, _measures, _outcomes, _dependencies) = (decay, measures, outcomes, dependencies);
        (Branch, Largest, LastUpdate, MemorySizing) = (branch, largest, lastUpdate, memorySizing);
    }

    /// <summary>Name of the signal that stands for the size of a task's input.</summary>
    public const string InputSignal = "input";

    /// <summary>How much memory to grant the next attempt.</summary>
    public MemorySizer MemorySizing { get; }

    /// <summary>Statistics of one measure.</summary>
    public MeasureStatistics this[Measure measure] => _measures[(int)measure];

    /// <summary>From the first instruction to the end of a successful attempt, in seconds.</summary>
    public MeasureStatistics ExecutionSeconds => this[Measure.ExecutionSeconds];

    /// <summary>From the decision to start until a process or replica is ready to work, in seconds.</summary>
    public MeasureStatistics StartUpSeconds => this[Measure.StartUpSeconds];

    /// <summary>From ready to started, in seconds.</summary>
    public MeasureStatistics QueueSeconds => this[Measure.QueueSeconds];

    /// <summary>Highest resident memory of successful attempts, in bytes.</summary>
    public MeasureStatistics MemoryPeakBytes => this[Measure.MemoryPeakBytes];

    /// <summary>Mean CPU use of successful attempts, in cores.</summary>
    public MeasureStatistics CpuCores => this[Measure.CpuCores];

    /// <summary>Number of tasks the stage made in one run.</summary>
    public MeasureStatistics FanOut => this[Measure.FanOut];

    /// <summary>
    /// Most of each resource that any attempt was ever seen to use, whatever became of it, those that still run included;
    /// 0 while unknown. A maximum may be told any number of times, so nothing is counted twice.
    /// </summary>
    public Resources Largest { get; private set; }

    /// <summary>Most memory any attempt was ever seen to hold, in bytes; 0 while unknown.</summary>
    public long LargestMemoryBytes => Largest.MemoryBytes;

    /// <summary>Which needed stages this one waits for longest, by name.</summary>
    public IReadOnlyDictionary<string, DependencyStatistics> Dependencies => _dependencies.ByStage;

    /// <summary>When the latest observation was made; the epoch while empty.</summary>
    public Instant LastUpdate { get; private set; }

    /// <summary>Attempts ever recorded, without decay.</summary>
    public long Attempts
    {
        get
        {
            var sum = 0L;
            foreach (var outcome in _outcomes) sum += outcome.Count;
            return sum;
        }
    }

    /// <summary>Time in which an observation's weight halves.</summary>
    public TimeSpan HalfLife => _decay.HalfLife;

    internal ExponentialDecay Decay => _decay;

    /// <summary>Decaying observations of the <c>when</c> condition: 1 taken, 0 skipped.</summary>
    internal DecayingMoments Branch { get; private set; }

    /// <summary>How often attempts ended for a cause, and how long they lasted until then.</summary>
    public OutcomeStatistics Outcome(AttemptCause cause) => _outcomes[(int)cause];

    /// <summary>Decaying share of runs in which the stage's <c>when</c> condition let it run; 1 while unknown.</summary>
    public double BranchProbability => Branch.Weight > 0 ? Branch.Mean : 1;

    /// <summary>Sustained use of every resource by one attempt, each rounded up to its whole unit; 0 where unknown.</summary>
    /// <param name="quantile">Share of attempts, 0 to 1, that use no more.</param>
    public Resources Sustained(double quantile) => Vector(Measures.Sustained, quantile);

    /// <summary>Highest use of every resource by one attempt, each rounded up to its whole unit; 0 where unknown.</summary>
    /// <param name="quantile">Share of attempts, 0 to 1, that use no more.</param>
    public Resources Peak(double quantile) => Vector(Measures.Peak, quantile);

    /// <summary>
    /// Takes one ended attempt. Only successes say what the stage takes; a failure says that it failed, how long that
    /// took, how it started and queued, and at least how much memory is not enough.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A figure is negative, NaN or infinite; nothing is recorded then.</exception>
    public void Record(in AttemptRecord attempt)
    {
        var usage = attempt.Usage;
        Check(attempt);
        var weight = Weigh(attempt.At);

        var logInput = usage?.InputBytes is > 1 and var input ? Math.Log(input) : 0;
        Add(Measure.StartUpSeconds, attempt.StartUp?.TotalSeconds, logInput, weight);
        Add(Measure.QueueSeconds, attempt.Queue?.TotalSeconds, 0, weight);
        ref var outcome = ref _outcomes[(int)attempt.Cause];
        outcome = new OutcomeStatistics(
            outcome.Count + 1,
            (usage?.WallTime ?? attempt.WallTime) is { } wall ? outcome.WallSeconds.With(wall.TotalSeconds, weight) : outcome.WallSeconds);
        if (usage is null)
        {
            if (attempt.Cause == AttemptCause.Succeeded) Add(Measure.ExecutionSeconds, attempt.WallTime?.TotalSeconds, 0, weight);
            return;
        }

        Largest = Resources.Max(Largest, usage.Peak);
        if (attempt.Cause == AttemptCause.Succeeded) Learn(usage, logInput, weight);
        Size(attempt, usage);
    }

    /// <summary>Takes the time one replica took from the decision to start it until it was ready to work.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public void RecordStartUp(TimeSpan startUp, Instant at)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(startUp, TimeSpan.Zero);
        Add(Measure.StartUpSeconds, startUp.TotalSeconds, 0, Weigh(at));
    }

    /// <summary>Takes what an attempt that still runs has used at most so far. It is learnt in full when it ends; until then, and if it never does, its peaks are not lost.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A component is negative.</exception>
    public void RecordRunning(in Resources peak, Instant at)
    {
        if (!peak.IsNonNegative) throw new ArgumentOutOfRangeException(nameof(peak), peak, "A component is negative.");
        Largest = Resources.Max(Largest, peak);
        LastUpdate = Instant.Max(LastUpdate, at);
    }

    /// <summary>Takes which of the needed stages was the last to finish in one run.</summary>
    /// <param name="stage">Name of the needed stage.</param>
    /// <param name="alone">How long this stage waited for it alone: since the second-last of those needed, or since the run's arrival where only one is needed.</param>
    /// <param name="at">When it finished.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public void RecordReleasedBy(string stage, TimeSpan alone, Instant at)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(alone, TimeSpan.Zero);
        _dependencies.Record(stage, alone.TotalSeconds, Weigh(at));
    }

    /// <summary>Takes the number of tasks the stage made in one run.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public void RecordFanOut(long tasks, Instant at)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tasks);
        Add(Measure.FanOut, tasks, 0, Weigh(at));
    }

    /// <summary>Takes one decision of the stage's <c>when</c> condition.</summary>
    public void RecordBranch(bool taken, Instant at)
    {
        var weight = Weigh(at);
        Branch = Branch.With(taken ? 1 : 0, weight);
    }

    /// <summary>Adds what another profile has learnt to this one.</summary>
    /// <exception cref="ArgumentException">The half-lives differ.</exception>
    public void Merge(StageProfile other)
    {
        if (other.HalfLife != HalfLife) throw new ArgumentException($"Half-lives differ: {HalfLife} and {other.HalfLife}.", nameof(other));
        if (other._decay.Landmark > _decay.Landmark) MoveTo(_decay.MovedTo(other._decay.Landmark, out var own), own);
        other._decay.MovedTo(_decay.Landmark, out var factor);
        for (var i = 0; i < _measures.Length; i++) _measures[i].Merge(other._measures[i], factor);
        for (var i = 0; i < _outcomes.Length; i++)
        {
            var (mine, theirs) = (_outcomes[i], other._outcomes[i]);
            _outcomes[i] = new OutcomeStatistics(mine.Count + theirs.Count, mine.WallSeconds.Merged(theirs.WallSeconds, factor));
        }

        Branch = Branch.Merged(other.Branch, factor);
        _dependencies.Merge(other._dependencies, factor);
        MemorySizing.Merge(other.MemorySizing, otherIsNewer: other.LastUpdate > LastUpdate);
        Largest = Resources.Max(Largest, other.Largest);
        LastUpdate = Instant.Max(LastUpdate, other.LastUpdate);
    }

    /// <summary>An independent copy.</summary>
    public StageProfile Clone() => new(
        _decay, Array.ConvertAll(_measures, m => m.Clone()), (OutcomeStatistics[])_outcomes.Clone(), Branch, _dependencies.Clone(), Largest, LastUpdate, MemorySizing.Clone());

    /// <summary>The profile as at most 8,192 bytes, versioned. Weights keep 14 bits; all else is exact or single precision.</summary>
    public byte[] ToBytes() => StageProfileFormat.Write(this);

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="ProfileFormatException">The bytes are not a profile, are cut short, or come from a newer version.</exception>
    public static StageProfile FromBytes(ReadOnlySpan<byte> bytes) => StageProfileFormat.Read(bytes);

    internal static void Check(in AttemptRecord attempt)
    {
        if ((uint)attempt.Cause >= CauseCount) throw new ArgumentOutOfRangeException(nameof(attempt), attempt.Cause, "Not a cause.");
        Check("start-up time", attempt.StartUp?.TotalSeconds);
        Check("queue time", attempt.Queue?.TotalSeconds);
        Check("wall time", attempt.WallTime?.TotalSeconds);
        if (attempt.Usage is not { } usage) return;
        Check("wall time", usage.WallTime.TotalSeconds);
        Check("CPU seconds", usage.CpuSeconds);
        Check("CPU peak", usage.CpuPeakCores);
        Check("memory peak", usage.MemoryPeakBytes);
        Check("memory mean", usage.MemoryMeanBytes);
        Check("disk reads", usage.DiskReadBytes);
        Check("disk writes", usage.DiskWriteBytes);
        Check("disk peak", usage.DiskPeakBytesPerSecond);
        Check("network received", usage.NetworkReceivedBytes);
        Check("network sent", usage.NetworkSentBytes);
        Check("network peak", usage.NetworkPeakBytesPerSecond);
        Check("input size", usage.InputBytes);
    }

    private static void Check(string what, double? value)
    {
        if (value is { } number && !(number >= 0 && double.IsFinite(number)))
        {
            throw new ArgumentOutOfRangeException(what, number, "Neither negative, NaN nor infinite.");
        }
    }

    private void Learn(AttemptUsage usage, double logInput, double weight)
    {
        var seconds = usage.WallTime.TotalSeconds;
        Add(Measure.ExecutionSeconds, seconds, logInput, weight);
        Add(Measure.CpuSeconds, usage.CpuSeconds, logInput, weight);
        Add(Measure.CpuPeakCores, usage.CpuPeakCores, logInput, weight);
        Add(Measure.MemoryMeanBytes, usage.MemoryMeanBytes, logInput, weight);
        Add(Measure.MemoryPeakBytes, usage.MemoryPeakBytes, logInput, weight);
        Add(Measure.NetworkReceivedBytes, usage.NetworkReceivedBytes, logInput, weight);
        Add(Measure.NetworkSentBytes, usage.NetworkSentBytes, logInput, weight);
        Add(Measure.NetworkPeakBytesPerSecond, usage.NetworkPeakBytesPerSecond, logInput, weight);
        Add(Measure.DiskReadBytes, usage.DiskReadBytes, logInput, weight);
        Add(Measure.DiskWriteBytes, usage.DiskWriteBytes, logInput, weight);
        Add(Measure.DiskPeakBytesPerSecond, usage.DiskPeakBytesPerSecond, logInput, weight);
        Add(Measure.InputBytes, usage.InputBytes, 0, weight);
        if (!(seconds > 0)) return;
        Add(Measure.CpuCores, usage.CpuSeconds / seconds, logInput, weight);
        Add(Measure.NetworkBytesPerSecond, (usage.NetworkReceivedBytes + usage.NetworkSentBytes) / seconds, logInput, weight);
        Add(Measure.DiskBytesPerSecond, (usage.DiskReadBytes + usage.DiskWriteBytes) / seconds, logInput, weight);
    }

    private void Size(in AttemptRecord attempt, AttemptUsage usage)
    {
        var isFirst = attempt.Number == 1 && attempt.Granted.MemoryBytes > 0;
        if (attempt.Cause == AttemptCause.OutOfMemory)
        {
            MemorySizing.RecordOutOfMemory(Math.Max(attempt.Granted.MemoryBytes, usage.MemoryPeakBytes ?? 0), isFirst);
        }
        else if (attempt.Cause == AttemptCause.Succeeded && usage.MemoryPeakBytes > 0 && usage.WallTime > TimeSpan.Zero)
        {
            MemorySizing.Record(usage.MemoryPeakBytes.Value, usage.WallTime.TotalSeconds, RequestOf(attempt, usage), isFirst ? true : null);
        }
    }

    /// <summary>What was known of the task when it started. A grant is all that is left of preset and cap.</summary>
    private SizingRequest RequestOf(in AttemptRecord attempt, AttemptUsage usage)
    {
        if (usage.InputBytes is > 0 and var input) _inputSignal[0] = new SizeSignal(InputSignal, input);
        return new SizingRequest
        {
            PresetBytes = attempt.Granted.MemoryBytes,
            CapBytes = long.MaxValue / 4,
            Cores = attempt.Granted.CpuMillicores > 0 ? attempt.Granted.CpuCores : 1,
            Signals = usage.InputBytes > 0 ? _inputSignal : [],
        };
    }

    private void Add(Measure measure, double? value, double logInput, double weight)
    {
        if (value is { } known) _measures[(int)measure].Add(known, logInput, weight);
    }

    private double Weigh(Instant at)
    {
        if (_weighed.At == at) return _weighed.Weight;
        var covering = _decay.Covering(at, out var factor);
        if (factor != 1) MoveTo(covering, factor);
        LastUpdate = Instant.Max(LastUpdate, at);
        _weighed = (at, _decay.WeightAt(at));
        return _weighed.Weight;
    }

    private void MoveTo(in ExponentialDecay decay, double factor)
    {
        (_decay, _weighed) = (decay, (Instant.Never, 0));
        foreach (var measure in _measures) measure.MoveTo(decay, factor);
        for (var i = 0; i < _outcomes.Length; i++) _outcomes[i] = _outcomes[i] with { WallSeconds = _outcomes[i].WallSeconds.Scaled(factor) };
        Branch = Branch.Scaled(factor);
        _dependencies.Scale(factor);
    }

    private Resources Vector(Func<ResourceKind, Measure> measure, double quantile)
    {
        var vector = Resources.Zero;
        for (var kind = ResourceKind.Cpu; kind <= ResourceKind.Disk; kind++)
        {
            var statistics = this[measure(kind)];
            if (statistics.IsEmpty) continue;
            var unit = kind == ResourceKind.Cpu ? 1000.0 : 1.0;
            vector = vector.With(kind, (long)Math.Ceiling(statistics.Quantile(quantile) * unit));
        }

        return vector;
    }
}

using System.Collections.Immutable;
using Foreflow.Core.Model;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator.Measures;

/// <summary>Figures of one simulation, by name. Names carry their units; docs/simulation.md defines each.</summary>
public static class Metrics
{
    /// <summary>The figures, in the order they are shown.</summary>
    internal static ImmutableArray<KeyValuePair<string, double>> Of(Measurement measured, CostModel cost)
    {
        var hours = Math.Max(measured.Seconds, 1e-9) / 3600;
        var stages = measured.Stages;
        var waits = stages.Count == 1 ? stages[0].SortedWaits : Sorted(stages.SelectMany(s => s.Waits));
        var served = stages.Where(s => s.IsServed).ToArray();
        var slotSeconds = served.Sum(s => s.SlotSeconds);
        var figures = ImmutableArray.CreateBuilder<KeyValuePair<string, double>>();
        void Add(string name, double value) => figures.Add(new(name, value));
        Add("waitMeanSeconds", waits.Length == 0 ? 0 : stages.Sum(s => s.WaitSeconds) / waits.Length);
        Add("waitP50Seconds", Quantile(waits, 0.50));
        Add("waitP95Seconds", Quantile(waits, 0.95));
        Add("waitP99Seconds", Quantile(waits, 0.99));
        Add("waitProbability", waits.Length == 0 ? 0 : (double)waits.Count(w => w > 0) / waits.Length);
        Add("violationShare", measured.Minutes == 0 ? 0 : (double)measured.ViolatedMinutes / measured.Minutes);
        Add("violationMinutes", measured.ViolatedMinutes);
        Add("replicaHours", served.Sum(s => s.ReplicaSeconds) / 3600);
        Add("cost", (served.Sum(s => s.ReplicaSeconds) / 3600 * cost.ReplicaHour) + (measured.ViolatedMinutes * cost.ViolationMinute));
        Add("coldStarts", measured.ColdStarts);
        Add("makespanSeconds", measured.MakespanSeconds);
        var makespans = Sorted(measured.Makespans);
        Add("makespanP50Seconds", Quantile(makespans, 0.50));
        Add("makespanP95Seconds", Quantile(makespans, 0.95));
        Add("makespanP99Seconds", Quantile(makespans, 0.99));
        Add("makespanLowerBoundSeconds", measured.MakespanLowerBoundSeconds);
        Add("makespanOverLowerBound", measured.MakespanLowerBoundSeconds > 0 ? measured.MakespanSeconds / measured.MakespanLowerBoundSeconds : 1);
        Add("utilisation", slotSeconds > 0 ? served.Sum(s => s.BusySeconds) / slotSeconds : measured.NodeUtilisation);
        var attempts = stages.Sum(s => s.Attempts);
        Add("hedges", stages.Sum(s => s.Hedges));
        Add("hedgeShare", attempts == 0 ? 0 : (double)stages.Sum(s => s.Hedges) / attempts);
        Add("reclaimedHours", measured.ReclaimedHours);
        Add("wastedReservationHours", measured.WastedHours);
        Add("levelChangesPerHour", measured.LevelChanges / hours);
        Add("decisions", measured.Decisions);
        Add("runsArrived", measured.RunsArrived);
        Add("runsCompleted", measured.RunsCompleted);
        Add("runsFailed", measured.RunsFailed);
        Add("tasksCompleted", stages.Sum(s => s.Completed));
        Add("throughputPerSecond", measured.RunsCompleted / Math.Max(measured.Seconds, 1e-9));
        Add("tasksInSystemMean", stages.Sum(s => s.InSystemSeconds) / Math.Max(measured.Seconds, 1e-9));
        return figures.ToImmutable();
    }

    /// <summary>The figures of one stage.</summary>
    internal static ImmutableArray<KeyValuePair<string, double>> OfStage(StageMeter stage, double seconds)
    {
        var waits = stage.SortedWaits;
        seconds = Math.Max(seconds, 1e-9);
        return
        [
            new("waitMeanSeconds", waits.Length == 0 ? 0 : stage.WaitSeconds / waits.Length),
            new("waitP50Seconds", Quantile(waits, 0.50)),
            new("waitP95Seconds", Quantile(waits, 0.95)),
            new("waitP99Seconds", Quantile(waits, 0.99)),
            new("waitProbability", waits.Length == 0 ? 0 : (double)waits.Count(w => w > 0) / waits.Length),
            new("replicaHours", stage.ReplicaSeconds / 3600),
            new("utilisation", stage.IsServed && stage.SlotSeconds > 0 ? stage.BusySeconds / stage.SlotSeconds : 0),
            new("arrivalsPerSecond", stage.Arrived / seconds),
            new("departuresPerSecond", stage.Completed / seconds),
            new("tasksInSystemMean", stage.InSystemSeconds / seconds),
            new("tasksWaitingMean", (stage.InSystemSeconds - stage.BusySeconds) / seconds),
            new("tasksRunningMean", stage.BusySeconds / seconds),
            new("hedgeShare", stage.Attempts == 0 ? 0 : (double)stage.Hedges / stage.Attempts),
        ];
    }

    /// <summary>The most that a figure can be: 1 where it is a share.</summary>
    internal static double MostOf(string name) =>
        name is "waitProbability" or "utilisation" || name.EndsWith("Share", StringComparison.Ordinal) ? 1 : double.PositiveInfinity;

    internal static float[] Sorted(IEnumerable<float> waits)
    {
        var sorted = waits.ToArray();
        return RadixSort.Sort(sorted);
    }

    /// <summary>The least wait that a share of all tasks does not exceed.</summary>
    private static double Quantile(float[] sorted, double share) =>
        sorted.Length == 0 ? 0 : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
}

/// <summary>What a simulation measured, before it is summed up.</summary>
internal sealed record Measurement
{
    public required IReadOnlyList<StageMeter> Stages { get; init; }

    public double Seconds { get; init; }

    public int Minutes { get; init; }

    public int ViolatedMinutes { get; init; }

    public long ColdStarts { get; init; }

    public double MakespanSeconds { get; init; }

    public double MakespanLowerBoundSeconds { get; init; }

    public IReadOnlyList<float> Makespans { get; init; } = [];

    public double NodeUtilisation { get; init; }

    public double ReclaimedHours { get; init; }

    public double WastedHours { get; init; }

    public long LevelChanges { get; init; }

    public long Decisions { get; init; }

    public long RunsArrived { get; init; }

    public long RunsCompleted { get; init; }

    public long RunsFailed { get; init; }
}

/// <summary>One-minute buckets of the measured part, and which of them saw a task wait too long.</summary>
internal sealed class ViolationMeter
{
    private readonly List<bool> _minutes = [];
    private Instant _from = Instant.Never;
    private Instant _until = Instant.Never;

    /// <summary>Number of buckets that saw one.</summary>
    public int Violated => _minutes.Count(m => m);

    public void Begin(Instant from, Instant until) => (_from, _until) = (from, until);

    /// <summary>A task waited until now although it should have started by <paramref name="due"/>: every bucket in between is violated.</summary>
    public void Note(Instant due, Instant now)
    {
        var end = Instant.Min(now, _until);
        if (end <= _from || due >= end) return;
        var first = (int)((Instant.Max(due, _from) - _from).Ticks / TimeSpan.TicksPerMinute);
        var last = (int)(((end - _from).Ticks - 1) / TimeSpan.TicksPerMinute);
        while (_minutes.Count <= last) _minutes.Add(false);
        for (var i = first; i <= last; i++) _minutes[i] = true;
    }
}

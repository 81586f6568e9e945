using Foreflow.Core.Model;
using Foreflow.Core.Profiling.Sizing;

namespace Foreflow.Traces.Sizing;

/// <summary>What is known when a task starts.</summary>
/// <param name="Task">The task. Policies read what it asked for, not what it took.</param>
/// <param name="Signals">Sizes known by now, the one to be trusted most first.</param>
internal readonly record struct SizingMoment(SizedTask Task, IReadOnlyList<SizeSignal> Signals);

/// <summary>A way to size tasks, replayed over a trace.</summary>
internal interface ISizingPolicy
{
    /// <summary>The first grant, in bytes.</summary>
    long First(SizingMoment moment);

    /// <summary>The grant after <paramref name="kills"/> grants of the task were too small, the last one given.</summary>
    long Next(SizingMoment moment, long granted, int kills);

    /// <summary>A task has ended.</summary>
    void Learn(SizingMoment moment, bool firstGrantWasEnough);
}

/// <summary>What the workflow's author asked for.</summary>
internal sealed class PresetPolicy : ISizingPolicy
{
    public long First(SizingMoment moment) => moment.Task.PresetBytes;

    public long Next(SizingMoment moment, long granted, int kills) => granted * 2;

    public void Learn(SizingMoment moment, bool firstGrantWasEnough)
    {
    }
}

/// <summary>The simplest rule that learns: 1.1 times the largest peak of the process so far, at most the preset; doubled when too small.</summary>
internal sealed class LargestSoFarPolicy : ISizingPolicy
{
    private const double Margin = 1.1;
    private readonly Dictionary<string, long> _largest = new(StringComparer.Ordinal);

    public long First(SizingMoment moment) => _largest.TryGetValue(moment.Task.Trace.Process, out var largest)
        ? Math.Min(moment.Task.PresetBytes, (long)Math.Ceiling(Margin * largest))
        : moment.Task.PresetBytes;

    public long Next(SizingMoment moment, long granted, int kills) =>
        granted < moment.Task.PresetBytes ? Math.Min(moment.Task.PresetBytes, granted * 2) : granted * 2;

    public void Learn(SizingMoment moment, bool firstGrantWasEnough)
    {
        var process = moment.Task.Trace.Process;
        _largest[process] = Math.Max(_largest.GetValueOrDefault(process), moment.Task.NeedBytes);
    }
}

/// <summary>Foreflow's own: one <see cref="MemorySizer"/> a process.</summary>
internal sealed class ForeflowPolicy(SizingOptions options) : ISizingPolicy
{
    private readonly Dictionary<string, MemorySizer> _sizers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<SizedTask>> _running = new(StringComparer.Ordinal);

    public long First(SizingMoment moment)
    {
        var task = moment.Task;
        var running = RunningLike(task);
        var sizer = SizerOf(task);

        // A later attempt failed before at a size the trace does not tell: what it asks for now stands.
        var grant = task.Trace.Attempt > 1
            ? task.PresetBytes
            : sizer.Decide(RequestOf(moment) with { OlderSiblings = running.Count(r => (task.Started - r.Started).TotalSeconds > sizer.LongestSeconds) }).Bytes;
        running.Add(task);
        return grant;
    }

    public long Next(SizingMoment moment, long granted, int kills)
    {
        // A preset that was too small is not the end of the ladder.
        var preset = moment.Task.PresetBytes;
        var cap = granted < preset ? preset : long.MaxValue / 4;
        return RetryLadder.Next(AttemptCause.OutOfMemory, granted, kills, SizerOf(moment.Task).LargestBytes, preset, cap, options);
    }

    public void Learn(SizingMoment moment, bool firstGrantWasEnough)
    {
        var task = moment.Task;
        RunningLike(task).Remove(task);
        if (task.Hours > 0) SizerOf(task).Record(task.NeedBytes, task.Hours * 3600, RequestOf(moment), task.Trace.Attempt > 1 ? null : firstGrantWasEnough);
    }

    private static SizingRequest RequestOf(SizingMoment moment) => new()
    {
        PresetBytes = moment.Task.PresetBytes,
        CapBytes = moment.Task.PresetBytes,
        Cores = moment.Task.Cores,
        Signals = moment.Signals,
    };

    private MemorySizer SizerOf(SizedTask task)
    {
        if (!_sizers.TryGetValue(task.Trace.Process, out var sizer)) _sizers[task.Trace.Process] = sizer = new MemorySizer(options);
        return sizer;
    }

    private List<SizedTask> RunningLike(SizedTask task)
    {
        if (!_running.TryGetValue(task.Trace.Process, out var running)) _running[task.Trace.Process] = running = [];
        return running;
    }
}

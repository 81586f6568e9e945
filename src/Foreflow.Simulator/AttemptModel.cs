using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Simulator.Scenarios;

namespace Foreflow.Simulator;

/// <summary>How an attempt would go, drawn from its run's seed: the same under every policy and at every time.</summary>
/// <param name="Seconds">How long until it ends.</param>
/// <param name="Cause">Why it ends.</param>
/// <param name="MemoryBytes">Most memory it holds; 0 where none is simulated.</param>
internal readonly record struct AttemptOutcome(double Seconds, AttemptCause Cause, long MemoryBytes)
{
    /// <summary>Draws an attempt.</summary>
    /// <param name="grantedBytes">Memory it may hold; 0: any.</param>
    public static AttemptOutcome Of(StageModel model, FailureModel failures, in TaskLink task, long grantedBytes)
    {
        // A retry of the same task takes as long again: its input is the same. What goes wrong is drawn anew.
        if (!model.Recorded.IsEmpty) return Limited(model.Recorded[task.Task].Seconds, model.Recorded[task.Task].MemoryBytes, grantedBytes);
        var forTask = Draw.Mix(task.Run.Seed, ((ulong)(uint)task.Stage << 32) | (uint)task.Task);
        var seconds = model.Time.Seconds(forTask);
        if (model.FailureShare == 0 && failures.StragglerShare == 0 && model.MemoryBytes is null) return new(seconds, AttemptCause.Succeeded, 0);

        var forAttempt = Draw.Mix(forTask, (ulong)task.Attempt);
        if (failures.StragglerShare > 0 && Draw.Uniform(forAttempt, 1, 0) < failures.StragglerShare) seconds *= failures.StragglerFactor;
        if (model.FailureShare > 0 && Draw.Uniform(forAttempt, 2, 0) < model.FailureShare) return new(seconds * Draw.Uniform(forAttempt, 3, 0), AttemptCause.ExitCode, 0);
        if (model.MemoryBytes is not { } memory) return new(seconds, AttemptCause.Succeeded, 0);
        return Limited(seconds, (long)memory.Seconds(Draw.Mix(forTask, 4)), grantedBytes);
    }

    /// <summary>Memory rises over the attempt: it is killed when it meets its limit.</summary>
    private static AttemptOutcome Limited(double seconds, long bytes, long grantedBytes) => grantedBytes > 0 && bytes > grantedBytes
        ? new(seconds * grantedBytes / bytes, AttemptCause.OutOfMemory, grantedBytes)
        : new(seconds, AttemptCause.Succeeded, bytes);

    /// <summary>What the attempt used, as a node would measure it; null where only its time is known.</summary>
    public AttemptUsage? UsageAfter(TimeSpan wall, long? inputBytes) =>
        MemoryBytes > 0 ? new AttemptUsage { WallTime = wall, MemoryPeakBytes = MemoryBytes, InputBytes = inputBytes } : null;
}

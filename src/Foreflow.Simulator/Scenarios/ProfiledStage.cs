using Foreflow.Core.Model;
using Foreflow.Core.Profiling;
using Foreflow.Core.Snapshot;

namespace Foreflow.Simulator.Scenarios;

/// <summary>How a stage behaves as its profile knows it: what is simulated of a live pool.</summary>
internal static class ProfiledStage
{
    private const int Quantiles = 200;

    /// <summary>The model of a stage. What was never measured behaves as the pool takes for granted until it is.</summary>
    /// <param name="profile">What is known.</param>
    /// <param name="isWorker">True where warm replicas serve it.</param>
    /// <param name="fansOut">True where a run may make any number of tasks of it.</param>
    /// <param name="branches">True where not every run takes it.</param>
    public static StageModel ModelOf(StageProfile profile, bool isWorker, bool fansOut, bool branches)
    {
        var prior = new StageSpec { Name = "unknown" };
        return new StageModel
        {
            Time = Known(profile.ExecutionSeconds) ?? TimeDistribution.Fixed(prior.ExecutionSecondsPrior),
            StartUp = !isWorker ? TimeDistribution.Fixed(0) : Known(profile.StartUpSeconds) ?? TimeDistribution.Fixed(prior.StartUpSecondsPrior),
            FanOut = fansOut ? Known(profile.FanOut) ?? TimeDistribution.Fixed(1) : null,
            Probability = branches ? Math.Clamp(profile.BranchProbability, 0, 1) : 1,
            FailureShare = FailureShare(profile),
        };
    }

    /// <summary>What was measured, as equally likely values: the middle of each of many equal shares.</summary>
    private static EmpiricalTime? Known(MeasureStatistics measure) =>
        measure.IsEmpty ? null : new EmpiricalTime([.. Enumerable.Range(0, Quantiles).Select(i => Math.Max(0, measure.Quantile((i + 0.5) / Quantiles)))]);

    /// <summary>Share of attempts that failed of themselves: losses of nodes and workers, preemptions and cancellations are not the stage's.</summary>
    private static double FailureShare(StageProfile profile)
    {
        ReadOnlySpan<AttemptCause> own = [AttemptCause.ExitCode, AttemptCause.Signal, AttemptCause.Timeout, AttemptCause.BadOutput, AttemptCause.OutOfMemory];
        long failed = 0;
        foreach (var cause in own) failed += profile.Outcome(cause).Count;
        var ended = failed + profile.Outcome(AttemptCause.Succeeded).Count;
        return ended == 0 ? 0 : (double)failed / ended;
    }
}

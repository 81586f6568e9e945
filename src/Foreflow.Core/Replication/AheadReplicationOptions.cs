using Foreflow.Core.Model;

namespace Foreflow.Core.Replication;

/// <summary>Settings of <see cref="AheadReplication"/>.</summary>
public sealed record AheadReplicationOptions
{
    /// <summary>
    /// Probability with which a minute should pass in which no task of a workflow waits longer than it may: cost of such a
    /// minute over the sum of that and the cost of an idle replica-minute (the newsvendor's critical ratio). What may be
    /// missed is shared out evenly over the stages that replicas serve.
    /// <list type="table">
    /// <item><term>.95</term><description>batch: a miss costs 19 times an idle replica</description></item>
    /// <item><term>.985</term><description>normal: 66 times</description></item>
    /// <item><term>.997</term><description>critical: 332 times</description></item>
    /// </list>
    /// </summary>
    public double CriticalRatio(Priority priority) => priority switch
    {
        Priority.Batch => BatchRatio,
        Priority.Critical => CriticalPriorityRatio,
        _ => NormalRatio,
    };

    /// <summary>Critical ratio of workflows of priority batch, above 0 and below 1.</summary>
    public double BatchRatio { get; init; } = 0.95;

    /// <summary>Critical ratio of workflows of priority normal, above 0 and below 1.</summary>
    public double NormalRatio { get; init; } = 0.985;

    /// <summary>Critical ratio of workflows of priority critical, above 0 and below 1.</summary>
    public double CriticalPriorityRatio { get; init; } = 0.997;

    /// <summary>
    /// How fast the ratio aimed at follows the misses there were: log of the share aimed at, per minute without a miss. At .002
    /// five hours without a miss raise it by four fifths; a miss lowers it by a third at the normal ratio.
    /// </summary>
    public double CalibrationRate { get; init; } = 0.002;

    /// <summary>
    /// Share of a restart's cost that a replica must have idled for before it goes, though no need is in sight: forecasts move
    /// from cycle to cycle, and 1 is what the ski rental's promise of at most twice the best rests on.
    /// </summary>
    public double CooldownShare { get; init; } = 1;

    /// <summary>
    /// What a change of level costs, whatever its size, in start-ups of an idle replica and at most <see cref="ChangeSeconds"/>:
    /// what keeps the level from following every task that comes or goes. Rises that a promise needs are never held back by
    /// it, a miss costs far more; and what starts in a moment is not kept for half a minute.
    /// <code>
    /// one replica too many, foreseen for   start-up 1 s   start-up 20 s and more
    /// 1 s                                  stays          stays: to stop it costs more than it saves
    /// 20 s                                 goes           stays
    /// 40 s                                 goes           goes, once idling has cost its restart too
    /// </code>
    /// </summary>
    public double ChangeStartUps { get; init; } = 1.5;

    /// <summary>The most that a change of level costs, in seconds of an idle replica.</summary>
    public double ChangeSeconds { get; init; } = 30;
}

using System.Globalization;

namespace Foreflow.Core.Replication;

/// <summary>When and how far the threshold rule replicates.</summary>
public sealed record ThresholdRuleOptions
{
    /// <summary>Share of capacity above which predicted demand means contention, in (0, 1]; default .8.</summary>
    public double ContentionThreshold { get; init; } = 0.8;

    /// <summary>Multiples of the base level, ascending, each more than 1; default 2 and 4.</summary>
    public IReadOnlyList<int> Multiples { get; init; } = [2, 4];
}

/// <summary>What the threshold rule decided.</summary>
/// <param name="Level">Replicas to have when the stage is due.</param>
/// <param name="Multiple">1 without contention, else the multiple of the base level chosen.</param>
/// <param name="Excess">Predicted demand over the contention threshold of the base level; above 1 is contention.</param>
public readonly record struct ThresholdDecision(int Level, int Multiple, double Excess)
{
    /// <summary>The numbers that decided, for people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"predicted demand is {Excess:0.00} of the contention threshold -> {Multiple}x, level {Level}");
}

/// <summary>
/// The original rule of replicating ahead: when the demand predicted for the time the stage is due is above the contention threshold of
/// the replicas it would have, replicas are created before then, 2x or 4x as many by the magnitude of the excess.
/// <code>
/// base level 3, threshold .8: contention above 2.4
/// predicted demand   excess   level
/// 2.0                 .83      3  (1x)
/// 3.0                1.25      6  (2x)
/// 6.0                2.50     12  (4x)
/// </code>
/// </summary>
public static class ThresholdRule
{
    /// <summary>The level to have when the stage is due.</summary>
    /// <param name="predictedDemand">Demand predicted for then, in replicas kept fully busy; not negative.</param>
    /// <param name="baseLevel">Replicas it has without the rule; 0 counts as 1 once there is demand.</param>
    /// <param name="max">Most replicas allowed.</param>
    /// <param name="options">Threshold and multiples.</param>
    public static ThresholdDecision Decide(double predictedDemand, int baseLevel, int max, ThresholdRuleOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(predictedDemand);
        ArgumentOutOfRangeException.ThrowIfNegative(baseLevel);
        ArgumentOutOfRangeException.ThrowIfNegative(max);
        if (predictedDemand == 0) return new(Math.Min(baseLevel, max), 1, 0);
        var level = Math.Max(1, baseLevel);
        var excess = predictedDemand / (options.ContentionThreshold * level);
        if (excess <= 1) return new(Math.Min(level, max), 1, excess);
        var multiple = options.Multiples[^1];
        for (var i = options.Multiples.Count - 1; i >= 0 && options.Multiples[i] >= excess; i--) multiple = options.Multiples[i];
        return new((int)Math.Min(max, (long)level * multiple), multiple, excess);
    }
}

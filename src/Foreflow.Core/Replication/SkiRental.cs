using System.Collections.Immutable;

namespace Foreflow.Core.Replication;

/// <summary>
/// When to stop a replica that is not needed now but may be again: once keeping it idle has cost as much as starting it anew would
/// (the ski rental problem; Karlin, Manasse, Rudolph and Sleator 1988). Whatever comes, that costs at most twice what the best
/// decision in hindsight would have cost, and no deterministic rule promises less.
/// <code>
/// a restart costs as much as   kept idle for
/// 70 s of a replica            70 s
/// 10 min of a replica          10 min
/// </code>
/// A value: <see cref="Step"/> gives the next one. The n-th replica counts as needed while at least n are required.
/// </summary>
public sealed class SkiRental
{
    /// <summary>No replicas.</summary>
    public static readonly SkiRental Empty = new([]);

    private readonly ImmutableArray<double> _idleCosts;

    private SkiRental(ImmutableArray<double> idleCosts) => _idleCosts = idleCosts;

    /// <summary>Replicas to keep.</summary>
    public int Level => _idleCosts.Length;

    /// <summary>What each replica, first to last, has cost idle since it was last needed.</summary>
    public IReadOnlyList<double> IdleCosts => _idleCosts;

    /// <summary>The state with this many replicas, all just needed.</summary>
    public static SkiRental At(int level) => new([.. new double[level]]);

    /// <summary>Up at once, down only when idling has cost as much as a restart.</summary>
    /// <param name="required">Replicas required over the step.</param>
    /// <param name="idleCost">What one idle replica costs over the step; not negative.</param>
    /// <param name="restartCost">What starting one replica costs, misses while it starts included; not negative.</param>
    public SkiRental Step(int required, double idleCost, double restartCost)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(required);
        ArgumentOutOfRangeException.ThrowIfNegative(idleCost);
        ArgumentOutOfRangeException.ThrowIfNegative(restartCost);
        var next = ImmutableArray.CreateBuilder<double>(Math.Max(required, Level));
        for (var replica = 0; replica < required; replica++) next.Add(0);
        for (var replica = required; replica < Level; replica++)
        {
            // Costs fall from first to last needed, so the first that has idled enough ends the row.
            if (_idleCosts[replica] + idleCost > restartCost) break;
            next.Add(_idleCosts[replica] + idleCost);
        }

        return new(next.ToImmutable());
    }
}

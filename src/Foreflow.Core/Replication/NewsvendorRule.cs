namespace Foreflow.Core.Replication;

/// <summary>
/// How many replicas to have when demand is known only as a distribution: the least level that covers demand with probability tau.
/// With a cost for each replica missing and one for each replica idle, the tau that costs least is
/// tau = c_under / (c_under + c_over) (Arrow, Harris and Marschak 1951: the newsvendor's critical ratio).
/// <code>
/// a missing replica costs   tau    name
///  4 idle ones              .80    batch
/// 19 idle ones              .95    normal
/// 99 idle ones              .99    critical
/// </code>
/// The quantile is the whole margin: no safety factor goes on top of it.
/// </summary>
public static class NewsvendorRule
{
    /// <summary>tau of batch work.</summary>
    public const double BatchServiceLevel = 0.80;

    /// <summary>tau of normal work.</summary>
    public const double NormalServiceLevel = 0.95;

    /// <summary>tau of critical work.</summary>
    public const double CriticalServiceLevel = 0.99;

    // Demand is a sum of many rounded terms: what is over a whole replica by less than this is rounding, not demand.
    private const double Rounding = 1e-9;

    /// <summary>The probability with which demand should be covered.</summary>
    /// <param name="underCost">Cost of one replica missing for some time; more than 0.</param>
    /// <param name="overCost">Cost of one replica idle for the same time; not negative.</param>
    public static double CriticalRatio(double underCost, double overCost)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(underCost);
        ArgumentOutOfRangeException.ThrowIfNegative(overCost);
        return underCost / (underCost + overCost);
    }

    /// <summary>The least level whose capacity is not below the demand.</summary>
    /// <param name="demand">Demand, in the unit of <paramref name="capacityPerReplica"/>; below 0 counts as 0.</param>
    /// <param name="capacityPerReplica">What one replica carries; more than 0.</param>
    public static int LevelFor(double demand, double capacityPerReplica)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacityPerReplica);
        if (double.IsNaN(demand)) throw new ArgumentException("Demand is not a number.", nameof(demand));
        var replicas = demand / capacityPerReplica;
        return replicas <= 0 ? 0 : (int)Math.Min(int.MaxValue, Math.Ceiling(replicas - Rounding * Math.Max(1, replicas)));
    }

    /// <summary>The least level r with P(demand &lt;= r x capacity) >= tau, demand being given by quantiles; between them it is interpolated.</summary>
    /// <param name="probabilities">Ascending probabilities in (0, 1).</param>
    /// <param name="quantiles">Demand at these probabilities; not descending.</param>
    /// <param name="tau">Probability to cover demand with, in (0, 1).</param>
    /// <param name="capacityPerReplica">What one replica carries; more than 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">tau is above the highest probability given: nothing is known of demand there.</exception>
    public static int LevelFromQuantiles(ReadOnlySpan<double> probabilities, ReadOnlySpan<double> quantiles, double tau, double capacityPerReplica) =>
        LevelFor(Quantile(probabilities, quantiles, tau), capacityPerReplica);

    /// <summary>The least level r that covers demand in a share tau of equally likely samples, or paths at one instant.</summary>
    /// <param name="demandSamples">Demand of each sample, in any order; at least one.</param>
    /// <param name="tau">Share of samples to cover, in (0, 1].</param>
    /// <param name="capacityPerReplica">What one replica carries; more than 0.</param>
    public static int LevelFromSamples(ReadOnlySpan<double> demandSamples, double tau, double capacityPerReplica)
    {
        if (demandSamples.IsEmpty) throw new ArgumentException("At least one sample is needed.", nameof(demandSamples));
        if (!(tau is > 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(tau), tau, "tau is in (0, 1].");
        var sorted = demandSamples.ToArray();
        Array.Sort(sorted);
        var covered = (int)Math.Ceiling(tau * sorted.Length - Rounding);
        return LevelFor(sorted[Math.Clamp(covered, 1, sorted.Length) - 1], capacityPerReplica);
    }

    private static double Quantile(ReadOnlySpan<double> probabilities, ReadOnlySpan<double> quantiles, double tau)
    {
        if (probabilities.IsEmpty || probabilities.Length != quantiles.Length)
        {
            throw new ArgumentException($"{probabilities.Length} probabilities for {quantiles.Length} quantiles.", nameof(quantiles));
        }

        if (!(tau > 0 && tau <= probabilities[^1] + Rounding))
        {
            throw new ArgumentOutOfRangeException(nameof(tau), tau, $"Demand is known up to probability {probabilities[^1]} only.");
        }

        var above = 0;
        while (above < probabilities.Length - 1 && probabilities[above] < tau) above++;
        if (above == 0) return quantiles[0];
        var share = Math.Min(1, (tau - probabilities[above - 1]) / (probabilities[above] - probabilities[above - 1]));
        return quantiles[above - 1] + share * (quantiles[above] - quantiles[above - 1]);
    }
}

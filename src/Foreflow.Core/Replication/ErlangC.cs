namespace Foreflow.Core.Replication;

/// <summary>
/// Waiting in a queue with Poisson arrivals, exponential service and a number of equal servers, M/M/c (Erlang 1917). Offered load is
/// arrival rate x mean service time, in servers kept busy on average. Use it where demand is an arrival rate; where demand is a quantile of
/// needed replicas the margin is in the quantile already, and Erlang's goes not on top.
/// </summary>
public static class ErlangC
{
    /// <summary>Probability that an arrival finds all servers busy and is lost, in a system without a queue (Erlang's B formula).</summary>
    /// <param name="servers">Number of servers; not negative.</param>
    /// <param name="offeredLoad">Arrival rate x mean service time; not negative.</param>
    public static double LossProbability(int servers, double offeredLoad)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(servers);
        CheckLoad(offeredLoad);
        if (offeredLoad == 0) return servers == 0 ? 1 : 0;

        // B(n) = a B(n-1) / (n + a B(n-1)). Below n = a an error in 1/B shrinks by n/a a step: from 13 sqrt(a) below, a start that is off
        // by anything is off by e^-84 at the end. So the first steps are not taken, and a hundred thousand servers cost a few thousand steps.
        var first = Math.Max(0, (int)(Math.Min(servers, offeredLoad) - 13 * Math.Sqrt(offeredLoad) - 50));
        var loss = first == 0 ? 1 : 1 - first / offeredLoad;
        for (var n = first + 1; n <= servers; n++) loss = NextLoss(loss, n, offeredLoad);
        return loss;
    }

    /// <summary>Probability that an arrival waits (Erlang's C formula); 1 where the servers cannot keep up.</summary>
    /// <inheritdoc cref="LossProbability"/>
    public static double WaitProbability(int servers, double offeredLoad) =>
        offeredLoad >= servers ? (offeredLoad > 0 || servers == 0 ? 1 : 0) : WaitFromLoss(LossProbability(servers, offeredLoad), servers, offeredLoad);

    /// <summary>Mean wait of all arrivals, in seconds; infinite where the servers cannot keep up.</summary>
    /// <param name="servers">Number of servers.</param>
    /// <param name="arrivalsPerSecond">Mean arrival rate.</param>
    /// <param name="serviceSeconds">Mean service time.</param>
    public static double MeanWaitSeconds(int servers, double arrivalsPerSecond, double serviceSeconds)
    {
        var load = Load(arrivalsPerSecond, serviceSeconds);
        return load == 0 && servers > 0 ? 0
            : load >= servers ? double.PositiveInfinity
            : WaitProbability(servers, load) * serviceSeconds / (servers - load);
    }

    /// <summary>Probability that an arrival waits longer than the given time, first come first served: C e^(-(c - a) t / s).</summary>
    /// <inheritdoc cref="MeanWaitSeconds"/>
    /// <param name="waitSeconds">The wait; not negative.</param>
    public static double WaitExceeds(int servers, double arrivalsPerSecond, double serviceSeconds, double waitSeconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(waitSeconds);
        var load = Load(arrivalsPerSecond, serviceSeconds);
        return WaitProbability(servers, load) * Tail(servers, load, serviceSeconds, waitSeconds);
    }

    /// <summary>The wait that a share of all arrivals does not exceed, in seconds; infinite where the servers cannot keep up.</summary>
    /// <inheritdoc cref="MeanWaitSeconds"/>
    /// <param name="probability">The share, in [0, 1).</param>
    public static double WaitQuantileSeconds(int servers, double arrivalsPerSecond, double serviceSeconds, double probability)
    {
        if (!(probability is >= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(probability), probability, "A share in [0, 1).");
        var load = Load(arrivalsPerSecond, serviceSeconds);
        if (load == 0 && servers > 0) return 0;
        if (load >= servers) return double.PositiveInfinity;
        return Math.Max(0, Math.Log(WaitProbability(servers, load) / (1 - probability)) * serviceSeconds / (servers - load));
    }

    /// <summary>The least number of servers with P(wait &gt; maxWait) &lt;= epsilon. Exact; costs about sqrt(load) steps.</summary>
    /// <param name="arrivalsPerSecond">Mean arrival rate.</param>
    /// <param name="serviceSeconds">Mean service time.</param>
    /// <param name="maxWaitSeconds">The wait that is still well; not negative.</param>
    /// <param name="epsilon">Share of arrivals that may wait longer, in (0, 1).</param>
    public static int Servers(double arrivalsPerSecond, double serviceSeconds, double maxWaitSeconds, double epsilon)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxWaitSeconds);
        if (!(epsilon is > 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "A share in (0, 1).");
        var load = Load(arrivalsPerSecond, serviceSeconds);
        if (load == 0) return 0;
        var servers = (int)load + 1; // Fewer cannot keep up.
        var loss = LossProbability(servers, load);
        while (WaitFromLoss(loss, servers, load) * Tail(servers, load, serviceSeconds, maxWaitSeconds) > epsilon)
        {
            loss = NextLoss(loss, ++servers, load);
        }

        return servers;
    }

    /// <summary>
    /// About how many servers make P(wait &gt; 0) the given share: a + beta sqrt(a), beta from the limit of many servers (Halfin and Whitt 1981).
    /// <code>
    /// share that waits   beta
    /// .50                 .51
    /// .20                1.06
    /// .05                1.74
    /// .01                2.37
    /// </code>
    /// </summary>
    /// <param name="offeredLoad">Arrival rate x mean service time.</param>
    /// <param name="waitProbability">Share that may wait, in (0, 1).</param>
    public static int SquareRootStaffing(double offeredLoad, double waitProbability)
    {
        CheckLoad(offeredLoad);
        return (int)Math.Ceiling(offeredLoad + ServiceGrade(waitProbability) * Math.Sqrt(offeredLoad));
    }

    /// <summary>beta with 1 / (1 + beta Phi(beta) / phi(beta)) = the share that waits.</summary>
    /// <param name="waitProbability">Share that may wait, in (0, 1).</param>
    public static double ServiceGrade(double waitProbability)
    {
        if (!(waitProbability is > 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(waitProbability), waitProbability, "A share in (0, 1).");
        double low = 0, high = 40; // Falls from 1 to less than any double above 0 in between.
        for (var step = 0; step < 80; step++)
        {
            var beta = (low + high) / 2;
            var density = Math.Exp(-beta * beta / 2) / Math.Sqrt(2 * Math.PI);
            var waits = density / (density + beta * MathNet.Numerics.Distributions.Normal.CDF(0, 1, beta));
            if (waits > waitProbability) low = beta;
            else high = beta;
        }

        return high;
    }

    private static double NextLoss(double loss, int servers, double load) => load * loss / (servers + load * loss);

    private static double WaitFromLoss(double loss, int servers, double load) => loss / (1 - load / servers * (1 - loss));

    private static double Tail(int servers, double load, double serviceSeconds, double waitSeconds) =>
        load >= servers || waitSeconds == 0 ? 1 : Math.Exp(-(servers - load) * waitSeconds / serviceSeconds);

    private static double Load(double arrivalsPerSecond, double serviceSeconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(arrivalsPerSecond);
        ArgumentOutOfRangeException.ThrowIfNegative(serviceSeconds);
        var load = arrivalsPerSecond * serviceSeconds;
        CheckLoad(load);
        return load;
    }

    private static void CheckLoad(double load)
    {
        if (!(load is >= 0 and <= 1e9)) throw new ArgumentOutOfRangeException(nameof(load), load, "The offered load is from 0 to 1e9 servers.");
    }
}

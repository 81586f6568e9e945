using Foreflow.Core.Forecasting.Demand;

namespace Foreflow.Core.Replication;

/// <summary>What a number of servers is judged by.</summary>
/// <param name="ServiceSeconds">Mean time a task takes, in seconds; above 0.</param>
/// <param name="ServiceVariation">Squared coefficient of variation of that time.</param>
/// <param name="MaxWaitSeconds">How long a task may wait.</param>
/// <param name="MissShare">Share of minutes in which some task may wait longer, above 0 and below 1.</param>
public readonly record struct ServiceTerms(double ServiceSeconds, double ServiceVariation, double MaxWaitSeconds, double MissShare);

/// <summary>
/// The least servers with which hardly a minute has a task that waits longer than it may. The wait of a queue first come
/// first served is taken as the diffusion limit has it (Halfin and Whitt 1981; Allen and Cunneen's correction for general
/// arrivals and service): P(wait > w) = P(all busy) e^(-2 (r - a) w / (s (z + c²))), with a the load, s the time a task
/// takes, c² its squared variation and z the peakedness of the load (Fredericks 1980). An error in the rate moves a whole
/// minute: it is averaged over five points. One margin: nothing else is added to what comes out.
/// <code>
/// s = 4 s, c² = 1, Poisson arrivals, rate known, .5 % of minutes   wait 0   wait 2 s   wait 10 s
/// load  1                                                               7          6           4
/// load 10                                                              24         18          13
/// load 50                                                              75         61          53
/// </code>
/// </summary>
public static class Staffing
{
    private const double MinuteSeconds = 60;

    /// <summary>Loads up to this are counted task by task; above, the normal distribution is as good.</summary>
    private const double CountedLoad = 40;

    /// <summary>Nodes and weights of the Gauss-Hermite rule for a standard normal distribution.</summary>
    private static readonly (double Deviation, double Weight)[] Points =
        [(0, 8.0 / 15), (1.3556261799742659, 0.22207592200561266), (-1.3556261799742659, 0.22207592200561266), (2.8569700138728056, 0.011257411327720693), (-2.8569700138728056, 0.011257411327720693)];

    /// <summary>The least number of slots that keeps the terms.</summary>
    /// <param name="demand">Slots needed for nobody to wait.</param>
    /// <param name="terms">The terms.</param>
    /// <param name="most">More are not looked at.</param>
    /// <param name="guess">Where to look first, as for demand of a moment before; -1 for no guess.</param>
    public static int Slots(in SlotDemand demand, in ServiceTerms terms, int most, int guess = -1)
    {
        if (demand.Mean < 1e-6) return 0;
        if (guess >= demand.Mean && guess <= most) return NextTo(guess, demand, terms, most);
        // Galloping from the mean: the answer lies a few standard deviations above it.
        var low = -1;
        var high = (int)Math.Min(most, Math.Ceiling(demand.Mean + 0.5));
        var step = Math.Max(1, (int)(0.5 * Math.Sqrt(demand.Noise + demand.Level)));
        while (high < most && MissShare(high, demand, terms) > terms.MissShare)
        {
            low = high;
            high = Math.Min(most, high + step);
            step *= 2;
        }

        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (MissShare(middle, demand, terms) > terms.MissShare) low = middle;
            else high = middle;
        }

        return high;
    }

    private static int NextTo(int guess, in SlotDemand demand, in ServiceTerms terms, int most)
    {
        if (MissShare(guess, demand, terms) > terms.MissShare)
        {
            do guess++;
            while (guess < most && MissShare(guess, demand, terms) > terms.MissShare);
            return Math.Min(guess, most);
        }

        while (guess > 0 && MissShare(guess - 1, demand, terms) <= terms.MissShare) guess--;
        return guess;
    }

    /// <summary>Share of minutes in which some task waits longer than it may.</summary>
    public static double MissShare(int slots, in SlotDemand demand, in ServiceTerms terms)
    {
        if (demand.Mean <= 0) return 0;
        var spread = demand.Level / (demand.Mean * demand.Mean);
        if (spread < 1e-6) return MissShareAt(slots, demand.Mean, demand.Noise, terms);
        var sigma = Math.Sqrt(Math.Log(1 + spread));
        var share = 0.0;
        foreach (var (deviation, weight) in Points)
        {
            var factor = Math.Exp((sigma * deviation) - (sigma * sigma / 2));
            share += weight * MissShareAt(slots, demand.Mean * factor, demand.Noise * factor, terms);
        }

        return share;
    }

    private static double MissShareAt(int slots, double load, double variance, in ServiceTerms terms)
    {
        if (slots <= load && slots > 0) return variance < 1e-9 && slots >= load - 1e-6 ? 0 : 1;
        var busy = load <= CountedLoad ? CountedTail(slots, load, variance) : NormalTail(slots, load, variance);
        if (slots == 0) return Math.Min(1, busy * (1 + (MinuteSeconds / terms.ServiceSeconds)));
        var spare = slots - load;
        var variability = terms.ServiceSeconds * (Math.Max(0.1, variance / load) + terms.ServiceVariation);
        var late = busy * Math.Exp(-2 * spare * terms.MaxWaitSeconds / variability);
        // A minute holds as many chances as stretches of lateness fit in it (Aldous 1989): each lasts about load x variability / 2 (r-a)².
        var stretch = Math.Max(terms.ServiceSeconds, load * variability / (2 * spare * spare));
        return Math.Min(1, late * (1 + (MinuteSeconds / Math.Min(MinuteSeconds, stretch))));
    }

    /// <summary>
    /// Probability that all are busy by Erlang's C formula, with the number that would be served if nobody waited binomial,
    /// Poisson or negative binomial, whichever has this mean and variance (Panjer's recursion). Exact for Poisson arrivals.
    /// </summary>
    private static double CountedTail(int slots, double mean, double variance)
    {
        var ratio = Math.Clamp(variance / mean, 0.02, 50);
        if (Math.Abs(ratio - 1) < 1e-3) ratio = 1.001;
        // A binomial is a number of tasks that come or do not: a whole number.
        if (ratio < 0.99) ratio = Math.Max(0.02, 1 - (mean / Math.Max(Math.Ceiling(mean), Math.Round(mean / (1 - ratio)))));
        var a = 1 - (1 / ratio);
        var b = (mean * (1 - a)) - a;
        var probability = Math.Pow(1 - a, (a + b) / a);
        var sum = probability;
        for (var k = 1; k <= slots; k++)
        {
            var factor = a + (b / k);
            if (factor < 1e-9) return 0;
            probability *= factor;
            sum += probability;
        }

        if (slots == 0) return 1 - sum;
        // Of tasks that come or do not there may be no other left to wait: the fewer the more alike, the next one counts.
        var next = Math.Max(0, probability * (a + (b / (slots + 1))));
        if (next < 1e-9 * probability) return 0;
        var one = Math.Min(1, ratio);
        var lost = (one * probability / sum) + ((1 - one) * next / (sum + next));
        return Math.Min(1, slots * lost / (slots - (mean * (1 - lost))));
    }

    /// <summary>Probability that all are busy, by Halfin and Whitt.</summary>
    private static double NormalTail(int slots, double mean, double variance)
    {
        var beta = (slots - mean) / Math.Sqrt(Math.Max(1e-9, variance));
        if (beta > 8) return 0;
        var density = Math.Exp(-beta * beta / 2) / Math.Sqrt(2 * Math.PI);
        return 1 / (1 + (beta * MathNet.Numerics.Distributions.Normal.CDF(0, 1, beta) / density));
    }
}

namespace Foreflow.Core.Forecasting.Seasonality;

/// <summary>The mean cycle of a series around its moving level, and how well earlier cycles foretell later ones.</summary>
internal static class CycleProfile
{
    /// <summary>Cycles a series must hold for a period to be tried: two to learn from and one to test.</summary>
    public const int LeastCycles = 3;

    /// <summary>Cycles a profile is learned from at most, the newest.</summary>
    private const int LearnedCycles = 6;

    /// <summary>How well earlier cycles foretell later ones.</summary>
    /// <param name="Share">
    /// Share of the variance around the moving level that the mean of up to six earlier cycles foretells, over the newer half of
    /// the series. Below 0 where it is worse than no season at all, as for noise and most random walks.
    /// </param>
    /// <param name="ByChance">
    /// A share that chance does not reach though a few dozen periods are tried. Errors that hang together, as a random walk's
    /// do, count as fewer: n (1 − ρ) / (1 + ρ) of them (Bayley and Hammersley, 1946).
    /// </param>
    public readonly record struct Skill(double Share, double ByChance)
    {
        /// <summary>True where the season is more than chance.</summary>
        public bool IsClear => Share > ByChance;
    }

    /// <summary>Measures the skill of one period.</summary>
    public static Skill SkillOf(double[] series, int period)
    {
        const double deviations = 2.5, leastShare = 0.05, mostAsked = 0.5;
        var swings = AroundMovingLevel(series, period);
        double squares = 0, errors = 0, products = 0, previous = 0;
        var count = 0;
        for (var t = Math.Max(2 * period, series.Length / 2); t < series.Length; t++)
        {
            var error = swings[t] - Foretold(swings, t, period);
            squares += swings[t] * swings[t];
            errors += error * error;
            products += error * previous;
            previous = error;
            count++;
        }
        var size = series.Max(Math.Abs);
        if (squares <= 1e-18 * size * size * count) return new Skill(0, 1);

        var autocorrelation = errors == 0 ? 0 : Math.Clamp(products / errors, 0, 0.999);
        var independent = Math.Max(1, count * (1 - autocorrelation) / (1 + autocorrelation));
        return new Skill(1 - (errors / squares), Math.Clamp(deviations / Math.Sqrt(independent), leastShare, mostAsked));
    }

    /// <summary>The series without its mean cycle.</summary>
    public static double[] Remove(double[] series, int period)
    {
        var swings = AroundMovingLevel(series, period);
        var sums = new double[period];
        for (var t = 0; t < series.Length; t++) sums[t % period] += swings[t];
        var rest = (double[])series.Clone();
        for (var t = 0; t < rest.Length; t++)
        {
            var cycles = ((rest.Length - 1 - (t % period)) / period) + 1;
            rest[t] -= sums[t % period] / cycles;
        }
        return rest;
    }

    private static double Foretold(double[] swings, int t, int period)
    {
        double sum = 0;
        var count = 0;
        for (var earlier = t - period; earlier >= 0 && count < LearnedCycles; earlier -= period)
        {
            sum += swings[earlier];
            count++;
        }
        return sum / count;
    }

    /// <summary>Less a centred moving average over one period; at either end the nearest whole window, moved along its own slope.</summary>
    private static double[] AroundMovingLevel(double[] series, int period)
    {
        var n = series.Length;
        var running = new double[n + 1];
        for (var t = 0; t < n; t++) running[t + 1] = running[t] + series[t];
        double Level(int centre)
        {
            // Two windows half a step apart centre an even period on the step.
            var start = centre - (period / 2);
            var first = (running[start + period] - running[start]) / period;
            if (period % 2 == 1 || start + period + 1 > n) return first;
            return (first + ((running[start + period + 1] - running[start + 1]) / period)) / 2;
        }

        var swings = new double[n];
        int firstCentre = period / 2, lastCentre = n - period + (period / 2) - (period % 2 == 0 ? 1 : 0);
        var reach = Math.Min(period, lastCentre - firstCentre);
        var startSlope = reach == 0 ? 0 : (Level(firstCentre + reach) - Level(firstCentre)) / reach;
        var endSlope = reach == 0 ? 0 : (Level(lastCentre) - Level(lastCentre - reach)) / reach;
        for (var t = 0; t < n; t++)
        {
            var centre = Math.Clamp(t, firstCentre, lastCentre);
            var slope = t < firstCentre ? startSlope : t > lastCentre ? endSlope : 0;
            swings[t] = series[t] - Level(centre) - (slope * (t - centre));
        }
        return swings;
    }
}

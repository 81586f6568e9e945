namespace Foreflow.Core.Profiling.Sizing;

/// <summary>
/// The next task is like those of similar size, scaled to its own by a power law fitted among them (locally weighted
/// regression in logarithms, Cleveland 1979). The power is Bayesian: it starts from "something between not at all and in
/// proportion" and is as uncertain as the data leaves it, so the first few tasks already warn of a much larger one.
/// </summary>
internal sealed class SimilarInputEstimator(SizingOptions options) : IMemoryEstimator
{
    /// <summary>How far sizes count as similar at least, in multiples of the distance to the nearest one.</summary>
    private const double BridgeFactor = 2;

    /// <summary>Ratios of size beyond e^4 (55 times) are not extrapolated further.</summary>
    private const double FarthestRatio = 4;

    /// <summary>Memory grows with no higher power than this, and never shrinks with size.</summary>
    private const double SteepestPower = 1.5;

    /// <summary>Variance of a logarithm before any was seen, worth two observations: 0.2 squared.</summary>
    private const double PriorVariance = 0.04;

    public string Name => "similar-input";

    public MemoryOutlook? Look(SizingHistory history, in SizingRequest request)
    {
        var signal = history.BestSignal(request.Signals);
        if (signal < 0) return null;
        var target = Math.Log(ValueOf(request, history.Names[signal]));
        var known = Known(history, signal);
        if (known.Count == 0) return null;

        var similarity = Similarities(known, target);
        var (power, spread) = Power(known, similarity);
        var closest = similarity.Max();
        var outlook = new MemoryOutlook();
        for (var i = 0; i < known.Count; i++)
        {
            var weight = similarity[i] / closest;
            if (weight > 0) AddScaled(outlook, known[i], target, power, spread, weight);
        }

        return outlook;
    }

    private static double ValueOf(in SizingRequest request, string name)
    {
        foreach (var signal in request.Signals)
        {
            if (signal.Name == name) return signal.Value;
        }

        return double.NaN;
    }

    private static List<(double Size, FinishedTask Task)> Known(SizingHistory history, int signal)
    {
        var known = new List<(double Size, FinishedTask Task)>(history.Count);
        for (var i = 0; i < history.Count; i++)
        {
            var size = history[i].LogSignal(signal);
            if (!double.IsNaN(size)) known.Add((size, history[i]));
        }

        return known;
    }

    /// <summary>Three-point quadrature of a normal distribution of the power: mean and ±√3 standard deviations.</summary>
    private static void AddScaled(MemoryOutlook outlook, (double Size, FinishedTask Task) known, double target, double power, double spread, double weight)
    {
        var ratio = Math.Clamp(target - known.Size, -FarthestRatio, FarthestRatio);
        var reach = Math.Sqrt(3) * spread;
        var (bytes, seconds) = (known.Task.MemoryBytes, known.Task.Seconds);
        outlook.Add(Scaled(power), seconds, weight);
        outlook.AddPossible(Scaled(power - reach), seconds, weight / 4);
        outlook.AddPossible(Scaled(power + reach), seconds, weight / 4);

        double Scaled(double p) => bytes * Math.Exp(Math.Clamp(p, 0, SteepestPower) * ratio);
    }

    /// <summary>Tricube weights over the nearest tasks.</summary>
    private double[] Similarities(List<(double Size, FinishedTask Task)> known, double target)
    {
        var distances = new double[known.Count];
        for (var i = 0; i < distances.Length; i++) distances[i] = Math.Abs(known[i].Size - target);
        var sorted = (double[])distances.Clone();
        Array.Sort(sorted);
        var nearest = Math.Min(sorted.Length, Math.Max(options.FewestSimilar, (int)Math.Ceiling(sorted.Length * options.SimilarShare)));

        // A little beyond the farthest of them, so that it counts, and all of one size count in full. Far from all
        // sizes seen, the power is what matters: it takes a range of sizes as wide as what is to be bridged.
        var reach = Math.Max(sorted[nearest - 1] * 1.1, sorted[0] * BridgeFactor) + 0.05;
        for (var i = 0; i < distances.Length; i++)
        {
            var share = distances[i] / reach;
            distances[i] = share < 1 ? Math.Pow(1 - share * share * share, 3) : 0;
        }

        return distances;
    }

    /// <summary>Posterior mean and standard deviation of the power among similar tasks.</summary>
    private (double Mean, double Deviation) Power(List<(double Size, FinishedTask Task)> known, double[] similarity)
    {
        double weight = 0, meanX = 0, meanY = 0;
        for (var i = 0; i < known.Count; i++)
        {
            weight += similarity[i];
            meanX += similarity[i] * known[i].Size;
            meanY += similarity[i] * Math.Log(known[i].Task.MemoryBytes);
        }

        (meanX, meanY) = (meanX / weight, meanY / weight);
        double xx = 0, xy = 0, yy = 0;
        for (var i = 0; i < known.Count; i++)
        {
            var (dx, dy) = (known[i].Size - meanX, Math.Log(known[i].Task.MemoryBytes) - meanY);
            xx += similarity[i] * dx * dx;
            xy += similarity[i] * dx * dy;
            yy += similarity[i] * dy * dy;
        }

        var residual = Math.Max(0, yy - (xx > 1e-9 ? xy * xy / xx : 0));
        var variance = (2 * PriorVariance + residual) / (2 + Math.Max(0, weight - 2));
        var priorPrecision = 1 / (options.ExponentSpread * options.ExponentSpread);
        var precision = priorPrecision + xx / variance;
        return ((options.Exponent * priorPrecision + xy / variance) / precision, Math.Sqrt(1 / precision));
    }
}

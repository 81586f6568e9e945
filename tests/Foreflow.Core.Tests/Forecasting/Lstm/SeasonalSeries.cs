namespace Foreflow.Core.Tests.Forecasting.Lstm;

/// <summary>Hourly series as workloads are: a daily and a weekly season, an autocorrelated level, bursts; each from its own seed.</summary>
internal static class SeasonalSeries
{
    /// <summary>Twenty series of 748 hours: four weeks and a bit to learn from, two days to forecast.</summary>
    public static IEnumerable<double[]> Twenty(int length = 748) => Enumerable.Range(1, 20).Select(seed => Of(seed, length));

    /// <summary>One series: level × daily season × weekend dip, plus an AR(1) disturbance.</summary>
    public static double[] Of(int seed, int length)
    {
        var random = new Random(seed);
        double level = 50 + (400 * random.NextDouble()), daily = 0.2 + (0.5 * random.NextDouble()), weekend = 0.4 * random.NextDouble();
        double persistence = 0.5 + (0.45 * random.NextDouble()), noise = 0.02 + (0.08 * random.NextDouble()), phase = 24 * random.NextDouble();
        double second = 0.3 * random.NextDouble(), disturbance = 0;
        var values = new double[length];
        for (var t = 0; t < length; t++)
        {
            var hour = 2 * Math.PI * (t + phase) / 24;
            var season = 1 + (daily * (Math.Sin(hour) + (second * Math.Sin(2 * hour))));
            var week = t / 24 % 7 >= 5 ? 1 - weekend : 1;
            disturbance = (persistence * disturbance) + (noise * Normal(random));
            values[t] = Math.Max(0, level * ((season * week) + disturbance));
        }

        return values;
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}

namespace Foreflow.Core.Forecasting.Preparation;

/// <summary>
/// What a series usually is at a time of its season, by medians, and how far it usually strays: a yardstick that single wild
/// values and outages do not move.
/// </summary>
/// <remarks>
/// Limits of a median and a multiple of the median absolute deviation: Hampel (1974), "The influence curve and its role in
/// robust estimation". 1.4826 makes that deviation the standard deviation where values are normal.
/// </remarks>
internal sealed class PhaseNorm
{
    /// <summary>Standard deviations, robustly measured, beyond which a value is wild: one in 10¹⁵ where values are normal.</summary>
    private const double WildBeyond = 8;

    /// <summary>No phase is taken to stray less than this share of what the whole series does.</summary>
    private const double LeastSpread = 0.5;

    /// <summary>A value below this share of what is usual counts as off.</summary>
    private const double OffBelow = 0.05;

    /// <summary>Neighbouring seasons on either side whose median is usual.</summary>
    private const int Neighbours = 3;

    private readonly double[] _spread;

    private PhaseNorm(int period, double[] spread) => (Period, _spread) = (period, spread);

    /// <summary>Steps of the season that values are compared across; 1 for neighbours in time.</summary>
    public int Period { get; }

    /// <summary>Measures a series.</summary>
    /// <param name="periods">Seasonal periods, ascending.</param>
    /// <param name="usual">The usual value of each step; NaN where too little is known.</param>
    /// <returns>Null where a series is too short to tell, or does not stray at all.</returns>
    public static PhaseNorm? Of(ReadOnlySpan<double> series, IReadOnlyList<int> periods, out double[] usual)
    {
        var period = 1;
        foreach (var candidate in periods)
        {
            if (series.Length >= ((2 * Neighbours) + 1) * candidate) period = candidate;
        }
        usual = [];
        if (series.Length < 8 * Neighbours) return null;

        usual = new double[series.Length];
        for (var t = 0; t < usual.Length; t++) usual[t] = UsualAt(series, t, period);

        var byPhase = new List<double>[periods.Count > 0 && period > 2 ? periods[0] : 1];
        for (var phase = 0; phase < byPhase.Length; phase++) byPhase[phase] = [];
        var all = new List<double>();
        var reach = byPhase.Length == 1 ? 0 : Math.Max(1, byPhase.Length / 12);
        for (var t = 0; t < usual.Length; t++)
        {
            var distance = Math.Abs(series[t] - usual[t]);
            if (double.IsNaN(distance)) continue;
            all.Add(distance);
            // Neighbouring phases share an estimate: a day of hours has few seasons to a phase.
            for (var offset = -reach; offset <= reach; offset++) byPhase[(t + offset + byPhase.Length) % byPhase.Length].Add(distance);
        }
        var overall = 1.4826 * Median(all);
        if (!(overall > 0)) return null;
        double[] spread = [.. byPhase.Select(phase => Math.Max(LeastSpread * overall, phase.Count == 0 ? 0 : 1.4826 * Median(phase)))];
        return new PhaseNorm(period, spread);
    }

    /// <summary>True where a value is too far from the usual one to be chance.</summary>
    public bool IsWild(long time, double value, double usual) =>
        Math.Abs(value - usual) > WildBeyond * _spread[time % _spread.Length];

    /// <summary>True where next to nothing is left of what is usual.</summary>
    public bool IsOff(long time, double value, double usual) =>
        value >= 0 && value <= OffBelow * usual && usual > 2 * _spread[time % _spread.Length];

    /// <summary>Median of the newest seasons, for each phase of <see cref="Period"/>: what the coming season is measured by.</summary>
    public double[] NewestSeason(ReadOnlySpan<double> series)
    {
        var season = new double[Period];
        Array.Fill(season, double.NaN);
        for (var t = series.Length; t < series.Length + Period; t++)
        {
            var seen = new List<double>();
            var reach = Period == 1 ? (2 * Neighbours) + 1 : Neighbours;
            for (var k = 1; k <= reach; k++)
            {
                var at = t - (k * Period);
                if (at >= 0 && !double.IsNaN(series[at])) seen.Add(series[at]);
            }
            if (seen.Count > 0) season[t % Period] = Median(seen);
        }
        return season;
    }

    private static double UsualAt(ReadOnlySpan<double> series, int t, int period)
    {
        Span<double> seen = stackalloc double[2 * Neighbours];
        var count = 0;
        // The nearest seasons; near an end the other side lends what that one lacks.
        for (var k = 1; k <= 2 * Neighbours; k++)
        {
            var (before, after) = (t - (k * period), t + (k * period));
            if (count < seen.Length && before >= 0 && !double.IsNaN(series[before])) seen[count++] = series[before];
            if (count < seen.Length && after < series.Length && !double.IsNaN(series[after])) seen[count++] = series[after];
        }
        if (count < Neighbours) return double.NaN;
        seen = seen[..count];
        seen.Sort();
        return count % 2 == 1 ? seen[count / 2] : (seen[(count / 2) - 1] + seen[count / 2]) / 2;
    }

    private static double Median(List<double> values)
    {
        if (values.Count == 0) return 0;
        values.Sort();
        var middle = values.Count / 2;
        return values.Count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}

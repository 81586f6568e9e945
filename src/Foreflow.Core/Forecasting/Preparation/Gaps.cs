namespace Foreflow.Core.Forecasting.Preparation;

/// <summary>Fills missing values: interpolates the level between the known neighbours and adds the season of the phase.</summary>
internal static class Gaps
{
    /// <summary>
    /// A copy without NaN. Leading gaps take the first known level, trailing ones the last, each plus the season;
    /// nothing filled in lies outside what was seen.
    /// </summary>
    /// <param name="periods">Seasonal periods, ascending; the longest that the series holds twice is used.</param>
    /// <exception cref="ForecastFitException">No value is known.</exception>
    public static double[] Fill(ReadOnlySpan<double> series, IReadOnlyList<int> periods)
    {
        var filled = series.ToArray();
        if (!filled.AsSpan().ContainsAnyNaN()) return filled;

        var bounds = new ForecastBounds(series, nonNegative: false);
        var profile = Profile(series, LongestUsable(periods, series.Length));
        var previous = -1;
        for (var t = 0; t <= series.Length; t++)
        {
            if (t < series.Length && double.IsNaN(series[t])) continue;
            FillBetween(filled, previous, t, profile);
            previous = t;
        }
        for (var t = 0; t < filled.Length; t++) filled[t] = bounds.ClampToSeen(filled[t]);
        return filled;
    }

    private static bool ContainsAnyNaN(this Span<double> values)
    {
        foreach (var value in values)
        {
            if (double.IsNaN(value)) return true;
        }
        return false;
    }

    private static int LongestUsable(IReadOnlyList<int> periods, int length)
    {
        for (var i = periods.Count - 1; i >= 0; i--)
        {
            if (length >= 2 * periods[i]) return periods[i];
        }
        return 1;
    }

    /// <summary>Mean per phase less the mean of all; 0 for a phase never seen.</summary>
    private static double[] Profile(ReadOnlySpan<double> series, int period)
    {
        var sums = new double[period];
        var counts = new int[period];
        double total = 0;
        var known = 0;
        for (var t = 0; t < series.Length; t++)
        {
            if (double.IsNaN(series[t])) continue;
            sums[t % period] += series[t];
            counts[t % period]++;
            total += series[t];
            known++;
        }
        if (known == 0) throw new ForecastFitException("every value of the history is missing");

        var mean = total / known;
        for (var k = 0; k < period; k++) sums[k] = counts[k] == 0 ? 0 : (sums[k] / counts[k]) - mean;
        return sums;
    }

    /// <summary>Fills the open range between two known positions; −1 and the length stand for "none on that side".</summary>
    private static void FillBetween(double[] series, int before, int after, double[] profile)
    {
        if (after - before <= 1) return;
        double Level(int t) => series[t] - profile[t % profile.Length];
        var hasAfter = after < series.Length;
        var start = before >= 0 ? Level(before) : Level(after);
        var end = hasAfter ? Level(after) : start;
        for (var t = before + 1; t < after; t++)
        {
            var share = (double)(t - before) / (after - before);
            series[t] = start + (share * (end - start)) + profile[t % profile.Length];
        }
    }
}

using Foreflow.Core.Forecasting.Preparation;

namespace Foreflow.Core.Forecasting.Seasonality;

/// <summary>The seasons of a series.</summary>
/// <param name="Found">Periods in steps, ascending, that earlier cycles prove; empty where there is none.</param>
/// <param name="Possible">A longer period, not proven, that models may try beside those found: they are judged by their forecasts.</param>
public sealed record Seasons(IReadOnlyList<int> Found, int? Possible = null);

/// <summary>
/// Finds the seasonal periods of a series: the spectrum and the autocorrelation suggest periods, and one is taken only where
/// earlier cycles foretell later ones. A series without season gets none.
/// </summary>
/// <remarks>
/// Suggesting by periodogram and confirming by autocorrelation follows Vlachos, Yu and Castelli (2005), "On periodicity
/// detection and structural periodic similarity"; confirming out of sample is what keeps a random walk free of seasons.
/// </remarks>
public static class SeasonalityDetector
{
    /// <summary>A longer season is only looked for from this multiple of a shorter one on: fewer is the same season again.</summary>
    private const int LeastRatio = 4;

    /// <summary>A week has seven days, or five when the doors are shut on two.</summary>
    private static readonly int[] LikelyMultiples = [5, 7];

    /// <summary>Finds the periods in steps.</summary>
    /// <param name="history">Regularly spaced, oldest first; NaN marks a missing value.</param>
    /// <param name="likely">Periods worth a look beside those the series itself suggests.</param>
    public static Seasons Detect(ReadOnlySpan<double> history, IReadOnlyList<int> likely)
    {
        var found = new List<int>();
        var series = Gaps.Fill(history, []);
        Winsorise(series);
        var shortest = Best(series, Suggested(series, likely), unit: 1);
        if (shortest == 0) return new Seasons([]);
        found.Add(Fundamental(series, shortest));
        var rest = CycleProfile.Remove(series, found[0]);
        var longer = Best(rest, Longer(found[0], likely, series.Length), unit: found[0]);
        if (longer > 0) found.Add(longer);
        return new Seasons(found, Possible(found, likely, history.Length));
    }

    /// <summary>A longer season that was not found clearly, but that people's lives suggest where there is a shorter one.</summary>
    private static int? Possible(List<int> found, IReadOnlyList<int> likely, int length)
    {
        if (found.Count != 1) return null;
        var known = likely.Where(period => period >= LeastRatio * found[0] && period % found[0] == 0).DefaultIfEmpty(0).Min();
        var period = known > 0 ? known : LikelyMultiples[^1] * found[0];
        return length >= CycleProfile.LeastCycles * period ? period : null;
    }

    private static SortedSet<int> Suggested(double[] series, IReadOnlyList<int> likely)
    {
        var candidates = new SortedSet<int>(likely.Concat(Spectrum.SuggestPeriods(series)));
        candidates.RemoveWhere(period => !IsHeldOftenEnough(period, series.Length));
        return candidates;
    }

    /// <summary>The weeks of a day: longer seasons that people's lives suggest beside a shorter one.</summary>
    private static SortedSet<int> Longer(int shorter, IReadOnlyList<int> likely, int length)
    {
        var known = likely.Where(period => period >= LeastRatio * shorter && period % shorter == 0);
        var candidates = new SortedSet<int>(known.Concat(LikelyMultiples.Select(multiple => multiple * shorter)));
        candidates.RemoveWhere(period => !IsHeldOftenEnough(period, length));
        return candidates;
    }

    /// <summary>
    /// The multiple of a period that foretells far better, if there is one: the period was then an overtone. Weeks are left
    /// out, which are seasons beside the day.
    /// </summary>
    private static int Fundamental(double[] series, int period)
    {
        const double shareLeft = 0.7;
        int[] multiples = [2, 3, 4, 6, 8, 12];
        var left = 1 - CycleProfile.SkillOf(series, period).Share;
        foreach (var multiple in multiples)
        {
            if (!IsHeldOftenEnough(multiple * period, series.Length)) break;
            var skill = CycleProfile.SkillOf(series, multiple * period);
            if (skill.IsClear && 1 - skill.Share < shareLeft * left) return Fundamental(series, multiple * period);
        }
        return period;
    }

    private static bool IsHeldOftenEnough(int period, int length) => period >= 2 && length >= CycleProfile.LeastCycles * period;

    /// <summary>
    /// The shortest period that foretells clearly, and about as well as the shortest few multiples of it: half a day passes
    /// for the season of a curve with two humps until the whole day is tried.
    /// </summary>
    private static int Best(double[] series, SortedSet<int> candidates, int unit)
    {
        const double shareOfBest = 0.75;
        var skills = candidates.Select(period => (Period: period, Skill: CycleProfile.SkillOf(series, period))).ToList();
        foreach (var (period, skill) in skills)
        {
            if (!skill.IsClear) continue;
            var best = skills.Where(other => other.Period <= LeastRatio * period && other.Period > period)
                .Select(other => other.Skill.Share).DefaultIfEmpty(0).Max();
            var next = skills.Find(other => other.Period == period + 1).Skill.Share;
            if (skill.Share >= shareOfBest * best && skill.Share >= next) return Sharpened(series, period, unit);
        }
        return 0;
    }

    /// <summary>The best of the periods near by: a peak of the spectrum tells a long period only roughly.</summary>
    private static int Sharpened(double[] series, int period, int unit)
    {
        var reach = Math.Max(1, period / 24 / unit) * unit;
        var best = period;
        var bestShare = CycleProfile.SkillOf(series, period).Share;
        for (var near = period - reach; near <= period + reach; near += unit)
        {
            if (near < 2 || near == period || series.Length < CycleProfile.LeastCycles * near) continue;
            var share = CycleProfile.SkillOf(series, near).Share;
            if (share <= bestShare) continue;
            (best, bestShare) = (near, share);
        }
        return best;
    }

    /// <summary>Pulls far outliers in, so that one spike does not make a spectrum of its own.</summary>
    private static void Winsorise(double[] series)
    {
        const double reach = 6;
        var sorted = (double[])series.Clone();
        Array.Sort(sorted);
        double lower = sorted[sorted.Length / 4], upper = sorted[3 * sorted.Length / 4];
        var range = upper - lower;
        if (range <= 0) return;
        for (var t = 0; t < series.Length; t++) series[t] = Math.Clamp(series[t], lower - (reach * range), upper + (reach * range));
    }
}

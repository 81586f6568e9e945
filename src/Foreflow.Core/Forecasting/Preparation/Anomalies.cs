namespace Foreflow.Core.Forecasting.Preparation;

/// <summary>
/// Values of a history that say nothing about the coming ones: short runs of wild values, and outages (next to nothing where
/// there is usually much). What lasts longer is a shift of the level and stays.
/// <list type="table">
/// <item><term>wild values, hourly with a day's season</term><description>up to 3 in a row</description></item>
/// <item><term>an outage that ended, the same</term><description>up to 4 days</description></item>
/// <item><term>an outage that goes on</term><description>up to 3 hours: the service may be off for good</description></item>
/// <item><term>more than 3 % of all values wild</term><description>it is the nature of the series: none is touched</description></item>
/// </list>
/// </summary>
internal sealed class Anomalies
{
    private const double MostWild = 0.03;
    private const double MostOff = 0.2;
    private const int LongestOutageSeasons = 4;

    private Anomalies(PhaseNorm norm, double[] withoutOutages, double[] clean, int wild, int off)
    {
        (Norm, WithoutOutages, Clean, WildCount, OffCount) = (norm, withoutOutages, clean, wild, off);
    }

    /// <summary>What values were measured by.</summary>
    public PhaseNorm Norm { get; }

    /// <summary>The history with outages missing.</summary>
    public double[] WithoutOutages { get; }

    /// <summary>The history with outages and wild values missing.</summary>
    public double[] Clean { get; }

    /// <summary>Wild values found.</summary>
    public int WildCount { get; }

    /// <summary>Values found that belong to an outage.</summary>
    public int OffCount { get; }

    /// <summary>Longest run of wild values that is not a shift of the level.</summary>
    public static int Patience(IReadOnlyList<int> periods) => periods.Count == 0 ? 2 : Math.Clamp(periods[0] / 8, 1, 12);

    /// <summary>Looks through a history.</summary>
    /// <returns>Null where nothing is found.</returns>
    public static Anomalies? Find(ReadOnlySpan<double> history, IReadOnlyList<int> periods, bool nonNegative)
    {
        if (PhaseNorm.Of(history, periods, out var usual) is not { } norm) return null;
        var kinds = new Kind[history.Length];
        for (var t = 0; t < kinds.Length; t++)
        {
            if (double.IsNaN(usual[t]) || double.IsNaN(history[t])) continue;
            if (nonNegative && norm.IsOff(t, history[t], usual[t])) kinds[t] = Kind.Off;
            else if (norm.IsWild(t, history[t], usual[t])) kinds[t] = Kind.Wild;
        }
        KeepShort(kinds, Kind.Off, periods.Count == 0 ? Patience(periods) : LongestOutageSeasons * periods[0], Patience(periods));
        KeepShort(kinds, Kind.Wild, Patience(periods), Patience(periods));

        int off = kinds.Count(kind => kind == Kind.Off), wild = kinds.Count(kind => kind == Kind.Wild);
        if (off > MostOff * kinds.Length) off = Forget(kinds, Kind.Off);
        if (wild > MostWild * kinds.Length) wild = Forget(kinds, Kind.Wild);
        if (off + wild == 0) return null;
        return new Anomalies(norm, Without(history, kinds, Kind.Off, Kind.Off), Without(history, kinds, Kind.Off, Kind.Wild), wild, off);
    }

    private enum Kind
    {
        Usual,
        Wild,
        Off,
    }

    /// <summary>Forgets runs of a kind that are longer than allowed; those at the end may go on and are allowed less.</summary>
    private static void KeepShort(Kind[] kinds, Kind kind, int longest, int longestAtEnd)
    {
        for (var t = 0; t < kinds.Length; t++)
        {
            if (kinds[t] != kind) continue;
            var end = t;
            while (end < kinds.Length && kinds[end] == kind) end++;
            if (end - t > (end == kinds.Length ? longestAtEnd : longest)) kinds.AsSpan(t, end - t).Clear();
            t = end;
        }
    }

    private static int Forget(Kind[] kinds, Kind kind)
    {
        for (var t = 0; t < kinds.Length; t++)
        {
            if (kinds[t] == kind) kinds[t] = Kind.Usual;
        }
        return 0;
    }

    private static double[] Without(ReadOnlySpan<double> history, Kind[] kinds, Kind first, Kind second)
    {
        var values = history.ToArray();
        for (var t = 0; t < values.Length; t++)
        {
            if (kinds[t] == first || kinds[t] == second) values[t] = double.NaN;
        }
        return values;
    }
}

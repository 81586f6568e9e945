namespace Foreflow.Core.Forecasting.Estimation;

/// <summary>What every classical model asks of a history before it looks closer.</summary>
internal static class History
{
    /// <summary>
    /// A copy of the latest observations, without the missing ones before the first known.
    /// </summary>
    /// <param name="longest">Observations kept at most.</param>
    /// <param name="fewest">Known values needed.</param>
    /// <exception cref="ForecastFitException">A value is infinite, or fewer are known than needed.</exception>
    public static double[] Prepare(ReadOnlySpan<double> history, int longest, int fewest)
    {
        var series = history[Math.Max(0, history.Length - longest)..];
        while (series.Length > 0 && double.IsNaN(series[0])) series = series[1..];
        var known = 0;
        for (var t = 0; t < series.Length; t++)
        {
            if (double.IsInfinity(series[t]))
                throw new ForecastFitException($"value {history.Length - series.Length + t + 1} of the history is infinite");
            if (!double.IsNaN(series[t])) known++;
        }
        return known >= fewest
            ? series.ToArray()
            : throw new ForecastFitException($"{known} known values are too few: at least {fewest} are needed");
    }

    /// <summary>True where any value is NaN.</summary>
    public static bool HasGaps(this Span<double> values)
    {
        foreach (var value in values)
        {
            if (double.IsNaN(value)) return true;
        }
        return false;
    }

    /// <summary>True where all values are the same.</summary>
    public static bool IsConstant(ReadOnlySpan<double> filled) => filled.IndexOfAnyExcept(filled[0]) < 0;
}

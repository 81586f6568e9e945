namespace Foreflow.Core.Forecasting.Regression;

/// <summary>Chooses the lags of a regression: the recent ones, and those around every multiple of a period up to the next longer one.</summary>
internal static class LagSet
{
    /// <summary>Rows that must remain for each coefficient; below that the longest lags are left out.</summary>
    private const int RowsPerLag = 2;

    /// <param name="periods">Seasonal periods, ascending.</param>
    /// <param name="recent">Lags 1 to this are taken.</param>
    /// <param name="neighbours">Lags on either side of a multiple of a period.</param>
    /// <param name="length">Length of the series that is regressed.</param>
    /// <returns>Ascending lags, at least one.</returns>
    /// <exception cref="ForecastFitException">The series is too short for any lag.</exception>
    public static int[] For(IReadOnlyList<int> periods, int recent, int neighbours, int length)
    {
        var lags = new SortedSet<int>();
        for (var lag = 1; lag <= recent; lag++) lags.Add(lag);
        for (var i = 0; i < periods.Count; i++)
        {
            var last = i + 1 < periods.Count ? periods[i + 1] : periods[i];
            for (var multiple = periods[i]; multiple <= last; multiple += periods[i])
            {
                for (var lag = multiple - neighbours; lag <= multiple + neighbours; lag++)
                {
                    if (lag > 0) lags.Add(lag);
                }
            }
        }

        while (lags.Count > 1 && length - lags.Max < RowsPerLag * lags.Count) lags.Remove(lags.Max);
        if (length - lags.Max < RowsPerLag * (lags.Count + 1))
            throw new ForecastFitException($"{length} values are too few for a regression on earlier values");
        return [.. lags];
    }
}

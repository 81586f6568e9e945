namespace Foreflow.Core.Forecasting.Lstm;

/// <summary>A window of a series to learn from: ends before the origin, its targets start there.</summary>
internal readonly record struct TrainingWindow(int Series, int Origin);

/// <summary>
/// Every window of a set of series, with the newest ones held out: the values of the tail of each series are never targets of
/// <see cref="Learned"/>, and always of <see cref="HeldOut"/>.
/// </summary>
/// <param name="Learned">Windows whose targets all lie before the held-out tail.</param>
/// <param name="HeldOut">Some windows whose targets reach into the tail, spread evenly.</param>
/// <param name="All">Windows whose targets are known, tail included.</param>
internal sealed record TrainingWindows(TrainingWindow[] Learned, TrainingWindow[] HeldOut, TrainingWindow[] All)
{
    // Neighbouring windows share nearly all their targets; every third tells as much about when to stop.
    private const int HeldOutStride = 3;

    // Bounds the cost of one look at the held-out windows where there are many series.
    private const int MaxHeldOut = 512;

    /// <summary>Lists the windows of all series.</summary>
    /// <param name="tails">How many of the newest values of each series to hold out.</param>
    public static TrainingWindows Of(IReadOnlyList<FilledSeries> series, WindowFeatures features, IReadOnlyList<int> tails)
    {
        List<TrainingWindow> learned = [], heldOut = [], all = [];
        for (var s = 0; s < series.Count; s++)
        {
            var lastOrigin = series[s].Count - features.Horizon;
            for (var origin = features.Window; origin <= lastOrigin; origin++)
            {
                var window = new TrainingWindow(s, origin);
                all.Add(window);
                if (origin <= lastOrigin - tails[s]) learned.Add(window);
                else if ((lastOrigin - origin) % HeldOutStride == 0) heldOut.Add(window);
            }
        }

        return new TrainingWindows([.. learned], Thinned(heldOut, MaxHeldOut), [.. all]);
    }

    private static TrainingWindow[] Thinned(List<TrainingWindow> windows, int most)
    {
        var stride = (windows.Count + most - 1) / Math.Max(1, most);
        return stride <= 1 ? [.. windows] : [.. windows.Where((_, i) => i % stride == 0)];
    }
}

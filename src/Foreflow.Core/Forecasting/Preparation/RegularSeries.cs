namespace Foreflow.Core.Forecasting.Preparation;

/// <summary>One observation as it came.</summary>
/// <param name="Ticks">Time of the wall clock, in ticks of 100 ns since year 1, as <see cref="DateTime.Ticks"/>.</param>
/// <param name="Value">The value; NaN where it is missing.</param>
public readonly record struct StampedValue(long Ticks, double Value);

/// <summary>
/// Observations on a regular grid of time: late, early and out of order stamps put in their place, several in one place
/// averaged, places without any left missing. On the wall clock a day that springs forward misses an hour and one that falls
/// back has two in one, so that noon stays noon. Hours that are closed every week are left out altogether.
/// </summary>
/// <param name="Values">Values, oldest first; NaN where one is missing.</param>
/// <param name="Grid">Where the steps lie in time.</param>
/// <param name="Notes">What was done to the observations, in words for people.</param>
public sealed record RegularSeries(double[] Values, TimeGrid Grid, IReadOnlyList<string> Notes)
{
    /// <summary>A grid may hold this many times more steps than there are observations.</summary>
    private const int SparsestGrid = 50;

    /// <summary>Puts observations on a grid whose step is the commonest distance between them.</summary>
    /// <exception cref="ForecastFitException">There are too few to tell a step, or they lie too far apart for it.</exception>
    public static RegularSeries From(IReadOnlyList<StampedValue> observations)
    {
        var notes = new List<string>();
        var sorted = observations.ToArray();
        if (!IsAscending(sorted))
        {
            sorted = [.. sorted.OrderBy(observation => observation.Ticks)];
            notes.Add("the time stamps were not in order: sorted");
        }

        var step = CommonestStep(sorted);
        if (IsMonthly(sorted, step)) return Monthly(sorted, notes);
        var start = sorted[0].Ticks;
        var length = ((sorted[^1].Ticks - start + (step / 2)) / step) + 1;
        if (length > (long)SparsestGrid * sorted.Length)
            throw new ForecastFitException(
                $"time stamps {TimeSpan.FromTicks(step)} apart that span {TimeSpan.FromTicks(sorted[^1].Ticks - start)} leave almost all steps empty");

        var values = Place(sorted, start, step, (int)length, notes);
        var week = OpenWeek.Of(values, start, step);
        if (week is not null)
        {
            values = week.Open(values);
            notes.Add($"closed for {week.ClosedShare:P0} of the week: those steps are left out");
        }
        var missing = values.Count(double.IsNaN);
        if (missing > 0) notes.Add($"{missing} of {values.Length} steps have no value");
        return new RegularSeries(values, new TimeGrid(start, step, values.Length, week), notes);
    }

    private static bool IsAscending(StampedValue[] values)
    {
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i].Ticks < values[i - 1].Ticks) return false;
        }
        return true;
    }

    /// <summary>The commonest distance if it is the distance of half the neighbours; else the middle one, in whole seconds where it is longer than one.</summary>
    private static long CommonestStep(StampedValue[] sorted)
    {
        long[] distances = [.. sorted.Zip(sorted.Skip(1), (a, b) => b.Ticks - a.Ticks).Where(distance => distance > 0).Order()];
        if (distances.Length == 0) throw new ForecastFitException("at least two different time stamps are needed");
        var commonest = distances.GroupBy(distance => distance).MaxBy(group => group.Count())!;
        if (2 * commonest.Count() >= distances.Length) return commonest.Key;
        var middle = distances[distances.Length / 2];
        return middle > TimeSpan.TicksPerSecond ? middle - (middle % TimeSpan.TicksPerSecond) : middle;
    }

    private static bool IsMonthly(StampedValue[] sorted, long step) =>
        step >= 28 * TimeSpan.TicksPerDay && step <= 31 * TimeSpan.TicksPerDay
        && sorted.Zip(sorted.Skip(1), (a, b) => b.Ticks - a.Ticks).All(d => d >= 28 * TimeSpan.TicksPerDay && d <= 31 * TimeSpan.TicksPerDay);

    private static RegularSeries Monthly(StampedValue[] sorted, List<string> notes) =>
        new([.. sorted.Select(observation => observation.Value)], TimeGrid.Months(sorted[^1].Ticks, sorted.Length), notes);

    private static double[] Place(StampedValue[] sorted, long start, long step, int length, List<string> notes)
    {
        var sums = new double[length];
        var counts = new int[length];
        int moved = 0, shared = 0;
        foreach (var (ticks, value) in sorted)
        {
            if (double.IsNaN(value)) continue;
            var place = (int)((ticks - start + (step / 2)) / step);
            if ((ticks - start) % step != 0) moved++;
            if (counts[place] > 0) shared++;
            sums[place] += value;
            counts[place]++;
        }
        if (moved > 0) notes.Add($"{moved} time stamps lay between steps: moved to the nearest");
        if (shared > 0) notes.Add($"{shared} values shared a step with another: averaged");
        for (var i = 0; i < length; i++) sums[i] = counts[i] == 0 ? double.NaN : sums[i] / counts[i];
        return sums;
    }
}

using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Preparation;

namespace Foreflow.Core.Tests.Forecasting;

public class RegularSeriesTests
{
    private static readonly DateTime Start = new(2026, 3, 23);

    [Fact]
    public void Missing_late_and_disordered_stamps_are_put_in_their_place()
    {
        var series = RegularSeries.From([At(0, 1), At(60, 2), At(121, 3), At(300, 6), At(240, 5)]);
        Assert.Equal([1, 2, 3, double.NaN, 5, 6], series.Values);
        Assert.Equal(TimeSpan.FromMinutes(1), series.Grid.Step);
        Assert.Equal(Start.AddSeconds(360), series.Grid.After(1));
        Assert.Contains(series.Notes, note => note.Contains("not in order"));
        Assert.Contains(series.Notes, note => note.Contains("1 of 6 steps have no value"));
    }

    [Fact]
    public void On_the_days_the_clocks_change_noon_stays_noon()
    {
        var stamps = new List<StampedValue>();
        for (var hour = 0; hour < 24 * 14; hour++)
        {
            var local = Start.AddHours(hour);
            if (local == new DateTime(2026, 3, 29, 2, 0, 0)) continue; // springs forward
            stamps.Add(new StampedValue(local.Ticks, hour % 24));
            if (local == new DateTime(2026, 4, 1, 2, 0, 0)) stamps.Add(new StampedValue(local.Ticks, 4)); // falls back: twice
        }
        var series = RegularSeries.From(stamps);
        Assert.Equal(24 * 14, series.Values.Length);
        Assert.Equal(1, series.Values.Count(double.IsNaN));
        Assert.Equal(3, series.Values[(9 * 24) + 2]);
        Assert.Equal(12, series.Values[(13 * 24) + 12]);
        Assert.Equal([24, 168], series.Grid.LikelyPeriods);
    }

    [Fact]
    public void Closing_hours_are_left_out_and_the_next_step_is_the_next_opening()
    {
        var stamps = new List<StampedValue>();
        for (var day = 0; day < 28; day++)
        {
            if (Start.AddDays(day).DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday) continue;
            for (var hour = 8; hour < 18; hour++) stamps.Add(new StampedValue(Start.AddDays(day).AddHours(hour).Ticks, hour));
        }
        var series = RegularSeries.From(stamps);
        Assert.Equal(200, series.Values.Length);
        Assert.DoesNotContain(double.NaN, series.Values);
        Assert.Equal([10, 50], series.Grid.LikelyPeriods);
        Assert.Equal(Start.AddDays(28).AddHours(8), series.Grid.After(1));
        Assert.Equal(Start.AddDays(28).AddHours(17), series.Grid.After(10));
        Assert.Equal(Start.AddDays(29).AddHours(8), series.Grid.After(11));
    }

    [Fact]
    public void Months_are_steps_though_they_differ_in_length()
    {
        var series = RegularSeries.From([.. Enumerable.Range(0, 30).Select(m => new StampedValue(Start.AddMonths(m).Ticks, m))]);
        Assert.Equal(30, series.Values.Length);
        Assert.Equal(Start.AddMonths(31), series.Grid.After(2));
        Assert.Equal([12], series.Grid.LikelyPeriods);
    }

    [Fact]
    public void One_stamp_and_stamps_far_apart_are_refused()
    {
        Assert.Throws<ForecastFitException>(() => RegularSeries.From([At(0, 1), At(0, 2)]));
        Assert.Throws<ForecastFitException>(() => RegularSeries.From([At(0, 1), At(1, 1), At(2, 1), At(1e8, 2)]));
    }

    private static StampedValue At(double seconds, double value) => new(Start.AddSeconds(seconds).Ticks, value);
}

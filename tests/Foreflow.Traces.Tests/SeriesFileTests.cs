using Foreflow.Traces.Series;

namespace Foreflow.Traces.Tests;

public class SeriesFileTests
{
    [Theory]
    [InlineData("timestamp,a,b\n2026-01-01T00:00:00,1,4\n2026-01-01T01:00:00,2,5\n2026-01-01T02:00:00,,6\n", null, "a", new[] { 1, 2, double.NaN })]
    [InlineData("timestamp,a,b\n2026-01-01T00:00:00,1,4\n2026-01-01T01:00:00,2,5\n", "b", "b", new double[] { 4, 5 })]
    [InlineData("timestamp;a\n2026-01-01 00:00;1\n2026-01-01 01:00;2\n", null, "a", new double[] { 1, 2 })]
    [InlineData("1\n2\n3\n", null, "column 1", new double[] { 1, 2, 3 })]
    [InlineData("value\n1\n2\n", null, "value", new double[] { 1, 2 })]
    [InlineData("2026-01-01T00:00:00,1\n2026-01-01T01:00:00,2\n", null, "column 2", new double[] { 1, 2 })]
    [InlineData("day_index,x\n0,5\n1,NA\n2,7\n", null, "x", new[] { 5, double.NaN, 7 })]
    public void Header_time_and_value_columns_are_told_apart(string content, string? column, string name, double[] values)
    {
        using var file = new TemporaryFile(content);
        var series = SeriesFile.Read(file.Path, column);
        Assert.Equal(name, series.Name);
        Assert.Equal(values, series.Values);
    }

    [Theory]
    [InlineData("time,a\n2026-01-01T00:00:00,1\n2026-01-01T01:00:00,x1\n", null, ":3:2: column a: 'x1' is not a number")]
    [InlineData("time,a\n2026-01-01T00:00:00,1\nyesterday,2\n", null, ":3:1: 'yesterday' is neither a date")]
    [InlineData("time,a\n2026-01-01T00:00:00,1\n2026-01-01T01:00:00\n", null, ":3: the row has 1 cells")]
    [InlineData("time,a\n2026-01-01T00:00:00,1\n", "c", "no column 'c'; there are time, a")]
    [InlineData("a\n", null, "holds a header and no row")]
    [InlineData("a\nNA\n\n", null, "holds no value")]
    [InlineData("time,a\n2026-01-01T00:00:00,1\n", null, "at least two different time stamps")]
    public void A_bad_file_is_refused_with_its_place(string content, string? column, string message)
    {
        using var file = new TemporaryFile(content);
        Assert.Contains(message, Assert.Throws<TraceFileException>(() => SeriesFile.Read(file.Path, column)).Message);
    }

    [Fact]
    public void Seconds_since_1970_are_a_time_where_named()
    {
        using var file = new TemporaryFile("t_s,vms\n300,4\n600,5\n1200,7\n");
        var series = SeriesFile.Read(file.Path, time: "t_s");
        Assert.Equal([4, 5, double.NaN, 7], series.Values);
        Assert.Equal([288, 2016], series.Grid!.LikelyPeriods);
    }
}

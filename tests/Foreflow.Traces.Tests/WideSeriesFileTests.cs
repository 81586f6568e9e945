using Foreflow.Traces.Series;

namespace Foreflow.Traces.Tests;

public class WideSeriesFileTests
{
    private const string Good = "\"V1\",\"V2\",\"V3\",\"V4\"\n\"H1\",\"1\",\"2.5\",\"3\"\n\"H2\",\"4\",\"NA\",\"\"\n\"H3\",\"4\",\"NA\",\"-1e2\"\n";

    [Fact]
    public void Series_end_at_their_last_value_and_keep_gaps_between()
    {
        using var file = new TemporaryFile(Good);
        var series = WideSeriesFile.Read(file.Path);
        Assert.Equal(["H1", "H2", "H3"], series.Select(s => s.Id));
        Assert.Equal([1, 2.5, 3], series[0].Values);
        Assert.Equal([4.0], series[1].Values);
        Assert.Equal([4, double.NaN, -100], series[2].Values);
    }

    [Fact]
    public void Gzip_is_told_by_content_not_by_name()
    {
        using var file = new TemporaryFile(TemporaryFile.Gzip(Good));
        Assert.Equal(3, WideSeriesFile.Read(file.Path).Count);
    }

    [Theory]
    [InlineData("id,a\nH1,x\n", ":2:2: series H1: 'x' is not a number")]
    [InlineData("id,a\nH1,1\n\nH1,2\n", ":4:1: the id H1 was on line 2 already")]
    [InlineData("id,a\nH1,1\nH2,\n", ":3: series H2 has no value")]
    [InlineData("id,a\nH1,1e999\n", ":2:2: series H1: '1e999' is not a number")]
    [InlineData("id,a\n", "holds no series")]
    [InlineData("", "is empty")]
    public void A_bad_file_is_refused_with_its_place(string content, string message)
    {
        using var file = new TemporaryFile(content);
        var error = Assert.Throws<TraceFileException>(() => WideSeriesFile.Read(file.Path));
        Assert.StartsWith(file.Path, error.Message);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void A_gzip_file_cut_short_is_refused()
    {
        var whole = TemporaryFile.Gzip("id,a\n" + string.Concat(Enumerable.Range(0, 5000).Select(i => $"S{i},{i * 7919 % 1000}\n")));
        using var file = new TemporaryFile(whole[..^12]);
        Assert.Contains("cut short", Assert.Throws<TraceFileException>(() => WideSeriesFile.Read(file.Path)).Message);
    }

    [Fact]
    public void Size_and_line_length_are_bounded()
    {
        using var file = new TemporaryFile(TemporaryFile.Gzip("id,a\nH1," + new string('1', 100_000) + "\n"));
        Assert.Contains(":2: the line is longer", Assert.Throws<TraceFileException>(
            () => WideSeriesFile.Read(file.Path, new FileLimits(MaximumLineBytes: 1000))).Message);
        Assert.Contains("the file is larger", Assert.Throws<TraceFileException>(
            () => WideSeriesFile.Read(file.Path, new FileLimits(MaximumBytes: 1000))).Message);
        Assert.Contains(":2: a cell is longer", Assert.Throws<TraceFileException>(() => WideSeriesFile.Read(file.Path)).Message);
    }

    [Fact]
    public void A_missing_file_and_a_directory_are_said_to_be_so()
    {
        Assert.Contains("no such file", Assert.Throws<TraceFileException>(() => WideSeriesFile.Read("/nowhere/at-all.csv")).Message);
        Assert.Contains("is a directory", Assert.Throws<TraceFileException>(() => WideSeriesFile.Read("/")).Message);
    }
}

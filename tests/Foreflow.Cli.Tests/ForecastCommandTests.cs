using System.Globalization;
using System.Text.Json;
using Foreflow.Cli.Commands;
using Foreflow.Cli.Presentation;
using Foreflow.Testing;

namespace Foreflow.Cli.Tests;

public sealed class ForecastCommandTests : IDisposable
{
    private readonly SeriesFolder _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("table", "forecast.txt")]
    [InlineData("json", "forecast.json")]
    [InlineData("csv", "forecast.csv")]
    public void A_series_is_forecast_in_each_form(string form, string golden)
    {
        // Exactly repeating, so that intervals have no width, however they are measured.
        var run = Forecast(_files.Write("load.csv", SeriesFolder.Hourly(rise: 0)), "--season", "8", "--method", "snaive", "--horizon", "4", "--output", form);
        Assert.Equal((ExitCodes.Ok, ""), (run.ExitCode, run.Error));
        GoldenFile.Compare(RepositoryFiles.Path("tests", "Foreflow.Cli.Tests", "Golden", golden), _files.Relative(run.Output));
    }

    [Fact]
    public void Gzip_a_named_column_and_levels_are_taken_and_the_file_written_says_the_same_as_the_output()
    {
        var file = _files.Write("load.csv.gz", SeriesFolder.Gzip(SeriesFolder.Hourly()));
        var run = Forecast(file, "--column", "OTHER", "--time", "time", "--horizon", "5", "--levels", "50,99.5", "--output", "csv", "--out", _files.Path("out.csv"));
        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        Assert.Equal("id,step,mean,lower50,upper50,lower99.5,upper99.5", run.Output.Split('\n')[0]);
        Assert.StartsWith("other,1,", run.Output.Split('\n')[1], StringComparison.Ordinal);
        Assert.Equal(run.Output, File.ReadAllText(_files.Path("out.csv")));
    }

    [Fact]
    public void Seasons_are_looked_for_and_the_weights_of_the_models_sum_to_one()
    {
        var json = Json(Forecast(_files.Write("load.csv", SeriesFolder.Hourly()), "--horizon", "3", "--output", "json"));
        Assert.Equal([8], json.GetProperty("periods").EnumerateArray().Select(period => period.GetInt32()));
        Assert.Equal(336, json.GetProperty("observations").GetInt32());
        Assert.Equal(1, json.GetProperty("models").EnumerateArray().Sum(model => model.GetProperty("weight").GetDouble()), 3);
        Assert.All(json.GetProperty("models").EnumerateArray(), model => Assert.True(model.GetProperty("weight").GetDouble() > 0 || model.TryGetProperty("reason", out _)));
        Assert.Equal("2026-01-15T00:00:00", json.GetProperty("times")[0].GetString());
    }

    [Theory]
    [InlineData("plot.png", new byte[] { 0x89, 0x50, 0x4e, 0x47 })]
    [InlineData("plot.SVG", new byte[] { 0x3c, 0x3f, 0x78, 0x6d })]
    public void A_plot_is_drawn(string name, byte[] magic)
    {
        var run = Forecast(_files.Write("load.csv", SeriesFolder.Hourly()), "--horizon", "24", "--method", "snaive", "--plot", _files.Path(name));
        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        var bytes = File.ReadAllBytes(_files.Path(name));
        Assert.Equal(magic, bytes[..4]);
        Assert.True(bytes.Length > 5000, $"{bytes.Length} bytes");
    }

    [Fact]
    public void Every_series_of_a_wide_file_is_forecast_the_same_whatever_the_number_of_threads_and_progress_goes_to_standard_error()
    {
        var file = _files.Write("wide.csv", SeriesFolder.Wide());
        var run = Forecast(file, "--format", "m4", "--horizon", "6", "--out", _files.Path("out.csv"));
        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        Assert.Matches(@"^5 series, 6 steps each, in \d+\.\d s -> .*out\.csv\n$", run.Output);
        Assert.Equal("1 of 5 series\n2 of 5 series\n3 of 5 series\n4 of 5 series\n5 of 5 series\n", run.Error);

        var rows = File.ReadAllLines(_files.Path("out.csv"));
        Assert.Equal("id,step,mean,lower80,upper80,lower95,upper95", rows[0]);
        Assert.Equal(
            Enumerable.Range(1, 5).SelectMany(series => Enumerable.Range(1, 6).Select(step => $"S{series},{step}")),
            rows[1..].Select(row => string.Join(',', row.Split(',')[..2])));
        Assert.All(rows[1..], row =>
        {
            double[] cells = [.. row.Split(',')[2..].Select(cell => double.Parse(cell, CultureInfo.InvariantCulture))];
            Assert.True(cells[3] <= cells[1] && cells[1] <= cells[2] && cells[2] <= cells[4], row);
        });
        Assert.Equal(string.Join('\n', rows) + "\n", Forecast(file, "--format", "m4", "--horizon", "6").Output);
    }

    [Fact]
    public void A_wide_file_in_json_holds_the_steps_of_each_series()
    {
        var json = Json(Forecast(_files.Write("wide.csv", SeriesFolder.Wide(3)), "--format", "m4", "--horizon", "2", "--method", "naive", "--output", "json"));
        Assert.Equal((3, 0), (json.GetProperty("series").GetInt32(), json.GetProperty("failed").GetInt32()));
        Assert.Equal("S3", json.GetProperty("forecasts")[2].GetProperty("id").GetString());
        Assert.Equal(2, json.GetProperty("forecasts")[2].GetProperty("steps").GetArrayLength());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(9)]
    public void A_few_values_are_enough(int count)
    {
        var run = Forecast(_files.Write("few.csv", "load\n" + string.Concat(Enumerable.Range(1, count).Select(i => $"{i * i}\n"))), "--horizon", "2", "--output", "csv");
        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        Assert.DoesNotContain("NaN", run.Output, StringComparison.Ordinal);
        Assert.Equal(3, run.Output.Count(c => c == '\n'));
    }

    [Fact]
    public void A_constant_is_forecast_as_itself()
    {
        var run = Forecast(_files.Write("constant.csv", "load\n" + string.Concat(Enumerable.Repeat("5\n", 60))), "--horizon", "2", "--output", "csv");
        Assert.Equal("id,step,mean,lower80,upper80,lower95,upper95\nload,1,5,5,5,5,5\nload,2,5,5,5,5,5\n", run.Output);
    }

    [Fact]
    public void Duplicate_stamps_are_averaged_and_said()
    {
        var run = Forecast(_files.Write("twice.csv", SeriesFolder.Hourly() + "2026-01-14T23:00:00,50,1\n"), "--horizon", "2");
        Assert.Contains("averaged", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("time,load\n2026-01-01,1\n2026-01-02,oops\n", "file.csv:3:2: column load: 'oops' is not a number")]
    [InlineData("time;load\n2026-01-01;1,5\n", "file.csv:2:2: column load: '1,5' is not a number: write the decimals after a point")]
    [InlineData("time,load\nyesterday,1\n", "file.csv:2:1: 'yesterday' is neither a date and time such as 2026-11-24T13:00:00 nor seconds since 1970")]
    [InlineData("time,load\n2026-01-01\n", "file.csv:2: the row has 1 cells, the column load is number 2")]
    [InlineData("time,load\n2026-01-01,1\n2026-01-01,2\n", "file.csv: at least two different time stamps are needed")]
    [InlineData("load\n1\nInfinity\n", "file.csv:3:1: column load: 'Infinity' is not a number")]
    [InlineData("load\n1\n\"2\n3\n", "file.csv:5:1: column load: '2·3·' is not a number")]
    [InlineData("load\n\nNA\n", "file.csv: column load holds no value")]
    [InlineData("time,load\n", "file.csv: holds a header and no row")]
    [InlineData("", "file.csv: is empty")]
    public void A_bad_file_is_refused_with_the_place_of_the_fault(string content, string message)
    {
        var error = Assert.Throws<UserErrorException>(() => Forecast(_files.Write("file.csv", content)));
        Assert.Equal((ExitCodes.BadInput, message), (error.ExitCode, _files.Relative(error.Message)));
    }

    [Fact]
    public void A_gzip_file_cut_short_is_refused()
    {
        var whole = SeriesFolder.Gzip(SeriesFolder.Hourly());
        var error = Assert.Throws<UserErrorException>(() => Forecast(_files.Write("cut.csv.gz", whole[..(whole.Length / 2)])));
        Assert.EndsWith("the gzip data is damaged or cut short: fetch the file again", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("id,V1,V2\nA,1,2\nB,4,x\n", "wide.csv:3:3: series B: 'x' is not a number")]
    [InlineData("id,V1\nA,1\nA,2\n", "wide.csv:3:1: the id A was on line 2 already")]
    [InlineData("id,V1\n", "wide.csv: holds no series below its header")]
    public void A_bad_wide_file_is_refused_with_the_place_of_the_fault(string content, string message)
    {
        var error = Assert.Throws<UserErrorException>(() => Forecast(_files.Write("wide.csv", content), "--format", "m4"));
        Assert.Equal((ExitCodes.BadInput, message), (error.ExitCode, _files.Relative(error.Message)));
    }

    [Fact]
    public void A_wide_file_read_as_columns_says_how_it_is_meant_to_be_read()
    {
        var error = Assert.Throws<UserErrorException>(() => Forecast(_files.Write("wide.csv", SeriesFolder.Wide())));
        Assert.Contains("--format m4", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--column nope", "load.csv:1: no column 'nope'; there are time, load, other")]
    [InlineData("--column load --time load", "load.csv:1: --column and --time name the same column 'load'")]
    [InlineData("--method prophet", "--method prophet: there are auto, ")]
    [InlineData("--horizon 0", "--horizon: from 1 to 100000 steps")]
    [InlineData("--horizon 100001", "--horizon: from 1 to 100000 steps")]
    [InlineData("--season 24,x", "--season 24,x: 'x' is not a period; give steps from 2 on, as 24,168, or auto, or none")]
    [InlineData("--season 336", "--season 336: load.csv holds 336 values of load, less than one season")]
    [InlineData("--levels 80,100", "--levels 80,100: '100' is not a coverage; give percent above 0 and up to 99.9, as 80,95")]
    [InlineData("--plot plot.pdf", "--plot plot.pdf: the file must end in .png or .svg")]
    [InlineData("--plot /no/such/folder/plot.png", "--plot /no/such/folder/plot.png: there is no folder /no/such/folder")]
    [InlineData("--out /no/such/folder/out.csv", "--out /no/such/folder/out.csv: there is no folder /no/such/folder")]
    [InlineData("--format m4 --column load", "--column and --time choose a column; with --format m4 every row is a series")]
    public void A_bad_option_is_refused_in_words(string options, string message)
    {
        var file = _files.Write("load.csv", SeriesFolder.Hourly());
        var error = Assert.Throws<UserErrorException>(() => Forecast(file, options.Split(' ')));
        Assert.Equal(ExitCodes.BadInput, error.ExitCode);
        Assert.StartsWith(message, _files.Relative(error.Message), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("forecast load.csv --horizon ten", "foreflow: --horizon: 'ten' is not a whole number\nSee: foreflow forecast --help\n")]
    [InlineData("forecast load.csv --output xml", "foreflow: --output: 'xml' is not one of table, json, csv\nSee: foreflow forecast --help\n")]
    [InlineData("forecast load.csv --seed -1", "foreflow: --seed: '-1' is not a whole number from 0 on\nSee: foreflow forecast --help\n")]
    public void A_value_of_the_wrong_kind_is_named(string line, string said)
    {
        var parsed = new System.CommandLine.RootCommand { ForecastCommand.Build() }.Parse(line);
        using var error = new StringWriter { NewLine = "\n" };
        ParseErrors.Write(error, parsed);
        Assert.Equal(said, error.ToString());
    }

    private static CommandRun Forecast(string file, params string[] options) => CommandRun.Of(ForecastCommand.Build(), [file, .. options]);

    private static JsonElement Json(CommandRun run)
    {
        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        return JsonElement.Parse(run.Output);
    }
}

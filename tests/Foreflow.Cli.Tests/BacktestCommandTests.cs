using System.Text.Json;
using Foreflow.Cli.Commands;
using Foreflow.Cli.Presentation;

namespace Foreflow.Cli.Tests;

public sealed class BacktestCommandTests : IDisposable
{
    private readonly SeriesFolder _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Methods_are_compared_in_a_table()
    {
        var run = Backtest(_files.Write("load.csv", SeriesFolder.Hourly()), "--method", "snaive,naive,tsb", "--origins", "3", "--horizon", "8");
        Assert.Equal((ExitCodes.Ok, ""), (run.ExitCode, run.Error));
        Assert.StartsWith("3 forecasts of 8 steps, 3 origins a series; MASE, pinball loss and MSIS over the mean change over 8 steps; seed 0\n", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"\n +method +MASE +sMAPE +pinball +cover 80 % +cover 95 % +MSIS +CPU s +a forecast +\n", run.Output);
        Assert.Matches(@"\n +snaive +1\.000 +1\.89 +\d\.\d{3} .*\n +naive +2\.750 +5\.10 +.*\n +tsb ", run.Output);
    }

    [Fact]
    public void Json_has_every_measure_of_every_method_and_auto_beats_the_naive_ones()
    {
        var run = Backtest(_files.Write("load.csv", SeriesFolder.Hourly()), "--origins", "3", "--horizon", "8", "--output", "json");
        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        var json = JsonElement.Parse(run.Output);
        Assert.Equal((3, 1), (json.GetProperty("forecasts").GetInt32(), json.GetProperty("series").GetInt32()));
        var methods = json.GetProperty("methods").EnumerateArray().ToDictionary(method => method.GetProperty("method").GetString()!);
        Assert.Equal(["auto", "snaive", "naive"], methods.Keys);
        Assert.All(methods.Values, method =>
        {
            foreach (var measure in (string[])["mase", "smape", "pinball", "coverage80", "coverage95", "msis", "cpuSeconds", "cpuSecondsPerForecast"])
                Assert.True(method.GetProperty(measure).GetDouble() >= 0, measure);
        });
        Assert.True(methods["auto"].GetProperty("mase").GetDouble() < methods["snaive"].GetProperty("mase").GetDouble());
        // A rise of one every season: repeating the last season is off by just that.
        Assert.Equal(1, methods["snaive"].GetProperty("mase").GetDouble(), 9);
    }

    [Fact]
    public void A_wide_file_is_scored_over_all_its_series()
    {
        var run = Backtest(_files.Write("wide.csv", SeriesFolder.Wide(3)), "--format", "m4", "--origins", "2", "--horizon", "8", "--method", "snaive,naive", "--output", "json");
        var json = JsonElement.Parse(run.Output);
        Assert.Equal((6, 3), (json.GetProperty("forecasts").GetInt32(), json.GetProperty("series").GetInt32()));
    }

    [Fact]
    public void What_cannot_be_scaled_is_left_out_of_json_and_explained_in_the_table()
    {
        var file = _files.Write("constant.csv", "load\n" + string.Concat(Enumerable.Repeat("5\n", 60)));
        var json = JsonElement.Parse(Backtest(file, "--origins", "2", "--horizon", "4", "--method", "naive", "--output", "json").Output);
        Assert.False(json.GetProperty("methods")[0].TryGetProperty("mase", out _));
        Assert.Equal(1, json.GetProperty("methods")[0].GetProperty("coverage95").GetDouble());
        Assert.Contains("no error to scale by", Backtest(file, "--origins", "2", "--horizon", "4", "--method", "naive").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_method_that_cannot_be_fitted_says_why_and_alone_fails()
    {
        var file = _files.Write("short.csv", "load\n1\n5\n2\n8\n3\n9\n");
        var beside = Backtest(file, "--origins", "1", "--horizon", "2", "--method", "naive,harmonic");
        Assert.Equal(ExitCodes.Ok, beside.ExitCode);
        Assert.Contains("harmonic: not fitted to 1 of 1 history: ", beside.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Failed, Backtest(file, "--origins", "1", "--horizon", "2", "--method", "harmonic").ExitCode);
    }

    [Theory]
    [InlineData("--origins 0", "--origins: from 1 to 1000")]
    [InlineData("--origins 7 --horizon 48", "load.csv: load: 336 values are too few for 7 origins 48 steps apart: lower --origins or --horizon")]
    [InlineData("--origins 1000 --horizon 100000", "load.csv: load: 336 values are too few for 1000 origins 100000 steps apart: lower --origins or --horizon")]
    [InlineData("--method auto,prophet", "--method prophet: there are auto, ")]
    [InlineData("--column nope", "load.csv:1: no column 'nope'; there are time, load, other")]
    public void A_bad_option_is_refused_in_words(string options, string message)
    {
        var file = _files.Write("load.csv", SeriesFolder.Hourly());
        var error = Assert.Throws<UserErrorException>(() => Backtest(file, options.Split(' ')));
        Assert.Equal(ExitCodes.BadInput, error.ExitCode);
        Assert.StartsWith(message, _files.Relative(error.Message), StringComparison.Ordinal);
    }

    [Fact]
    public void A_history_of_gaps_alone_is_refused()
    {
        var file = _files.Write("late.csv", "load\n" + string.Concat(Enumerable.Repeat("NA\n", 40)) + string.Concat(Enumerable.Range(0, 8).Select(i => $"{i}\n")));
        var error = Assert.Throws<UserErrorException>(() => Backtest(file, "--origins", "1", "--horizon", "8"));
        Assert.Contains("no value before the first origin", error.Message, StringComparison.Ordinal);
    }

    private static CommandRun Backtest(string file, params string[] options) => CommandRun.Of(BacktestCommand.Build(), [file, .. options]);
}

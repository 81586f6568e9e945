using System.Diagnostics;
using System.Globalization;
using Foreflow.Bench.ArimaVersusR;
using Foreflow.Core.Forecasting;
using Foreflow.Core.Forecasting.Arima;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
switch (args)
{
    case ["series", var count]:
        foreach (var series in SeriesFile.Choose(int.Parse(count), Environment.GetEnvironmentVariable("FOREFLOW_DATA")))
            Console.WriteLine(series.ToLine());
        return 0;
    case ["compare", var seriesPath, var peerPath]:
        var all = File.ReadLines(seriesPath).Select(Series.Parse).ToList();
        var peers = File.ReadLines(peerPath).Skip(1).Select(PeerResult.Parse).ToDictionary(peer => peer.Id);
        // The first fits are those of code that is still being compiled: they are made once more.
        foreach (var series in all.Take(5)) Compare(series, peers[series.Id]);
        Report.Print([.. all.Select(series => Compare(series, peers[series.Id]))]);
        return 0;
    default:
        Console.Error.WriteLine("usage: ArimaVersusR series COUNT | compare SERIES.csv PEER.csv");
        return 2;
}

static Comparison Compare(Series series, PeerResult peer)
{
    var options = new FitOptions(series.Period > 1 ? [series.Period] : []);
    var (automatic, automaticSeconds) = Timed(() => new ArimaModel().Fit(series.Known, options));
    var order = peer.Order with { Period = peer.Order.SeasonalAutoregressive + peer.Order.SeasonalDifferences + peer.Order.SeasonalMovingAverage > 0 ? series.Period : 1 };
    var (sameOrder, fixedSeconds) = Timed(() => new ArimaModel(new ArimaOptions { Order = order }).Fit(series.Known, options));

    var scale = SeasonalNaiveError(series);
    var means = automatic.Forecast(series.Horizon).Mean;
    var error = means.Zip(series.Held).Where(pair => !double.IsNaN(pair.Second)).Average(pair => Math.Abs(pair.First - pair.Second));
    return new Comparison(
        series.Id, order, automatic.Estimate.Order, peer.LogLikelihood, sameOrder.Estimate.LogLikelihood,
        peer.MeanAbsoluteError / scale, error / scale, peer.AutomaticSeconds, automaticSeconds, peer.FixedSeconds, fixedSeconds);
}

// Once unmeasured, to compile; then repeated, for the clock of a process ticks in hundredths of a second.
static (T Result, double Seconds) Timed<T>(Func<T> fit)
{
    fit();
    var process = Process.GetCurrentProcess();
    var start = process.TotalProcessorTime;
    var runs = 0;
    T result;
    do
    {
        result = fit();
        runs++;
        process.Refresh();
    }
    while (runs < 50 && (process.TotalProcessorTime - start).TotalMilliseconds < 200);
    return (result, (process.TotalProcessorTime - start).TotalSeconds / runs);
}

static double SeasonalNaiveError(Series series)
{
    var x = series.Known;
    return Enumerable.Range(series.Period, x.Length - series.Period)
        .Select(t => Math.Abs(x[t] - x[t - series.Period])).Where(error => !double.IsNaN(error)).Average();
}

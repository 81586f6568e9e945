using Foreflow.Traces.Series;

/// <summary>One forecast to make: a history, what came after it, and the season its errors are scaled by.</summary>
internal sealed record Case(double[] History, double[] Actual, IReadOnlyList<int> LikelyPeriods, int ScalePeriod);

/// <summary>A set of series with the protocol they are scored by.</summary>
/// <param name="Name">As given on the command line.</param>
/// <param name="Protocol">In words.</param>
/// <param name="Cases">Reads the cases; the argument moves every origin back by so many steps, away from the test part.</param>
internal sealed record Dataset(string Name, string Protocol, Func<int, IEnumerable<Case>> Cases)
{
    private const int LongestHistory = 20_000;

    public static IReadOnlyList<Dataset> All(string data)
    {
        string At(params string[] parts) => Path.Combine([data, .. parts]);
        return
        [
            new("m4", "M4 hourly, odd ids: official test part, 48 steps, scale m = 24", back => M4(At("series", "m4-hourly"), back)),
            new("nn5", "NN5 daily: last 56 days (official), scale m = 7",
                back => Columns(At("series", "nn5_daily.csv.gz"), 56, 7, origins: 1, back)),
            new("gefcom", "GEFCom 2012 load, 9 zones: 4 origins a week apart, 48 steps, scale m = 24",
                back => Columns(At("series", "energy", "gefcom2012_load_zones.csv.gz"), 48, 24, 4, back, spacing: 168)),
            new("taylor", "Taylor half-hourly demand: 10 origins a day apart, 48 steps, scale m = 48",
                back => File(At("series", "energy", "taylor_halfhourly.csv.gz"), null, 48, 48, 10, back)),
            new("appserver", "Application server, hourly: 20 origins 3 days apart, 48 steps, scale m = 24",
                back => File(At("arrivals", "appserver_hourly.csv.gz"), null, 48, 24, 20, back, spacing: 72)),
            new("nasa", "NASA HTTP, hourly: 8 origins 2 days apart, 48 steps, scale m = 24",
                back => File(At("arrivals", "nasa_http_1995_hourly.csv.gz"), "requests", 48, 24, 8, back)),
            new("bank", "Bank calls, 5 minutes: 5 origins a day apart, 169 steps (a day), scale m = 169",
                back => File(At("arrivals", "bank_calls_5min.csv.gz"), null, 169, 169, 5, back)),
            new("azure", "Azure VM arrivals, 5 minutes: 10 origins, 48 steps, scale m = 1",
                back => File(At("arrivals", "azure_vm_arrivals_5min.csv.gz"), "vms", 48, 1, 10, back)),
            new("nab", "NAB, 18 series of 5 minutes to an hour: 4 origins, 48 steps, scale m = 1", back => Nab(At("series", "nab"), back)),
        ];
    }

    private static IEnumerable<Case> M4(string folder, int back)
    {
        var train = WideSeriesFile.Read(Path.Combine(folder, "hourly-train-odd.csv.gz"));
        if (back > 0) return train.Select(series => new Case(series.Values[..^back], series.Values[^back..][..48], [], 24));
        var test = WideSeriesFile.Read(Path.Combine(folder, "hourly-test-odd.csv.gz")).ToDictionary(series => series.Id, series => series.Values);
        return train.Select(series => new Case(series.Values, test[series.Id][..48], [], 24));
    }

    private static IEnumerable<Case> Columns(string path, int horizon, int period, int origins, int back, int spacing = 0)
    {
        using var reader = new StreamReader(Foreflow.Traces.BoundedFile.Open(path));
        var names = reader.ReadLine()!.Split(',');
        return names.Skip(1).SelectMany(name => Cut(SeriesFile.Read(path, name), horizon, period, origins, back, spacing)).ToList();
    }

    private static IEnumerable<Case> File(string path, string? column, int horizon, int period, int origins, int back, int spacing = 0) =>
        Cut(SeriesFile.Read(path, column), horizon, period, origins, back, spacing);

    private static IEnumerable<Case> Nab(string folder, int back) =>
        Directory.GetFiles(folder, "*.csv.gz").Order(StringComparer.Ordinal).SelectMany(path => File(path, null, 48, 1, 4, back, 96));

    private static IEnumerable<Case> Cut(FileSeries series, int horizon, int period, int origins, int back, int spacing)
    {
        if (spacing == 0) spacing = horizon;
        for (var k = origins - 1; k >= 0; k--)
        {
            var origin = series.Values.Length - back - horizon - (k * spacing);
            if (origin < 4 * period) continue;
            var start = Math.Max(0, origin - LongestHistory);
            yield return new Case(series.Values[start..origin], series.Values[origin..(origin + horizon)], series.Grid?.LikelyPeriods ?? [], period);
        }
    }
}

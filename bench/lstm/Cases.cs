using System.Globalization;
using System.IO.Compression;
using Foreflow.Core.Tests.Forecasting.Lstm;

namespace Foreflow.Bench.Lstm;

/// <summary>A history to learn from and what came after.</summary>
internal sealed record Case(string Name, double[] History, double[] Actual, int[] Periods);

/// <summary>Sets of series: generated ones, and those under FOREFLOW_DATA.</summary>
internal static class Cases
{
    /// <summary>Reads a set.</summary>
    /// <param name="every">Takes one of so many series.</param>
    /// <param name="cut">Steps cut off the end first. 0 scores on the set's own test part; anything tuned belongs on a cut.</param>
    public static List<Case> Of(string set, int every, int cut) => set switch
    {
        "generated" => [.. SeasonalSeries.Twenty().Where((_, i) => i % every == 0).Select((y, i) => Split($"g{i + 1}", y, 48, cut, [24, 168]))],
        "m4" => [.. M4().Where((_, i) => i % every == 0).Select(series => Split(series.Name, series.Values, 48, cut, [24, 168]))],
        "nn5" => [.. Columns("series/nn5_daily.csv.gz").Where((_, i) => i % every == 0).Select(column => Split(column.Name, column.Values, 56, cut, [7]))],
        "gefcom" => [.. Columns("series/energy/gefcom2012_load_zones.csv.gz").Select(column => Split(column.Name, column.Values[^(1500 + cut)..], 48, cut, [24, 168]))],
        "taylor" => Rolling("taylor", "series/energy/taylor_halfhourly.csv.gz", 0, 1500, 48, cut, [48, 336]),
        "appserver" => Rolling("appserver", "arrivals/appserver_hourly.csv.gz", 0, 1500, 48, cut, [24, 168]),
        "azure" => Rolling("azure", "arrivals/azure_vm_arrivals_5min.csv.gz", 0, 2000, 48, cut, [288]),
        "calls" => Rolling("calls", "arrivals/bank_calls_5min.csv.gz", 0, 2000, 48, cut, [169]),
        "taxi" => Rolling("taxi", "series/nab/nyc_taxi.csv.gz", 0, 1500, 48, cut, [48, 336]),
        _ => throw new ArgumentException($"no set is called '{set}': generated, m4, nn5, gefcom, taylor, appserver, azure, calls, taxi"),
    };

    private static Case Split(string name, double[] values, int horizon, int cut, int[] periods)
    {
        values = values[..(values.Length - cut)];
        return new Case(name, values[..^horizon], values[^horizon..], periods);
    }

    // Several origins of one long series, 11 horizons apart, so that they fall on different phases.
    private static List<Case> Rolling(string name, string path, int column, int length, int horizon, int cut, int[] periods)
    {
        var values = Columns(path)[column].Values;
        return [.. Enumerable.Range(0, 4)
            .Select(i => (Name: $"{name}-{i}", End: values.Length - cut - (i * 11 * horizon)))
            .Where(part => part.End >= Math.Min(length, 700))
            .Select(part => Split(part.Name, values[Math.Max(0, part.End - length)..part.End], horizon, 0, periods))];
    }

    private static IEnumerable<(string Name, double[] Values)> M4()
    {
        var tests = Rows("series/m4-hourly/hourly-test-odd.csv.gz").Skip(1).ToDictionary(row => row[0]);
        foreach (var row in Rows("series/m4-hourly/hourly-train-odd.csv.gz").Skip(1))
            yield return (row[0], [.. row.Skip(1).Where(cell => cell.Length > 0).Concat(tests[row[0]].Skip(1)).Select(Number)]);
    }

    // The value columns of a file whose first column is a time; leading and trailing gaps are left out.
    private static List<(string Name, double[] Values)> Columns(string path)
    {
        var rows = Rows(path).ToList();
        return [.. Enumerable.Range(1, rows[0].Length - 1).Select(c => (rows[0][c], rows.Skip(1).Select(row => Number(row[c])).Reverse().SkipWhile(double.IsNaN).Reverse().ToArray()))];
    }

    private static IEnumerable<string[]> Rows(string path)
    {
        var root = Environment.GetEnvironmentVariable("FOREFLOW_DATA") ?? throw new ArgumentException("FOREFLOW_DATA is not set");
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(root, path)), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line) yield return line.Replace("\"", "").Split(',');
    }

    private static double Number(string cell) => double.TryParse(cell, CultureInfo.InvariantCulture, out var value) ? value : double.NaN;
}

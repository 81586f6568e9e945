using System.Globalization;
using System.IO.Compression;

namespace Foreflow.Bench.ArimaVersusR;

/// <summary>One series of the comparison: the last values are held out.</summary>
internal sealed record Series(string Id, int Period, int Horizon, double[] Values)
{
    public double[] Known => Values[..^Horizon];

    public double[] Held => Values[^Horizon..];

    public string ToLine() =>
        string.Join(',', [Id, Text(Period), Text(Horizon), .. Values.Select(v => double.IsNaN(v) ? "NA" : Text(v))]);

    public static Series Parse(string line)
    {
        var cells = line.Split(',');
        return new Series(
            cells[0], int.Parse(cells[1], CultureInfo.InvariantCulture), int.Parse(cells[2], CultureInfo.InvariantCulture),
            [.. cells[3..].Select(Number)]);
    }

    public static double Number(string cell) =>
        cell is "" or "NA" ? double.NaN : double.Parse(cell, CultureInfo.InvariantCulture);

    private static string Text(IFormattable value) => value.ToString("R", CultureInfo.InvariantCulture);
}

/// <summary>Where the series come from.</summary>
internal static class SeriesFile
{
    /// <summary>A fifth hourly, two fifths daily, the rest simulated; all simulated without the data.</summary>
    public static IEnumerable<Series> Choose(int count, string? data)
    {
        var hourly = data is null ? 0 : count / 5;
        var daily = data is null ? 0 : count * 2 / 5;
        return [.. Hourly(data, hourly), .. Daily(data, daily), .. SimulatedSeries.Make(count - hourly - daily)];
    }

    /// <summary>M4 hourly: the last ten days before the competition's test part, evenly spaced through the file.</summary>
    private static IEnumerable<Series> Hourly(string? data, int count)
    {
        if (count == 0) yield break;
        var train = Read(Path.Combine(data!, "series/m4-hourly/hourly-train-odd.csv.gz"));
        var test = Read(Path.Combine(data!, "series/m4-hourly/hourly-test-odd.csv.gz"));
        for (var i = 0; i < count; i++)
        {
            var row = 1 + (i * (train.Count - 1) / count);
            double[] known = [.. train[row][1..].Where(cell => cell != "").Select(Series.Number).TakeLast(240)];
            yield return new Series(train[row][0], 24, 48, [.. known, .. test[row][1..].Select(Series.Number)]);
        }
    }

    /// <summary>NN5 daily, with its missing values: the last 294 days and the 56 of the competition's test part.</summary>
    private static IEnumerable<Series> Daily(string? data, int count)
    {
        if (count == 0) yield break;
        var table = Read(Path.Combine(data!, "series/nn5_daily.csv.gz"));
        for (var i = 0; i < count; i++)
        {
            var column = 1 + (i * (table[0].Length - 1) / count);
            yield return new Series(table[0][column], 7, 56, [.. table.Skip(1).TakeLast(350).Select(row => Series.Number(row[column]))]);
        }
    }

    private static List<string[]> Read(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        var rows = new List<string[]>();
        while (reader.ReadLine() is { } line) rows.Add([.. line.Split(',').Select(cell => cell.Trim('"'))]);
        return rows;
    }
}

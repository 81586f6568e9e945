using System.Globalization;
using Foreflow.Core.Forecasting.Intervals;

namespace Foreflow.Cli.Presentation;

/// <summary>A forecast with the id of its series.</summary>
internal sealed record NamedForecast(string Id, QuantileForecast Forecast);

/// <summary>Forecasts as rows: <c>id,step,mean,lower80,upper80,…</c>, step from 1.</summary>
internal static class ForecastCsv
{
    /// <summary>Writes a file whole or not at all.</summary>
    public static void WriteFile(string path, double[] coverages, IReadOnlyList<NamedForecast> forecasts) => OutputFile.Replace("--out", path, partial =>
    {
        using var writer = new StreamWriter(partial);
        Write(writer, coverages, forecasts);
    });

    /// <summary>Writes the header and a row per step and series.</summary>
    public static void Write(TextWriter writer, double[] coverages, IReadOnlyList<NamedForecast> forecasts)
    {
        writer.WriteLine(string.Join(',', new[] { "id", "step", "mean" }.Concat(coverages.SelectMany(Names))));
        foreach (var (id, forecast) in forecasts)
        {
            for (var step = 0; step < forecast.Horizon; step++)
                writer.WriteLine(string.Join(',', new[] { Quoted(id), Text(step + 1), Text(forecast.Mean[step]) }.Concat(Ends(forecast, coverages, step).Select(Text))));
        }
    }

    /// <summary>The same rows as objects.</summary>
    public static IEnumerable<SortedDictionary<string, double>> Steps(QuantileForecast forecast, double[] coverages) =>
        Enumerable.Range(0, forecast.Horizon).Select(step =>
        {
            var row = new SortedDictionary<string, double>(StringComparer.Ordinal) { ["step"] = step + 1, ["mean"] = forecast.Mean[step] };
            foreach (var (name, value) in coverages.SelectMany(Names).Zip(Ends(forecast, coverages, step))) row[name] = value;
            return row;
        });

    /// <summary>Column names of an interval: <c>lower95</c> and <c>upper95</c>.</summary>
    public static string[] Names(double coverage)
    {
        var percent = Text(Math.Round(100 * coverage, 6));
        return [$"lower{percent}", $"upper{percent}"];
    }

    /// <summary>The ends of the intervals at one step, in the order of <see cref="Names"/>.</summary>
    public static IEnumerable<double> Ends(QuantileForecast forecast, double[] coverages, int step) => coverages.SelectMany(coverage =>
    {
        var (lower, upper) = QuantileForecast.LevelsOf(coverage);
        return new[] { forecast.Quantile(lower)[step], forecast.Quantile(upper)[step] };
    });

    private static string Text(double value) => value.ToString("G9", CultureInfo.InvariantCulture);

    private static string Quoted(string cell) =>
        cell.AsSpan().IndexOfAny(",\"\n\r") < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}

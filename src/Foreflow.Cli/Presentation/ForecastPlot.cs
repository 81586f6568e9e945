using Foreflow.Core.Forecasting.Intervals;
using Foreflow.Traces.Series;
using ScottPlot;

namespace Foreflow.Cli.Presentation;

/// <summary>Draws the end of a history, the median of its forecast, and a fan of its intervals.</summary>
internal static class ForecastPlot
{
    private const int Width = 1400;
    private const int Height = 600;

    /// <summary>Steps of history shown for each step forecast.</summary>
    private const int HistoryPerStep = 4;

    private static readonly Color Ink = Color.FromHex("#1f3a5f");
    private static readonly Color Accent = Color.FromHex("#d1495b");

    /// <summary>The path, where its ending is one that can be drawn.</summary>
    public static string? Check(string? path) => path is null || Path.GetExtension(path).ToLowerInvariant() is ".png" or ".svg"
        ? path
        : throw new UserErrorException($"--plot {path}: the file must end in .png or .svg");

    /// <summary>Draws into a file.</summary>
    public static void Draw(string path, FileSeries series, QuantileForecast forecast, double[] coverages)
    {
        using var plot = new Plot();
        var shown = Math.Min(series.Values.Length, Math.Max(200, HistoryPerStep * forecast.Horizon));
        double X(int ahead) => series.Grid is null ? ahead : series.Grid.After(ahead).ToOADate();

        double[] future = [.. Enumerable.Range(1, forecast.Horizon).Select(X)];
        foreach (var coverage in coverages.OrderDescending())
        {
            var (lower, upper) = QuantileForecast.LevelsOf(coverage);
            var fan = plot.Add.FillY(future, forecast.Quantile(lower), forecast.Quantile(upper));
            fan.FillColor = Accent.WithAlpha(0.18);
            fan.LineWidth = 0;
            fan.LegendText = $"{100 * coverage:0.##} %";
        }

        double[] past = [.. Enumerable.Range(1 - shown, shown).Select(X)];
        var history = plot.Add.ScatterLine(past, series.Values[^shown..], Ink);
        history.LegendText = series.Name;
        var median = plot.Add.ScatterLine(future, forecast.Quantile(0.5), Accent);
        median.LineWidth = 2;
        median.LegendText = "median";

        if (series.Grid is not null) plot.Axes.DateTimeTicksBottom();
        plot.Axes.Margins(0.01, 0.05);
        plot.ShowLegend(Alignment.UpperLeft);
        try
        {
            if (Path.GetExtension(path).Equals(".svg", StringComparison.OrdinalIgnoreCase)) plot.SaveSvg(path, Width, Height);
            else plot.SavePng(path, Width, Height);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"--plot {path}: {error.Message}");
        }
    }
}

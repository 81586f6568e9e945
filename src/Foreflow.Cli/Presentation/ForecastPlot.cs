using System.Globalization;
using Foreflow.Core.Forecasting.Intervals;
using Foreflow.Traces.Series;
using ScottPlot;

namespace Foreflow.Cli.Presentation;

/// <summary>Draws the end of a history, the median of its forecast, and a fan of its intervals.</summary>
internal static class ForecastPlot
{
    private const int Width = 1400;
    private const int Height = 640;

    /// <summary>Steps of history shown for each step forecast.</summary>
    private const int HistoryPerStep = 4;

    private static readonly Color Ink = Color.FromHex("#1f3a5f");
    private static readonly Color Accent = Color.FromHex("#c8553d");
    private static readonly Color Paper = Color.FromHex("#ffffff");
    private static readonly Color Faint = Color.FromHex("#8a8f98");

    /// <summary>The path, where its ending is one that can be drawn and a file can be made there.</summary>
    public static string? Check(string? path) => path is null || Path.GetExtension(path).ToLowerInvariant() is ".png" or ".svg"
        ? OutputFile.Check("--plot", path)
        : throw new UserErrorException($"--plot {path}: the file must end in .png or .svg");

    /// <summary>Draws into a file.</summary>
    public static void Draw(string path, FileSeries series, string method, QuantileForecast forecast, double[] coverages)
    {
        using var plot = new Plot();
        plot.Font.Set("DejaVu Sans");
        var shown = Math.Min(series.Values.Length, Math.Max(200, HistoryPerStep * forecast.Horizon));
        double X(int ahead) => series.Grid is null ? ahead : series.Grid.After(ahead).ToOADate();

        AddFan(plot, [.. Enumerable.Range(1, forecast.Horizon).Select(X)], forecast, coverages);
        AddLines(plot, [.. Enumerable.Range(1 - shown, shown + forecast.Horizon).Select(X)], series.Values[^shown..], forecast.Quantile(0.5));
        var now = plot.Add.VerticalLine(X(0), 1, Faint, LinePattern.Dashed);
        now.ExcludeFromLegend = true;

        Label(plot, series, method, forecast.Horizon);
        OutputFile.Replace("--plot", path, partial =>
        {
            if (Path.GetExtension(path).Equals(".svg", StringComparison.OrdinalIgnoreCase)) plot.SaveSvg(partial, Width, Height);
            else plot.GetImage(Width, Height).Save(partial, ImageFormat.Png);
        });
    }

    /// <summary>The widest interval first and palest, the others over it; opaque, so that the legend shows the colours of the chart.</summary>
    private static void AddFan(Plot plot, double[] future, QuantileForecast forecast, double[] coverages)
    {
        const double palest = 0.2, darkest = 0.5;
        double[] widestFirst = [.. coverages.OrderDescending()];
        for (var i = 0; i < widestFirst.Length; i++)
        {
            var (lower, upper) = QuantileForecast.LevelsOf(widestFirst[i]);
            var fan = plot.Add.FillY(future, forecast.Quantile(lower), forecast.Quantile(upper));
            fan.FillColor = Paper.MixedWith(Accent, palest + ((darkest - palest) * i / Math.Max(1, widestFirst.Length - 1)));
            fan.LineWidth = 0;
            fan.LegendText = string.Create(CultureInfo.InvariantCulture, $"{100 * widestFirst[i]:0.##} % interval");
        }
    }

    private static void AddLines(Plot plot, double[] at, double[] history, double[] median)
    {
        var past = plot.Add.ScatterLine(at[..history.Length], history, Ink);
        past.LineWidth = 1.5f;
        past.LegendText = "history";

        // From the last known value on: a gap between history and forecast would look like missing data.
        var last = Array.FindLastIndex(history, value => !double.IsNaN(value));
        var future = plot.Add.ScatterLine((double[])[at[last], .. at[history.Length..]], (double[])[history[last], .. median], Accent);
        future.LineWidth = 2;
        future.LegendText = "median forecast";
    }

    private static void Label(Plot plot, FileSeries series, string method, int horizon)
    {
        plot.Title($"{series.Name}: {horizon} steps ahead by {method}", 16);
        plot.YLabel(series.Name, 14);
        if (series.Grid is null)
        {
            plot.XLabel("steps from the last value", 14);
        }
        else
        {
            var axis = plot.Axes.DateTimeTicksBottom();
            ((ScottPlot.TickGenerators.DateTimeAutomatic)axis.TickGenerator).LabelFormatter = TimeText;
            plot.XLabel($"time, {ForecastReports.Span(series.Grid.Step)} a step", 14);
        }

        plot.Axes.Margins(0.01, 0.06);
        plot.Grid.MajorLineColor = Ink.WithAlpha(0.08);
        plot.Axes.Right.MinimumSize = 40;
        plot.Legend.Orientation = Orientation.Horizontal;
        plot.Legend.OutlineWidth = 0;
        plot.Legend.ShadowColor = Colors.Transparent;
        plot.Legend.BackgroundColor = Colors.Transparent;
        plot.ShowLegend(Edge.Top);
    }

    private static string TimeText(DateTime time) =>
        time.ToString(time.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : time.Second == 0 ? "MM-dd HH:mm" : "HH:mm:ss", CultureInfo.InvariantCulture);
}

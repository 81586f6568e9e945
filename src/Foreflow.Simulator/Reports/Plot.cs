using System.Globalization;
using System.Text;

namespace Foreflow.Simulator.Reports;

/// <summary>Draws a stage over time: demand, the forecast's fan, replicas, reservations and waiting tasks.</summary>
internal static class Plot
{
    private const int Width = 1060;
    private const int Height = 240;
    private const int Left = 48;
    private const int Bottom = 24;

    private static readonly (string Name, string Colour, Func<TimelinePoint, double> Value)[] Lines =
    [
        ("demand (tasks)", "#1f77b4", p => p.Demand), ("replicas", "#2ca02c", p => p.Replicas), ("reservations of the pool", "#9467bd", p => p.Reserved), ("waiting tasks", "#d62728", p => p.Waiting),
    ];

    public static string Of(IReadOnlyList<TimelinePoint> points)
    {
        if (points.Count < 2) return "<p><small>Too short to draw.</small></p>\n";
        var top = Math.Max(1, points.Max(p => Lines.Max(l => l.Value(p))));
        foreach (var point in points)
            if (!double.IsNaN(point.ForecastHigh)) top = Math.Max(top, point.ForecastHigh);
        var (first, span) = (points[0].At, Math.Max(1, (points[^1].At - points[0].At).TotalSeconds));
        double X(TimelinePoint p) => Left + ((p.At - first).TotalSeconds / span * (Width - Left - 8));
        double Y(double value) => Height - Bottom - (value / top * (Height - Bottom - 10));

        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\">\n");
        for (var i = 0; i <= 4; i++)
        {
            var value = top * i / 4;
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Left}\" x2=\"{Width - 8}\" y1=\"{Y(value):0.#}\" y2=\"{Y(value):0.#}\" stroke=\"#e3e8ee\"/><text x=\"{Left - 6}\" y=\"{Y(value) + 4:0.#}\" font-size=\"11\" text-anchor=\"end\">{value:0.#}</text>\n");
        }

        for (var i = 0; i <= 4; i++)
        {
            var point = points[(points.Count - 1) * i / 4];
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(point):0.#}\" y=\"{Height - 6}\" font-size=\"11\" text-anchor=\"{(i == 0 ? "start" : i == 4 ? "end" : "middle")}\">{point.At.ToDateTimeOffset():MM-dd HH:mm}</text>\n");
        }

        AppendFan(svg, points, X, Y);
        foreach (var (_, colour, value) in Lines)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.3\" points=\"");
            foreach (var point in points) svg.Append(CultureInfo.InvariantCulture, $"{X(point):0.#},{Y(value(point)):0.#} ");
            svg.Append("\"/>\n");
        }

        svg.Append("</svg>\n<p class=\"key\"><small>");
        foreach (var (name, colour, _) in Lines) svg.Append(CultureInfo.InvariantCulture, $"<span><i style=\"background:{colour}\"></i>{name}</span>");
        return svg.Append("<span><i style=\"background:#ffbb78\"></i>forecast, 50 to 95 %</span></small></p>\n").ToString();
    }

    private static void AppendFan(StringBuilder svg, IReadOnlyList<TimelinePoint> points, Func<TimelinePoint, double> x, Func<double, double> y)
    {
        var known = points.Where(p => !double.IsNaN(p.ForecastHigh)).ToArray();
        if (known.Length < 2) return;
        svg.Append("<polygon fill=\"#ffbb78\" fill-opacity=\".5\" points=\"");
        foreach (var point in known) svg.Append(CultureInfo.InvariantCulture, $"{x(point):0.#},{y(point.ForecastHigh):0.#} ");
        for (var i = known.Length - 1; i >= 0; i--) svg.Append(CultureInfo.InvariantCulture, $"{x(known[i]):0.#},{y(known[i].ForecastLow):0.#} ");
        svg.Append("\"/>\n");
    }
}

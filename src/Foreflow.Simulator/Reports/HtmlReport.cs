using System.Globalization;
using System.Net;
using System.Text;

namespace Foreflow.Simulator.Reports;

/// <summary>A comparison as one HTML page with its plots inside: no script, no style sheet and no picture from elsewhere.</summary>
public static class HtmlReport
{
    private const string Style = """
        body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1100px; padding: 0 1rem; color: #1c2733; }
        table { border-collapse: collapse; margin: 1rem 0; } th, td { text-align: right; padding: .25rem .7rem; border-bottom: 1px solid #dde3ea; }
        th:first-child, td:first-child { text-align: left; } small { color: #66727f; } svg { width: 100%; height: auto; background: #fafbfc; }
        h2 { margin-top: 2.2rem; } .key span { margin-right: 1.2rem; } .key i { display: inline-block; width: 1.4em; height: .5em; margin-right: .4em; }
        """;

    /// <summary>The page.</summary>
    public static string Of(Comparison comparison)
    {
        var page = new StringBuilder();
        var name = WebUtility.HtmlEncode(comparison.Scenario.Name);
        page.Append(CultureInfo.InvariantCulture, $"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{name}</title><style>{Style}</style></head><body>\n<h1>{name}</h1>\n");
        page.Append(CultureInfo.InvariantCulture, $"<p>Seeds {string.Join(", ", comparison.Seeds)}; {comparison.Events:N0} events. Means over the seeds; small: 95 % intervals.</p>\n");
        AppendTable(page, comparison);
        foreach (var policy in comparison.Policies)
        {
            if (policy.Timeline is not { Stages.Count: > 0 } timeline) continue;
            page.Append(CultureInfo.InvariantCulture, $"<h2>{WebUtility.HtmlEncode(policy.Name)}</h2>\n");
            for (var stage = 0; stage < timeline.Stages.Count; stage++)
            {
                page.Append(CultureInfo.InvariantCulture, $"<h3>{WebUtility.HtmlEncode(timeline.Stages[stage])}</h3>\n");
                page.Append(Plot.Of(timeline.Of(stage)));
            }
        }

        return page.Append("</body></html>\n").ToString();
    }

    private static void AppendTable(StringBuilder page, Comparison comparison)
    {
        page.Append("<table><tr><th>figure</th>");
        foreach (var policy in comparison.Policies) page.Append(CultureInfo.InvariantCulture, $"<th>{WebUtility.HtmlEncode(policy.Name)}</th>");
        page.Append("</tr>\n");
        for (var m = 0; m < comparison.Policies[0].Metrics.Length; m++)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{comparison.Policies[0].Metrics[m].Key}</td>");
            foreach (var policy in comparison.Policies)
            {
                var value = policy.Metrics[m].Value;
                page.Append(CultureInfo.InvariantCulture, $"<td>{value.Mean:0.###}");
                if (value.Low < value.High) page.Append(CultureInfo.InvariantCulture, $" <small>{value.Low:0.###}..{value.High:0.###}</small>");
                page.Append("</td>");
            }

            page.Append("</tr>\n");
        }

        page.Append("</table>\n");
    }
}

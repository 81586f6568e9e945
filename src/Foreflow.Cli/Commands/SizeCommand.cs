using System.CommandLine;
using Foreflow.Cli.Presentation;
using Foreflow.Core.Model;
using Foreflow.Traces.Sizing;
using Foreflow.Traces.Tasks;

namespace Foreflow.Cli.Commands;

/// <summary><c>foreflow size</c>: replays a trace to show what sizing would have wasted.</summary>
public static class SizeCommand
{
    /// <summary>The command.</summary>
    public static Command Build()
    {
        var trace = new Option<string>("--trace") { Description = "A task trace: Nextflow (.txt, .csv, .gz), or the tables of Sizey, Lotaru, k-Segments, Tovar", Required = true, HelpName = "FILE" };
        var predictions = new Option<string?>("--predictions") { Description = "Also write what each task was granted: a CSV file with the columns row, grants, outcome", HelpName = "OUT.csv" };
        var all = new Option<bool>("--all") { Description = "Count every task, also of processes with fewer than 34 tasks or with tasks too short to be timed" };
        var preset = new Option<string?>("--preset") { Description = "Memory of tasks that asked for none, like 8Gi", HelpName = "SIZE" };
        var output = Report.Option();
        var command = new Command(
            "size",
            "Replay a trace and compare how much memory is wasted: as asked for, by a simple rule, and sized by Foreflow.\n" +
            "Each task is sized when it starts, from tasks complete by then; a grant that is too small costs all of itself.\n\n" +
            "Examples:\n  foreflow size --trace trace.txt\n  foreflow size --trace trace.csv.gz --output json --predictions grants.csv")
        {
            trace, predictions, all, preset, output,
        };
        command.SetAction(parsed =>
        {
            Execute(parsed.InvocationConfiguration.Output, parsed.GetValue(trace)!, parsed.GetValue(predictions), parsed.GetValue(all), parsed.GetValue(preset), parsed.GetValue(output));
            return ExitCodes.Ok;
        });
        return command;
    }

    private static void Execute(TextWriter to, string path, string? predictions, bool all, string? preset, ReportFormat format)
    {
        var presetBytes = preset is null ? (long?)null : Bytes(preset);
        var trace = TraceFiles.Read(() => TaskTraceFile.Read(path));
        var report = SizingReplay.Run(trace, all ? SizingFilter.None : SizingFilter.Sizey, presetBytes);
        if (report.Predictions.Count == 0)
        {
            var why = report.LeftOut.GroupBy(l => l.Reason).OrderByDescending(g => g.Count()).Take(2).Select(g => $"{g.Key} ({g.Count()} rows)");
            throw new UserErrorException($"{path}: no task can be sized: {string.Join("; ", why)}. {(all ? "--preset gives a size to tasks that asked for none." : "--all counts small processes too; --preset gives a size to tasks that asked for none.")}");
        }

        if (predictions is not null) TraceFiles.Write(predictions, SizingReports.PredictionLines(report));
        SizingReports.Print(to, trace, report, format);
    }

    private static long Bytes(string text) =>
        Quantity.TryParseBytes(text, out var bytes, out var error) && bytes > 0 ? bytes : throw new UserErrorException($"--preset: {error ?? "the size must be more than 0"}");
}
